"""A day at a clinic of one room and at one of three, each with a laboratory: numbers out of turn, and who is
late, not ready, elsewhere, sent on, new-born, or known in part."""

from collections.abc import Iterator
from datetime import date
from secrets import token_hex

import pytest

from admin_cli.catalog_file import Catalog
from admin_cli.database.integrity import check_integrity
from common.storage.engine import snapshot
from tests.acceptance.mornings import (
    HOSPITAL,
    Morning,
    Place,
    all_events,
    at_once,
    each_change_has_its_user,
    nothing_personal_is_told,
    staffed,
)
from tests.broker import RunningBroker
from tests.builders import catalog, clinic_table, hospital_table
from tests.database import opened
from tests.deployment import Deployment
from tests.workers.event_tap import ReceivedEvent, event_tap

ONE, THREE = "SATU", "TIGA"
LABORATORY = {ONE: "LABA", THREE: "LABB"}
ROOMS = {ONE: 1, THREE: 3, "LABA": 1, "LABB": 1}
LANES = [
    {"lane": "emergency", "ratio": 10, "reasons": ["emergency"]},
    {"lane": "priority", "ratio": 2, "reasons": ["age", "pregnancy"]},
]
CALLER, RECEPTION, MANAGER = "rina", "agus", "wati"
ROLES = {CALLER: "caller", RECEPTION: "reception", MANAGER: "manager"}
GROWN_UP = date(1990, 1, 31)
JUST_BORN = date(2026, 11, 20)
DONE = {
    *("ticket.called", "ticket.call_undone", "ticket.skipped", "ticket.skip_undone", "ticket.parked"),
    *("ticket.unparked", "ticket.no_show", "ticket.reinstated", "ticket.prioritised", "ticket.sent"),
    *("ticket.sending_undone", "ticket.registered", "ticket.served", "ticket.corrected"),
}


@pytest.fixture(scope="module")
def sample_catalog() -> Catalog:
    """Clinics whose desks call, of a hospital that pads its record numbers."""
    clinics = [clinic_table(code, mode="desk", rooms=rooms, lanes=LANES) for code, rooms in ROOMS.items()]
    form = {"length": 14, "letters": True, "padded": True}
    return catalog(hospital_table(HOSPITAL, *clinics, record_number_format=form))


@pytest.fixture(scope="module")
def addresses(broker: RunningBroker, system: Deployment) -> Iterator[dict[str, str]]:
    """The broker's address for each member of staff."""
    with staffed(broker, system, ROLES, *ROOMS) as found:
        yield found


def work_at(morning: Morning, clinic: str, moved_by: str) -> None:
    """All of it at one clinic."""
    laboratory = LABORATORY[clinic]
    with (
        morning.at(clinic, moved_by) as desk,
        morning.at(clinic, RECEPTION) as counter,
        morning.at(laboratory, moved_by) as station,
        morning.at(clinic) as home,
    ):
        waiting = [counter.number_of(morning.patient(date_of_birth=GROWN_UP)) for _ in range(6)]
        _calls_out_of_turn(desk, home, waiting)
        _is_not_ready(desk, home)
        _is_late(desk)
        _is_urgent(counter, desk)
        _calls_all_as_told(desk, home)
        _is_elsewhere(desk, counter, station)
        _goes_on_and_returns(desk, counter, station, home)
        _has_one_number(counter, home)
        _is_born(counter, home)
        _is_known_in_part(counter)
        _may_be_there_twice(counter)
        _calls_all_as_told(desk, home)


# --- the order ------------------------------------------------------------------------------------------


def _calls_out_of_turn(desk: Place, home: Place, waiting: list[int]) -> None:
    """The doctor asks for the fourth, by mistake, and then again; the others keep their order."""
    fourth, others = waiting[3], [*waiting[:3], *waiting[4:]]
    called = {"number": fourth, "room": 1, "reason": "doctor"}
    assert desk.does("call_ticket", **called) == [("ticket.called", fourth)]
    assert desk.does("undo", room=1) == [("ticket.call_undone", fourth)]
    assert desk.waiting() == waiting
    assert desk.does("call_ticket", **called) == [("ticket.called", fourth)]
    assert desk.waiting() == others
    assert (home.sees(fourth)["status"], home.sees(others[0])["now_serving"]) == ("called", None)
    assert desk.does("complete", number=fourth) == [("ticket.served", fourth)]


def _is_not_ready(desk: Place, home: Place) -> None:
    """The first has to pay, and is called next when that is done."""
    first, *others = desk.waiting()
    assert desk.calls(1) == first
    assert desk.does("park", number=first) == [("ticket.parked", first)]
    parked = home.sees(first)
    assert (parked["status"], parked["room"], desk.waiting()) == ("parked", None, others)
    assert [each["number"] for each in desk.asks("desk_queue").body["parked"]] == [first]
    assert desk.does("unpark", number=first) == [("ticket.unparked", first)]
    assert desk.waiting() == [first, *others]


def _is_late(desk: Place) -> None:
    """Each who is late goes behind three others: who waits, who was called, and a no-show."""
    first, second, third, fourth, *others = desk.waiting()
    assert desk.does("skip", number=first) == [("ticket.skipped", first)]
    skipped = [second, third, fourth, first, *others]
    assert desk.waiting() == skipped
    assert desk.does("undo", number=first) == [("ticket.skip_undone", first)]
    assert desk.does("skip", number=first) == [("ticket.skipped", first)]
    assert desk.calls(1) == second
    assert desk.does("skip", number=second) == [("ticket.skipped", second)]
    assert desk.waiting() == [third, fourth, first, second, *others]
    assert desk.calls(1) == third
    assert desk.does("mark_no_show", number=third) == [("ticket.no_show", third)]
    assert desk.does("reinstate", number=third) == [("ticket.reinstated", third)]
    assert desk.waiting() == [fourth, first, second, third, *others]


def _is_urgent(counter: Place, desk: Place) -> None:
    """An emergency comes first, then who is pregnant; what the clinic has no lane for is refused."""
    *_, last = counter.waiting()
    emergency = counter.number_of(counter.morning.patient(date_of_birth=GROWN_UP), priority="emergency")
    assert counter.does("set_priority", number=last, reason="pregnancy") == [("ticket.prioritised", last)]
    assert counter.asks("set_priority", number=last, reason="urgent").body["reason"] == "no_lane"
    assert desk.waiting()[:2] == [emergency, last]


def _calls_all_as_told(desk: Place, home: Place) -> None:
    """Everybody who waits is told the place in which they are called, into all rooms in turns."""
    waiting = desk.waiting()
    assert [home.sees(number)["people_ahead"] for number in waiting] == [*range(len(waiting))]
    rooms = ROOMS[desk.clinic]
    assert [desk.calls(1 + at % rooms) for at in range(len(waiting))] == waiting
    for in_room in desk.asks("desk_queue").body["in_rooms"]:
        desk.done("complete", number=in_room["number"])


# --- other clinics --------------------------------------------------------------------------------------


def _is_elsewhere(desk: Place, counter: Place, station: Place) -> None:
    """Who is in the laboratory is called here only when the desk says so."""
    patient = counter.morning.patient(date_of_birth=GROWN_UP)
    number = counter.number_of(patient)
    with counter.morning.at(station.clinic, RECEPTION) as there:
        in_laboratory = there.number_of(patient)
    assert station.calls(1) == in_laboratory
    refused = desk.asks("call_next", room=1)
    assert (refused.code, refused.body["elsewhere"]["clinic"]) == ("patient_elsewhere", station.clinic)
    out_of_turn = {"number": number, "room": 1, "reason": "emergency"}
    assert desk.refused("call_ticket", **out_of_turn) == "patient_elsewhere"
    assert desk.waiting() == [number]
    assert desk.does("call_next", room=1, anyhow=True) == [("ticket.called", number)]
    assert desk.does("complete", number=number) == [("ticket.served", number)]
    assert station.does("complete", number=in_laboratory) == [("ticket.served", in_laboratory)]


def _goes_on_and_returns(desk: Place, counter: Place, station: Place, home: Place) -> None:
    """A patient goes to the laboratory, once by mistake, comes back before all who wait, and follows it all
    with the first ticket."""
    morning = desk.morning
    number, other = (counter.number_of(morning.patient(date_of_birth=GROWN_UP)) for _ in range(2))
    assert desk.calls(1) == number
    assert desk.does("start", number=number) == [("ticket.started", number)]
    sent = {"number": number, "to_clinic": station.clinic, "returns": True}
    there = _sent_on(desk, sent)
    undone = {event for event, _ in desk.does("undo", number=number)}
    assert undone >= {"ticket.sending_undone", "ticket.completion_undone"}
    assert station.waiting() == []
    there = _sent_on(desk, sent)
    assert station.waiting() == [there]
    assert station.calls(1) == there
    served = station.done("complete", number=there)
    morning.deployment.ticket_codes.add(served["new_ticket"]["ticket_code"])
    assert [each["event"] for each in served["changes"]] == ["ticket.served", "ticket.registered"]
    back = served["new_ticket"]["number"]
    assert desk.waiting() == [back, other]
    stations = [(each["clinic"], each["number"], each["status"]) for each in home.sees(number)["visit"]]
    assert [each for each in stations if each[2] != "cancelled"] == [
        (desk.clinic, number, "served"),
        (station.clinic, there, "served"),
        (desk.clinic, back, "waiting"),
    ]
    assert desk.does("call_ticket", number=back, room=1, reason="results") == [("ticket.called", back)]
    assert desk.does("complete", number=back) == [("ticket.served", back)]
    assert desk.calls(1) == other
    assert desk.does("complete", number=other) == [("ticket.served", other)]


def _sent_on(desk: Place, sent: dict[str, object]) -> int:
    done = desk.done("send", **sent)
    desk.morning.deployment.ticket_codes.add(done["new_ticket"]["ticket_code"])
    assert [each["event"] for each in done["changes"]] == [
        "ticket.served",
        "ticket.sent",
        "ticket.registered",
    ]
    return int(done["new_ticket"]["number"])


# --- who a patient is -----------------------------------------------------------------------------------


def _has_one_number(counter: Place, home: Place) -> None:
    """With and without zeros in front it is one record number; one that does not fit is refused."""
    morning = counter.morning
    short = token_hex(4).upper()
    patient = morning.patient(medical_record_number=short, date_of_birth=GROWN_UP)
    number = counter.number_of(patient)
    padded = short.rjust(14, "0")
    morning.secrets.add(padded)
    for place in (counter, home):
        again = place.registers(patient, medical_record_number=padded)
        assert again.code == "already_registered"
        assert again.body["ticket"]["number"] == number
    assert counter.refused("desk_register", **_body(counter, medical_record_number="A" * 15)) == (
        "invalid_request"
    )


def _body(place: Place, **other: str) -> dict[str, str]:
    patient = place.morning.patient(date_of_birth=GROWN_UP)
    body = patient.body(HOSPITAL, place.clinic) | other
    return {name: value for name, value in body.items() if name not in ("hospital", "clinic")}


def _is_born(counter: Place, home: Place) -> None:
    """Twins go by their mother's number, one registered at the counter and one from home; none is taken for
    another."""
    mother = counter.morning.patient(date_of_birth=GROWN_UP)
    born = JUST_BORN.isoformat()
    numbers = [
        counter.number_of(mother),
        counter.number_of(mother, newborn=1, date_of_birth=born),
        home.number_of(mother, newborn=2, date_of_birth=born),
    ]
    assert len({*numbers}) == 3
    again = home.registers(mother, newborn=1, date_of_birth=born)
    assert (again.code, again.body["ticket"]["number"]) == ("already_registered", numbers[1])
    shown = [counter.asks("desk_ticket", number=number).body["ticket"]["patient_name"] for number in numbers]
    assert shown == [mother.name, f"By. Ny. {mother.name} (1)", f"By. Ny. {mother.name} (2)"]


def _is_known_in_part(counter: Place) -> None:
    """Of age is who surely is; what the desk learns completes it."""
    patient = counter.morning.patient(date_of_birth=date(1966, 12, 1))
    number = counter.number_of(patient, date_of_birth="1966-12")
    elder = counter.number_of(counter.morning.patient(date_of_birth=GROWN_UP), date_of_birth="1950")
    lanes = {each["number"]: each["lane"] for each in counter.asks("desk_queue").body["waiting"]}
    assert (lanes[number], lanes[elder]) == ("regular", "priority")
    assert counter.asks("desk_ticket", number=number).body["date_of_birth"] == "1966-12"
    corrected = counter.does("correct", number=number, date_of_birth="1966-10-02")
    assert corrected == [("ticket.corrected", number), ("ticket.prioritised", number)]


def _may_be_there_twice(counter: Place) -> None:
    """The same name and date of birth with another number: the desk is warned, and nobody refused."""
    patient = counter.morning.patient(date_of_birth=GROWN_UP)
    first = counter.registers(patient)
    other = counter.morning.patient(name=patient.name, date_of_birth=GROWN_UP)
    second = counter.registers(other)
    assert first.body["possible_duplicate"] is None
    assert second.body["possible_duplicate"] == first.body["display_number"]
    for reply in (first, second):
        counter.morning.codes[counter.clinic, reply.body["number"]] = reply.body["ticket_code"]
    pairs = counter.asks("desk_queue").body["possible_duplicates"]
    assert {frozenset((each["number"], each["other"])) for each in pairs} == {
        frozenset((first.body["number"], second.body["number"]))
    }


# --- what is kept of it ---------------------------------------------------------------------------------


def calls_say_why(events: list[ReceivedEvent]) -> None:
    """Each call out of turn has its reason, and no other."""
    called = [event.body["data"].get("out_of_turn") for event in events if event.name == "ticket.called"]
    assert sorted(filter(None, called)) == sorted(["doctor", "doctor", "results"] * 2)


@pytest.mark.long
def test_a_day(system: Deployment, addresses: dict[str, str]) -> None:
    morning = Morning(system, addresses, tuple(ROOMS))
    with event_tap(system) as tap:
        at_once(lambda: work_at(morning, ONE, CALLER), lambda: work_at(morning, THREE, MANAGER))
        each_change_has_its_user(morning)
        events = all_events(morning, tap)
    assert {event.name for event in events} >= DONE
    calls_say_why(events)
    nothing_personal_is_told(morning, events)
    with opened(system.database_url) as engine, snapshot(engine) as connection:
        assert check_integrity(connection).findings == ()
