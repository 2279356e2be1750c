"""A room or a clinic that is away: what the desk says, and what patients are shown; on both databases."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from common.domain.absences import AbsenceReason
from common.domain.catalog import QueueMode
from common.messages.patients import Clinics, ClinicSummary, Ticket
from common.messages.problems import ProblemCode
from tests.builders import MONDAY, clinic_table, desk_request, hospital_table, in_bandung
from tests.staff import duty, let_serve
from tests.store.catalogs import apply
from tests.store.desks import calls, does, is_whole, outcome_of, refusal, sees
from tests.store.test_history import history
from tests.store.workers import Workers, contents, tickets_shown, workers_of

TUESDAY = date(2026, 11, 24)
CLINIC: dict[str, Any] = {"rooms": 2, "mode": "desk", "room_names": ["", "Ruang Kaca"]}


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """A clinic with two rooms that its staff move, on Monday at nine."""
    workers = workers_of(engine, hospital_table("RSHS", clinic_table(**CLINIC)))
    workers.clock.set("09:00")
    return workers


def until(clock_time: str, day: date = MONDAY) -> str:
    """A moment as a desk sends it."""
    return in_bandung(clock_time, day).isoformat()


def away(desk: Workers) -> list[tuple[int | None, str, str | None]]:
    """Who is away as the desk sees it: room, reason, and until when."""
    return [(each.room, each.reason.value, _clock(each.until)) for each in sees(desk).absences]


def _clock(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%H:%M}"


def shown(desk: Workers, ticket: Ticket) -> Ticket:
    """The ticket as its patient sees it now."""
    [found] = tickets_shown(desk, ticket)
    return found


def is_called_around(ticket: Ticket, moment: datetime) -> bool:
    """Whether that is expected, since whoever is away can be back early or late."""
    expected = ticket.estimated_call_at
    return expected is not None and abs(expected - moment) <= timedelta(minutes=20)


def listed(desk: Workers) -> ClinicSummary:
    """The clinic as patients see it before they register."""
    reply = desk.ask("list_clinics", hospital="RSHS")
    assert isinstance(reply, Clinics)
    return reply.clinics[0]


def told(desk: Workers, name: str, **body: Any) -> list[tuple[str, Any]]:
    """The events of a request, with what they say of the absence."""
    events = outcome_of(desk, desk_request(name, **body)).events
    return [(event.name.value, contents(event)["data"]) for event in events]


def test_a_doctor_who_is_late_is_shown_to_patients_with_the_reason_and_the_time(desk: Workers) -> None:
    ticket = desk.register(1)
    [(name, data)] = told(desk, "away", reason="late", until=until("09:30"))
    assert name == "clinic.away"
    assert data | {"reason": "late", "until": "2026-11-23T02:30:00Z", "room": None} == data
    after = shown(desk, ticket)
    assert after.absences is not None
    [absence] = after.absences
    assert (absence.room, absence.reason, _clock(absence.until)) == (None, AbsenceReason.LATE, "09:30")
    assert is_called_around(after, in_bandung("09:30"))
    assert listed(desk).absences == after.absences
    assert desk.register(2).absences == after.absences
    wait = listed(desk).estimated_wait_seconds
    assert wait is not None
    assert wait >= 30 * 60
    is_whole(desk)


def test_a_room_on_its_break_calls_nobody_until_then(desk: Workers) -> None:
    calls(desk, room=1) if desk.register_many(4) else None
    does(desk, "away", room=2, reason="break", until=until("13:00"))
    assert away(desk) == [(2, "break", "13:00")]
    [absence] = listed(desk).absences or []
    assert (absence.room, absence.room_name) == (2, "Ruang Kaca")
    is_whole(desk)


def test_an_absence_is_over_at_its_time(desk: Workers) -> None:
    ticket = desk.register(1)
    does(desk, "away", reason="meeting", until=until("09:20"))
    desk.clock.set("09:20")
    assert away(desk) == []
    assert shown(desk, ticket).absences is None
    assert refusal(desk, "back").code is ProblemCode.NOT_PERMITTED_NOW


def test_one_whose_end_nobody_knows_is_over_with_the_service_day(desk: Workers) -> None:
    does(desk, "away", room=1, reason="emergency")
    assert away(desk) == [(1, "emergency", None)]
    desk.clock.set("23:59")
    assert away(desk) == [(1, "emergency", None)]
    desk.clock.set("00:00", TUESDAY)
    desk.tick()
    assert away(desk) == []
    does(desk, "away", room=1, reason="late")
    is_whole(desk)


def test_where_those_who_wait_go_over_to_the_next_day_somebody_can_be_away_over_midnight(
    engine: Engine,
) -> None:
    around = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed")}
    workers = workers_of(engine, hospital_table("RSHS", clinic_table(**CLINIC, hours=around)))
    workers.clock.set("23:50")
    ticket = workers.register(1)
    does(workers, "away", reason="rounds", until=until("00:20", TUESDAY))
    for moment in ("00:00", "00:19"):
        workers.clock.set(moment, TUESDAY)
        workers.tick()
        assert away(workers) == [(None, "rounds", "00:20")]
    assert is_called_around(shown(workers, workers.register(2)), in_bandung("00:20", TUESDAY))
    workers.clock.set("00:20", TUESDAY)
    assert away(workers) == []
    assert shown(workers, ticket).status == "transferred"


@pytest.mark.parametrize("moment", ["08:59", "09:00", "00:00:01"])
def test_nobody_is_away_until_a_time_that_is_over_or_of_another_day(desk: Workers, moment: str) -> None:
    day = TUESDAY if moment.startswith("00") else MONDAY
    found = refusal(desk, "away", reason="break", until=until(moment, day))
    assert found.code is ProblemCode.INVALID_REQUEST
    assert [each.field for each in found.errors] == ["until"]
    assert away(desk) == []


@pytest.mark.parametrize("body", [{}, {"reason": "closed"}, {"reason": "lunch"}, {"reason": "", "room": 1}])
def test_a_reason_is_one_of_the_list(desk: Workers, body: dict[str, Any]) -> None:
    assert refusal(desk, "away", **body).code is ProblemCode.INVALID_REQUEST


def test_what_is_said_later_counts_and_the_same_again_is_refused(desk: Workers) -> None:
    does(desk, "away", reason="late", until=until("09:30"))
    assert refusal(desk, "away", reason="late", until=until("09:30")).reason == "already_so"
    does(desk, "away", reason="late", until=until("10:00"))
    does(desk, "away", room=2, reason="break")
    assert away(desk) == [(None, "late", "10:00"), (2, "break", None)]
    does(desk, "back")
    assert away(desk) == [(2, "break", None)]
    assert refusal(desk, "back").reason == "already_so"
    [(name, data)] = told(desk, "back", room=2)
    assert (name, data["room"], data["room_name"]) == ("clinic.back", 2, "Ruang Kaca")
    assert away(desk) == []
    is_whole(desk)


def test_a_request_is_carried_out_once(desk: Workers) -> None:
    again = desk_request("away", room=2, reason="break", until=until("13:00"))
    first, second = outcome_of(desk, again), outcome_of(desk, again)
    assert [event.id for event in first.events] == [event.id for event in second.events]
    does(desk, "back", room=2)
    assert outcome_of(desk, again).reply == second.reply
    assert away(desk) == []


def test_who_calls_is_back_and_so_is_the_clinic(desk: Workers) -> None:
    desk.register_many(3)
    does(desk, "away", reason="late", until=until("10:00"))
    does(desk, "away", room=1, reason="break")
    does(desk, "away", room=2, reason="break")
    names = [name for name, _ in told(desk, "call_next", room=1)]
    assert names == ["ticket.called", "clinic.back", "clinic.back"]
    assert away(desk) == [(2, "break", None)]
    does(desk, "call_ticket", number=2, room=2, reason="doctor")
    assert away(desk) == []
    is_whole(desk)


def test_whoever_only_completes_is_still_away(desk: Workers) -> None:
    desk.register(1)
    calls(desk, room=1)
    does(desk, "away", room=1, reason="break")
    does(desk, "complete", number=1)
    assert refusal(desk, "call_next", room=1).reason == "nobody_waiting"
    assert away(desk) == [(1, "break", None)]


def test_a_call_that_is_taken_back_leaves_its_room_back(desk: Workers) -> None:
    desk.register(1)
    does(desk, "away", room=1, reason="break")
    calls(desk, room=1)
    names = [name for name, _ in told(desk, "undo", room=1)]
    assert names == ["ticket.call_undone"]
    assert away(desk) == []
    is_whole(desk)


def test_what_is_said_in_between_does_not_stand_in_the_way_of_an_undoing(desk: Workers) -> None:
    desk.register(1)
    calls(desk, room=1)
    does(desk, "away", room=1, reason="emergency")
    does(desk, "undo", room=1)
    assert away(desk) == [(1, "emergency", None)]
    is_whole(desk)


def test_a_room_that_there_is_not_and_a_clock_are_never_away(desk: Workers) -> None:
    assert refusal(desk, "away", room=3, reason="break").reason == "room_not_serving"
    does(desk, "away", room=2, reason="break")
    does(desk, "set_rooms", rooms=1)
    assert away(desk) == []
    does(desk, "set_rooms", rooms=2)
    assert away(desk) == [(2, "break", None)]
    does(desk, "set_mode", mode="clock")
    assert refusal(desk, "away", reason="break").reason == "clock_mode"
    does(desk, "set_mode", mode="desk")
    assert away(desk) == []


def test_a_clinic_without_a_serving_room_says_so_to_patients(desk: Workers) -> None:
    ticket = desk.register(1)
    does(desk, "set_rooms", rooms=0)
    assert (sees(desk).rooms, away(desk)) == (0, [(None, "other", None)])
    assert shown(desk, ticket).absences is not None
    assert refusal(desk, "call_next", room=1).reason == "room_not_serving"
    assert refusal(desk, "set_mode", mode="clock").reason == "room_not_serving"
    does(desk, "away", reason="late", until=until("09:45"))
    assert away(desk) == [(None, "late", "09:45")]
    assert is_called_around(shown(desk, ticket), in_bandung("09:45"))
    does(desk, "set_rooms", rooms=1)
    assert calls(desk, room=1) == 1
    is_whole(desk)


def test_the_clock_needs_a_room(desk: Workers) -> None:
    does(desk, "set_mode", mode="clock")
    assert refusal(desk, "set_rooms", rooms=0).reason == "clock_mode"


def test_a_catalog_can_have_a_clinic_in_which_no_room_serves(desk: Workers) -> None:
    apply(desk.engine, hospital_table("RSHS", clinic_table(**{**CLINIC, "rooms": 0})))
    assert sees(desk).mode is QueueMode.DESK
    assert away(desk) == [(None, "other", None)]


def test_a_clinic_that_is_closed_for_a_while_and_keeps_those_who_wait_pauses(desk: Workers) -> None:
    ticket = desk.register(1)
    names = [name for name, _ in told(desk, "close_clinic", until=until("11:00"), reason="Rapat komite")]
    assert names == ["clinic.closed", "clinic.away"]
    assert away(desk) == [(None, "closed", "11:00")]
    after = shown(desk, ticket)
    assert is_called_around(after, in_bandung("11:00"))
    assert after.absences is not None
    assert "Rapat" not in str(after.absences)
    assert listed(desk).closed_reason == "Rapat komite"
    names = [name for name, _ in told(desk, "open_clinic")]
    assert names == ["clinic.opened", "clinic.back"]
    assert away(desk) == []
    is_whole(desk)


def test_whoever_is_called_in_such_a_pause_ends_it(desk: Workers) -> None:
    desk.register_many(2)
    does(desk, "close_clinic", until=until("11:00"))
    calls(desk, room=1)
    assert away(desk) == []
    assert not sees(desk).is_open


@pytest.mark.parametrize("body", [{}, {"until": until("09:00", TUESDAY)}, {"waiting": "cancel"}])
def test_a_clinic_that_takes_nobody_more_that_day_does_not_pause(desk: Workers, body: dict[str, Any]) -> None:
    desk.register(1)
    does(desk, "close_clinic", **body)
    assert away(desk) == []


@pytest.mark.parametrize(("said", "left"), [("12:00", "12:00"), (None, None), ("10:00", "11:00")])
def test_a_closing_does_not_shorten_an_absence(desk: Workers, said: str | None, left: str | None) -> None:
    does(desk, "away", reason="late", until=said and until(said))
    does(desk, "close_clinic", until=until("11:00"))
    [(_, reason, until_then)] = away(desk)
    assert (reason == "late", until_then) == (left == said, left)


def test_a_clinic_that_is_closed_until_another_time_pauses_until_that(desk: Workers) -> None:
    does(desk, "close_clinic", until=until("11:00"))
    does(desk, "close_clinic", until=until("10:30"))
    assert away(desk) == [(None, "closed", "10:30")]
    names = [name for name, _ in told(desk, "close_clinic")]
    assert names == ["clinic.hours_changed", "clinic.back"]
    assert away(desk) == []
    is_whole(desk)


def test_a_clinic_that_opens_stays_away_for_a_reason_of_its_own(desk: Workers) -> None:
    does(desk, "close_clinic", until=until("11:00"))
    does(desk, "away", reason="late", until=until("11:30"))
    does(desk, "open_clinic")
    assert away(desk) == [(None, "late", "11:30")]


def test_the_pause_by_schedule_is_shown_unless_somebody_is_called_in_it(desk: Workers) -> None:
    first, second = desk.register(1), desk.register(2)
    desk.clock.set("12:10")
    assert away(desk) == [(None, "break", "13:00")]
    [absence] = shown(desk, first).absences or []
    assert (absence.reason, absence.since, absence.until) == (
        AbsenceReason.BREAK,
        in_bandung("12:00"),
        in_bandung("13:00"),
    )
    calls(desk, room=1)
    assert away(desk) == []
    assert shown(desk, second).absences is None


def test_a_day_that_ends_before_somebody_is_back_may_end_first(desk: Workers) -> None:
    ticket = desk.register(1)
    assert shown(desk, ticket).day_may_end_first is False
    does(desk, "away", reason="emergency", until=until("23:59:59"))
    last = desk.register_many(3, first=20)[-1]
    assert shown(desk, last).day_may_end_first
    does(desk, "back")
    assert shown(desk, last).day_may_end_first is False


def test_the_history_names_who_said_it(desk: Workers) -> None:
    does(desk, "away", room=2, reason="break")
    does(desk, "back", room=2)
    lines = [(line.event, line.number, line.room, line.user) for line in history(desk, limit=2).lines]
    assert lines == [("clinic.back", None, 2, "desk"), ("clinic.away", None, 2, "desk")]


def test_callers_and_managers_say_who_is_away(desk: Workers) -> None:
    for role in ("caller", "reception"):
        let_serve(desk.engine, role, duty(role))
    reply = outcome_of(desk, desk_request("away", user="reception", reason="late")).reply
    assert getattr(reply, "code", None) is ProblemCode.NOT_PERMITTED
    assert outcome_of(desk, desk_request("away", user="caller", reason="late")).events
    assert outcome_of(desk, desk_request("back", user="caller")).events
