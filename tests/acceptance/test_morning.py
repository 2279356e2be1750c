"""A morning at two clinics: three members of staff at work, their mistakes and how they take them back."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date

import pytest

from admin_cli.database.integrity import check_integrity
from common.storage.engine import snapshot
from tests.acceptance.command_line import Shell
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
from tests.database import opened
from tests.deployment import Deployment, Patient
from tests.workers.event_tap import ReceivedEvent, event_tap

GIG, MAT, ANA = "GIG", "MAT", "ANA"
CALLER, RECEPTION, MANAGER = "rina", "agus", "wati"
ROLES = {CALLER: "caller", RECEPTION: "reception", MANAGER: "manager"}
ROOMS = {GIG: "Ruang Gigi", MAT: "Ruang Mata"}
WHY_CLOSED = "Dokter dipanggil ke ruang operasi"
CORRECTED_BIRTH = date(1991, 4, 23)
IN_ROOM = {"ticket.called", "ticket.recalled", "ticket.started"}
UNDONE = {"call_undone", "start_undone", "completion_undone", "no_show_undone", "cancellation_undone"}


@pytest.fixture(scope="module")
def addresses(broker: RunningBroker, system: Deployment) -> Iterator[dict[str, str]]:
    """The broker's address for each member of staff, who are users there."""
    with staffed(broker, system, ROLES, GIG, MAT) as found:
        yield found


# --- signing in -----------------------------------------------------------------------------------------


def sign_in(morning: Morning) -> None:
    """Each is told who they are and what they may do; the clinics are moved by their desks."""
    for name, role in ROLES.items():
        with morning.at(GIG, name) as place:
            told = place.sends("desk_user", {}).body
            [mine] = told["duties"]
            assert (told["user"], mine["role"], mine["clinics"]) == (name, role, [GIG, MAT])
    for clinic in (GIG, MAT):
        with morning.at(clinic, MANAGER) as office:
            office.does("set_mode", mode="desk")
            if office.asks("desk_queue").body["rooms"] != 2:
                office.does("set_rooms", rooms=2)
    _may_not(morning)


def _may_not(morning: Morning) -> None:
    """What is not for a role, or in another clinic, is refused to everybody who tries."""
    with morning.at(GIG, CALLER) as caller, morning.at(GIG, RECEPTION) as counter:
        assert caller.refused("close_clinic", waiting="cancel") == "not_permitted"
        assert caller.refused("set_rooms", rooms=1) == "not_permitted"
        assert caller.registers(morning.patient()).code == "not_permitted"
        assert counter.refused("call_next", room=1) == "not_permitted"
        assert counter.refused("open_clinic") == "not_permitted"
    for name in ROLES:
        with morning.at(ANA, name) as elsewhere:
            assert elsewhere.refused("desk_queue") == "not_permitted"


# --- the early hours ------------------------------------------------------------------------------------


def work_at(morning: Morning, clinic: str, moved_by: str) -> None:
    """The early hours at one clinic."""
    with (
        morning.at(clinic, moved_by) as desk,
        morning.at(clinic, RECEPTION) as counter,
        morning.at(clinic) as home,
    ):
        known, cancelled = morning.patient(), morning.patient()
        first, second, third = (counter.number_of(morning.patient()) for _ in range(3))
        fourth, fifth = home.number_of(known), counter.number_of(cancelled)
        _serves(desk, home, first)
        _calls_too_early(desk, first, second)
        _misses(desk, second)
        _gives_up(counter, home, third, "wrong_person")
        assert counter.does("undo", number=third) == [("ticket.cancellation_undone", third)]
        assert (home.sees(third)["status"], home.sees(third)["cancelled_by"]) == ("waiting", None)
        _gives_up(counter, home, fifth, "asked_at_counter")
        _corrects(counter, third)
        to_the_other_lane = counter.does("set_priority", number=fourth, reason="disability")
        assert to_the_other_lane == [("ticket.prioritised", fourth)]
        _is_asked(counter, fourth, known)
        _meets_a_holder(counter, home, known, fourth)


def _serves(desk: Place, home: Place, number: int) -> None:
    """A call, a start and a completion, each taken back once."""
    assert desk.does("call_next", room=1) == [("ticket.called", number)]
    _is_sent_to(home, number, room=1)
    assert desk.does("recall", number=number) == [("ticket.recalled", number)]
    assert desk.does("undo", room=1) == [("ticket.call_undone", number)]
    assert home.sees(number)["room"] is None
    assert desk.does("call_next", room=1) == [("ticket.called", number)]
    for _ in range(2):
        assert desk.does("start", number=number) == [("ticket.started", number)]
        assert desk.does("complete", number=number) == [("ticket.served", number)]
        assert desk.does("undo", number=number) == [("ticket.completion_undone", number)]
        assert desk.does("undo", room=1) == [("ticket.start_undone", number)]
    assert desk.does("start", number=number) == [("ticket.started", number)]


def _is_sent_to(home: Place, number: int, room: int) -> None:
    """The patient, and whoever looks at the clinic's queue, see the room and what it is called."""
    name = f"{ROOMS[home.clinic]} {room}"
    ticket = home.sees(number)
    assert (ticket["status"], ticket["room"], ticket["room_name"]) == ("called", room, name)
    [occupied] = home.asks("clinic_queue").body["rooms"]
    shown = (occupied["display_number"], occupied["room"], occupied["room_name"])
    assert shown == (ticket["display_number"], room, name)


def _calls_too_early(desk: Place, in_service: int, following: int) -> None:
    """A call while somebody is served: one undoing brings both back."""
    called = [("ticket.served", in_service), ("ticket.called", following)]
    assert desk.does("call_next", room=1) == called
    taken_back = [("ticket.call_undone", following), ("ticket.completion_undone", in_service)]
    assert desk.does("undo", room=1) == taken_back
    queue = desk.asks("desk_queue").body
    assert [(each["number"], each["status"]) for each in queue["in_rooms"]] == [(in_service, "in_service")]
    assert queue["waiting"][0]["number"] == following
    assert desk.does("call_next", room=1) == called


def _misses(desk: Place, number: int) -> None:
    """Somebody did not come, did, did not, and is there after all."""
    assert desk.does("mark_no_show", number=number) == [("ticket.no_show", number)]
    assert desk.does("undo", number=number) == [("ticket.no_show_undone", number)]
    assert desk.does("mark_no_show", number=number) == [("ticket.no_show", number)]
    assert desk.does("reinstate", number=number) == [("ticket.reinstated", number)]
    assert desk.asks("undo", number=number).body["reason"] == "changed_since"


def _gives_up(counter: Place, home: Place, number: int, reason: str) -> None:
    """The patient sees who cancelled the ticket, and why."""
    assert counter.does("desk_cancel", number=number, reason=reason) == [("ticket.cancelled", number)]
    ticket = home.sees(number)
    assert (ticket["status"], ticket["cancelled_by"]) == ("cancelled", "staff")
    assert ticket["cancel_reason"] == reason


def _corrects(counter: Place, number: int) -> None:
    """With another date of birth, priority by age is decided again."""
    right = counter.morning.patient(date_of_birth=CORRECTED_BIRTH).body(HOSPITAL, counter.clinic)
    members = ("medical_record_number", "name", "date_of_birth")
    corrected = counter.does("correct", number=number, **{name: right[name] for name in members})
    assert corrected == [("ticket.corrected", number), ("ticket.unprioritised", number)]


def _is_asked(counter: Place, number: int, patient: Patient) -> None:
    """Finds a ticket by a part of its patient's name, shows it, and says who did what with it."""
    found = counter.asks("find_tickets", text=patient.name[:14]).body["tickets"]
    assert [each["number"] for each in found if each["patient_name"] == patient.name] == [number]
    shown = counter.asks("desk_ticket", number=number).body
    assert shown["ticket"]["number"] == number
    assert shown["medical_record_number"] == patient.medical_record_number
    lines = counter.asks("desk_history", number=number).body["lines"]
    assert [(each["event"], each["user"]) for each in lines] == [
        ("ticket.prioritised", counter.user),
        ("ticket.registered", None),
    ]


def _meets_a_holder(counter: Place, home: Place, holder: Patient, number: int) -> None:
    """Somebody else with the same record number: the counter, and only it, is told who holds the ticket."""
    other = counter.morning.patient(medical_record_number=holder.medical_record_number)
    seen = counter.registers(other)
    assert seen.code == "medical_record_mismatch"
    assert seen.body["holder"] == {
        "name": holder.name,
        "date_of_birth": holder.date_of_birth.isoformat(),
    }
    assert seen.body["ticket"]["number"] == number
    at_home = home.registers(other)
    assert at_home.code == "medical_record_mismatch"
    assert {"holder", "ticket"}.isdisjoint(at_home.body)


# --- together -------------------------------------------------------------------------------------------


def call_at_once(morning: Morning) -> None:
    """Two desks call from one queue at the same moment, and take it back at the same moment."""
    with morning.at(GIG, CALLER) as one, morning.at(GIG, MANAGER) as other:
        before = one.waiting()
        for _ in range(3):
            called = at_once(lambda: one.calls(1), lambda: other.calls(2))
            assert len({*called}) == 2
            assert {*called}.isdisjoint(one.waiting())
            undone = at_once(lambda: one.does("undo", room=1), lambda: other.does("undo", room=2))
            assert undone == [[("ticket.call_undone", number)] for number in called]
            assert one.waiting() == before


def leave_and_close(morning: Morning) -> None:
    """One patient goes to the other clinic; the others hear why theirs closes, and so does a newcomer."""
    with ExitStack() as stack:
        caller, manager, home = (
            stack.enter_context(morning.at(GIG, user)) for user in (CALLER, MANAGER, None)
        )
        leaving, *staying = caller.waiting()
        moved = caller.done("transfer", number=leaving, to_clinic=MAT)
        assert [each["event"] for each in moved["changes"]] == ["ticket.transferred", "ticket.registered"]
        morning.deployment.ticket_codes.add(moved["new_ticket"]["ticket_code"])
        closed = manager.done("close_clinic", waiting="cancel", reason=WHY_CLOSED)
        assert [(each["event"], each["count"]) for each in closed["changes"]] == [
            ("clinic.closed", 1),
            ("ticket.cancelled", len(staying)),
        ]
        for number in staying:
            ticket = home.sees(number)
            assert (ticket["cancelled_by"], ticket["cancel_reason"]) == ("closing", WHY_CLOSED)
        newcomer = home.registers(morning.patient())
        assert (newcomer.code, newcomer.body["closed_reason"]) == ("clinic_closed", WHY_CLOSED)


# --- what is kept of it ---------------------------------------------------------------------------------


def rooms_are_told(morning: Morning, events: list[ReceivedEvent]) -> None:
    """Wherever a patient is in a room: in each event and in each answer to the desk."""
    in_rooms = [event.body["data"] for event in events if event.name in IN_ROOM]
    assert {event.name for event in events} >= IN_ROOM
    for told in in_rooms:
        assert told["lane"] in {"priority", "regular"}
        assert told["room_name"] == f"{ROOMS[told['display_number'][:3]]} {told['room']}"
    for _, _, reply in morning.done:
        ticket = reply.body.get("ticket") if reply.name == "desk_done" else None
        if ticket is not None and ticket["room"] is not None:
            assert reply.body["room_name"] == f"{ROOMS[reply.body['clinic']]} {ticket['room']}"


def corrections_are_told(events: list[ReceivedEvent]) -> None:
    """Of a correction only which members it was about."""
    corrected = [event.body["data"]["corrected"] for event in events if event.name == "ticket.corrected"]
    assert corrected == [["medical_record_number", "name", "date_of_birth"]] * 2


def looks_are_recorded(morning: Morning, shell: Shell) -> None:
    """Who was shown names is in the access log; who looked at numbers only is not."""
    with morning.at(MAT, MANAGER) as office:
        assert all(
            each["patient_name"] for each in office.asks("desk_queue", with_names=True).body["waiting"]
        )
    environment = morning.deployment.environment("deploy")
    done = shell.run("antrean-admin", "access-log", "--json", **environment)
    assert not [secret for secret in morning.secrets if secret in done.stdout]
    looks = {(each["username"], each["clinic"], each["request"]) for each in done.json["looks"]}
    asked = ("desk_register", "find_tickets", "desk_ticket")
    at_counter = {(RECEPTION, clinic, request) for clinic in (GIG, MAT) for request in asked}
    assert looks == {(MANAGER, MAT, "desk_queue"), *at_counter}


def test_a_morning(system: Deployment, addresses: dict[str, str], shell: Shell) -> None:
    morning = Morning(system, addresses, (GIG, MAT))
    with event_tap(system) as tap:
        sign_in(morning)
        at_once(lambda: work_at(morning, GIG, CALLER), lambda: work_at(morning, MAT, MANAGER))
        call_at_once(morning)
        leave_and_close(morning)
        each_change_has_its_user(morning)
        events = all_events(morning, tap)
    assert {f"ticket.{name}" for name in UNDONE} <= {event.name for event in events}
    rooms_are_told(morning, events)
    corrections_are_told(events)
    nothing_personal_is_told(morning, events)
    looks_are_recorded(morning, shell)
    with opened(system.database_url) as engine, snapshot(engine) as connection:
        assert check_integrity(connection).findings == ()
