"""What a clinic did on a service day: counts and durations, by the hour of registration and in all."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from statistics import median

from common.domain.accuracy import Accuracy
from common.domain.catalog import Clinic
from common.domain.ticket_states import TicketStatus
from common.messages.desk_replies import ClinicReport, ReportRow, Spread
from status_responder.accuracy import times_told
from status_responder.store import TicketCourse


def clinic_report(
    clinic: Clinic,
    service_date: date,
    courses: Sequence[TicketCourse],
    by_width: Mapping[int, Accuracy],
) -> ClinicReport:
    """The report of one service day's tickets, and of the times that its patients were told (by the width of
    the intervals); hours in which nobody registered are left out."""
    by_hour: defaultdict[int, list[TicketCourse]] = defaultdict(list)
    for each in courses:
        by_hour[each.registered_at.astimezone(clinic.hospital.time_zone).hour].append(each)
    hospital, code = clinic.key
    return ClinicReport(
        hospital=hospital,
        clinic=code,
        clinic_name=clinic.name,
        service_date=service_date,
        total=_row(None, courses),
        hours=[_row(hour, by_hour[hour]) for hour in sorted(by_hour)],
        times=times_told(by_width),
    )


def _row(hour: int | None, courses: Sequence[TicketCourse]) -> ReportRow:
    ended = Counter(each.status for each in courses)
    served = [each for each in courses if each.status is TicketStatus.SERVED]
    # Whoever waits again was called before, but not for the last time.
    called = [each for each in courses if each.status is not TicketStatus.WAITING]
    return ReportRow(
        hour=hour,
        registered=len(courses),
        served=ended[TicketStatus.SERVED],
        no_shows=ended[TicketStatus.NO_SHOW],
        cancelled=ended[TicketStatus.CANCELLED],
        transferred=ended[TicketStatus.TRANSFERRED],
        expired=ended[TicketStatus.EXPIRED],
        waits=_spread((each.arrived_at, each.called_at) for each in called),
        services=_spread((each.started_at or each.called_at, each.ended_at) for each in served),
    )


def _spread(spans: Iterable[tuple[datetime | None, datetime | None]]) -> Spread:
    """Of those spans of which both moments have come. Nine in ten: the nearest rank."""
    seconds = sorted(max((end - begin).total_seconds(), 0) for begin, end in spans if begin and end)
    if not seconds:
        return Spread(count=0, median_seconds=None, p90_seconds=None)
    return Spread(
        count=len(seconds),
        median_seconds=round(median(seconds)),
        p90_seconds=round(seconds[(9 * len(seconds) + 9) // 10 - 1]),
    )
