"""How the times that patients were told turned out, over some service days of a clinic."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from common.domain.accuracy import PROMISED, Accuracy, median_width, promise_of, total_of
from common.domain.catalog import Clinic
from common.messages.desk_replies import EstimateAccuracy, TimesTold
from common.messages.desk_requests import AccuracyRequest
from common.storage.accuracy import read_accuracy
from common.storage.engine import Connection

DAYS_USUAL: Final = 7


def estimate_accuracy(
    connection: Connection, clinic: Clinic, request: AccuracyRequest, today: date
) -> EstimateAccuracy:
    """What the sums of the days say that are asked for, of none where the last is before the first."""
    last = request.last_date or max(today, request.first_date or today)
    first = request.first_date or date.fromordinal(max(last.toordinal() - DAYS_USUAL + 1, 1))
    by_width = read_accuracy(connection, clinic.key, first, last)
    hospital, code = clinic.key
    return EstimateAccuracy(
        hospital=hospital,
        clinic=code,
        clinic_name=clinic.name,
        first_date=first,
        last_date=last,
        promised_share=PROMISED,
        promise=promise_of(total_of(by_width)),
        times=times_told(by_width),
    )


def times_told(by_width: Mapping[int, Accuracy]) -> TimesTold:
    """The sums as they are shown."""
    sums = total_of(by_width)
    return TimesTold(
        told=sums.judged,
        held=sums.held,
        missed=sums.missed,
        late=sums.late,
        uncalled=sums.uncalled,
        apart=sums.apart,
        held_share=_share(sums.held, sums.judged),
        missed_share=_share(sums.missed, sums.judged),
        median_width_minutes=median_width(by_width),
        mean_width_seconds=_mean(sums.width_seconds, sums.judged),
        mean_wait_seconds=_mean(sums.wait_seconds, sums.called),
        mean_error_seconds=_mean(sums.error_seconds, sums.called),
    )


def _share(count: int, of: int) -> float | None:
    return round(count / of, 4) if of else None


def _mean(seconds: int, count: int) -> int | None:
    return round(seconds / count) if count else None
