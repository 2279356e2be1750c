"""A ticket is shown with the moments of its hospital's clock, whatever the zone, and read as it was sent."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from common.domain.absences import Absence, AbsenceReason
from common.domain.catalog import Clinic, QueueMode
from common.domain.clinic_day import ClinicDay
from common.domain.clinic_outlook import clinic_outlook, expected_call
from common.domain.clinic_records import NO_RECORDS, ClinicRecords
from common.domain.lanes import ByLane, Lane, Standing
from common.domain.learning import learn
from common.domain.queue_advance import Occupant
from common.domain.service_times import EndedCall
from common.domain.staff_habits import Call
from common.domain.ticket_codes import ALPHABET, LENGTH, format_ticket_code
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import display_number
from common.messages.message import encode_reply
from common.messages.patients import Ticket
from common.patient_tickets import PatientTickets, patient_tickets
from common.shown_absences import shown_to_patients
from common.storage.ticket_views import TicketView
from tests.domain.clinics import clinic, in_bandung
from tests.replies import read_reply

# Where clocks change: at night, at midnight itself, by half an hour.
ZONES = ["Asia/Jakarta", "Asia/Jayapura", "UTC", "Europe/Berlin", "Africa/Cairo", "Australia/Lord_Howe"]

SHOWS_ROOM = {TicketStatus.CALLED, TicketStatus.IN_SERVICE, TicketStatus.SERVED}

codes = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)
moments = st.timedeltas(timedelta(), timedelta(days=365)).map(
    lambda later: datetime(2026, 1, 1, tzinfo=UTC) + later
)
numbers = st.integers(1, 5000)


@st.composite
def clinics(draw: st.DrawFn) -> Clinic:
    made = clinic(mode=draw(st.sampled_from(QueueMode)), room_names=("Loket A", ""))
    return replace(made, hospital=replace(made.hospital, time_zone=ZoneInfo(draw(st.sampled_from(ZONES)))))


@st.composite
def views(draw: st.DrawFn, now: datetime) -> TicketView:
    before = st.timedeltas(timedelta(), timedelta(days=2)).map(lambda ago: now - ago)
    return TicketView(
        ticket_code=draw(codes),
        clinic_day=ClinicDay("RSHS", "GIG", draw(st.dates(date(2026, 1, 1), date(2026, 12, 31)))),
        number=draw(numbers),
        status=draw(st.sampled_from(TicketStatus)),
        lane=draw(st.sampled_from(Lane)),
        ahead_in_lane=draw(st.none() | st.integers(0, 300)),
        waiting=draw(st.tuples(*[st.integers(0, 50)] * 4)),
        streaks=ByLane(*draw(st.tuples(*[st.integers(0, 2)] * 3))),
        now_serving=draw(st.none() | numbers),
        registered_at=draw(before),
        called_at=draw(st.none() | before),
        recalled_at=draw(st.none() | before),
        room=draw(st.none() | st.integers(1, 5)),
        transferred_to=draw(st.none() | codes),
    )


@given(st.data(), clinics(), moments)
def test_a_ticket_is_shown_and_read_with_the_moments_of_its_hospital(
    data: st.DataObject, shown_at: Clinic, now: datetime
) -> None:
    view = data.draw(views(now))
    occupants = [Occupant(1, 1, TicketStatus.CALLED, now - timedelta(minutes=3))]
    shown = PatientTickets(shown_at, occupants, NO_RECORDS, now).ticket(view)
    expected = expected_ticket(shown_at, occupants, view, now)
    assert encode_reply(shown) == encode_reply(expected)
    # By what is written: in the hour that comes twice, moments of different zones are never equal to Python.
    assert encode_reply(read_reply(Ticket, encode_reply(shown))) == encode_reply(expected)


def expected_ticket(of: Clinic, occupants: list[Occupant], view: TicketView, now: datetime) -> Ticket:
    def local(moment: datetime | None) -> datetime | None:
        return None if moment is None else of.hospital.local_time(moment)

    ahead = call = None
    if view.ahead_in_lane is not None:
        outlook = clinic_outlook(of, NO_RECORDS, occupants, now)
        place = Standing(view.lane.rank, view.ahead_in_lane, view.waiting, view.streaks, of.lanes.ratios)
        ahead, call = expected_call(outlook, place, view.registered_at)
    _, code, service_date = view.clinic_day
    expires_at = of.expires_at(service_date)
    room = view.room if view.status in SHOWS_ROOM else None
    called_at, recalled_at = view.called_at, view.recalled_at
    was_recalled = (
        view.status is TicketStatus.CALLED
        and called_at is not None
        and recalled_at is not None
        and recalled_at >= called_at
    )
    return Ticket(
        ticket_code=format_ticket_code(view.ticket_code),
        number=view.number,
        display_number=display_number(code, view.number),
        hospital="RSHS",
        hospital_name="RSUP Dr. Hasan Sadikin",
        clinic=code,
        clinic_name="Poli Gigi",
        service_date=service_date,
        status=view.status,
        lane=view.lane,
        people_ahead=ahead,
        now_serving=None if view.now_serving is None else display_number(code, view.now_serving),
        estimated_wait_seconds=None if call is None else round((call.call_at - now).total_seconds()),
        estimated_call_at=local(call and call.call_at),
        earliest_call_at=local(call and call.earliest_call_at),
        latest_call_at=local(call and call.latest_call_at),
        day_may_end_first=call and expires_at is not None and call.latest_call_at >= expires_at,
        registered_at=of.hospital.local_time(view.registered_at),
        called_at=local(view.called_at),
        recalled_at=local(view.recalled_at) if was_recalled else None,
        room=room,
        room_name={1: "Loket A"}.get(room or 0),
        transferred_to=None if view.transferred_to is None else format_ticket_code(view.transferred_to),
        zone=of.hospital.zone_at(now),
        absences=None
        if ahead is None
        else shown_to_patients(of, [each.called_at for each in occupants], now),
    )


def worked(calls: int) -> ClinicRecords:
    """What so many calls on a Monday have taught, one every four minutes, by turns into two rooms."""
    records, day, opens = NO_RECORDS, date(2026, 11, 23), in_bandung(23, 8)
    for count in range(calls):
        at, room = opens + timedelta(minutes=4 * count), count % 2 + 1
        records, _ = learn(GIGI, records, day, Call(room, opens, at, waiting=count % 5))
        ended = EndedCall(opens, at, at + timedelta(minutes=3), Lane.REGULAR, room=room)
        records, _ = learn(GIGI, records, day, ended)
    return records


GIGI = clinic(mode=QueueMode.DESK)
CLINICS = [
    GIGI,
    replace(GIGI, absences=(Absence(1, in_bandung(23, 10), AbsenceReason.BREAK, in_bandung(23, 9, 30)),)),
    replace(GIGI, rooms=1),
]
RECORDS = [NO_RECORDS, worked(1), worked(24), worked(25)]
OCCUPANTS = [[], [Occupant(1, 1, TicketStatus.IN_SERVICE, in_bandung(23, 9, 20))]]
NOWS = [in_bandung(23, 9, 40), in_bandung(23, 9, 40) + timedelta(seconds=1), in_bandung(27, 8, 5)]


@given(st.data())
def test_what_is_remembered_of_a_queue_is_what_would_be_made_again(data: st.DataObject) -> None:
    for fresh in range(data.draw(st.integers(2, 6))):
        of, records = data.draw(st.sampled_from(CLINICS)), data.draw(st.sampled_from(RECORDS))
        occupants, now = data.draw(st.sampled_from(OCCUPANTS)), data.draw(st.sampled_from(NOWS))
        view = data.draw(views(now))
        remembered = patient_tickets(of, occupants, records, now).ticket(view)
        unknown = replace(of, code=f"NEW{fresh}")
        again = PatientTickets(unknown, occupants, records, now).ticket(view)
        assert encode_reply(remembered) == encode_reply(again)
