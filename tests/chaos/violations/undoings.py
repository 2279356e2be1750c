"""What the staff did is taken back wrongly."""

from tests.chaos.checked_run import CheckedRun, Row
from tests.chaos.checker import Invariant
from tests.chaos.desk_story import about, answers, asks, calls, does, moves
from tests.chaos.violations.plants import plant


def waiting(run: CheckedRun, name: str = "five") -> Row:
    """Somebody new who waits at the desks."""
    return run.registered(name, "C04")


def taken_back(run: CheckedRun, ticket: Row, status: str, event: str, user: str = "dewi") -> None:
    """An undoing of something done to a ticket."""
    does(run, "taken back", "undo", ticket, status, event, user=user)


@plant(Invariant.STATES, "changes ticket 1 from served to called")
def call_undone_of_a_served_ticket(run: CheckedRun) -> None:
    taken_back(run, run.ticket("C04", 1), "waiting", "call_undone")


@plant(Invariant.STATES, "whose data is")
def no_show_undone_without_its_room(run: CheckedRun) -> None:
    run.entry("undo no-show", "ticket.no_show_undone")["event"]["data"]["room"] = None


@plant(Invariant.STATES, "whose data is")
def call_undone_that_is_still_served(run: CheckedRun) -> None:
    entry = run.entry("undo in room 1", "ticket.call_undone")
    entry["event"]["data"]["now_serving"] = "C04-002"


@plant(Invariant.STATES, "whose data is")
def completion_undone_to_another_state(run: CheckedRun) -> None:
    run.entry("undo in room 1", "ticket.completion_undone")["event"]["data"]["status"] = "called"


@plant(Invariant.COUNTERS, "C04 2026-11-23 has now_serving 5, tickets and journal say 2")
def undone_call_still_served(run: CheckedRun) -> None:
    ticket = waiting(run)
    calls(run, "call five", ticket, room=3)
    taken_back(run, ticket, "waiting", "call_undone")
    run.day("C04")["now_serving"] = 5


@plant(Invariant.ONE_ACTIVE, "gives ticket 5 to a patient who still holds 6")
def cancellation_undone_of_who_holds_another(run: CheckedRun) -> None:
    first = waiting(run)
    does(run, "cancel five", "desk_cancel", first, "cancelled", reason="duplicate", told=_BY_STAFF)
    waiting(run, "six")["medical_record_number"] = first["medical_record_number"]
    taken_back(run, first, "waiting", "cancellation_undone")


_BY_STAFF = {"cancelled_by": "staff", "cancel_reason": "duplicate"}


@plant(Invariant.ROOMS, "brings 5 into room 3, in which 6 is")
def no_show_undone_into_an_occupied_room(run: CheckedRun) -> None:
    first, second = waiting(run), waiting(run, "six")
    calls(run, "call five", first, room=3)
    does(run, "five did not come", "mark_no_show", first, "no_show")
    calls(run, "call six", second, room=3)
    taken_back(run, first, "called", "no_show_undone")


@plant(Invariant.UNDOINGS, "takes back a called of 5, the last thing was ticket.started")
def undoing_of_what_was_built_on(run: CheckedRun) -> None:
    ticket = waiting(run)
    calls(run, "call five", ticket, room=3)
    does(run, "start five", "start", ticket, "in_service", "started")
    taken_back(run, ticket, "waiting", "call_undone")


@plant(Invariant.UNDOINGS, "takes back a started of 5, the last thing was ticket.called")
def undoing_twice(run: CheckedRun) -> None:
    ticket = waiting(run)
    calls(run, "call five", ticket, room=3)
    does(run, "start five", "start", ticket, "in_service", "started")
    taken_back(run, ticket, "called", "start_undone")
    does(run, "taken back again", "undo", ticket, "called", "start_undone", user="dewi")


@plant(Invariant.UNDOINGS, "after 601 s")
def undoing_too_late(run: CheckedRun) -> None:
    ticket = waiting(run)
    calls(run, "call five", ticket, room=3)
    run.at += 600
    taken_back(run, ticket, "waiting", "call_undone")


@plant(Invariant.UNDOINGS, "for budi, who may not")
def undoing_by_reception(run: CheckedRun) -> None:
    ticket = waiting(run)
    calls(run, "call five", ticket, room=3)
    taken_back(run, ticket, "waiting", "call_undone", user="budi")


@plant(Invariant.UNDOINGS, "not of the staff")
def undoing_of_a_patients_cancellation(run: CheckedRun) -> None:
    ticket = waiting(run)
    given_up = run.invoke("give up", "cancel", ticket_code=run.shown(ticket)["ticket_code"])
    run.moves(ticket, "cancelled", given_up["request_id"])
    taken_back(run, ticket, "waiting", "cancellation_undone")


@plant(Invariant.UNDOINGS, "was asked for by nobody of the staff")
def undoing_by_the_clock(run: CheckedRun) -> None:
    ticket = waiting(run)
    calls(run, "call five", ticket, room=3)
    run.moves(ticket, "waiting", event="call_undone")


@plant(Invariant.UNDOINGS, "and not ['event")
def half_of_a_request_taken_back(run: CheckedRun) -> None:
    first, second = waiting(run), waiting(run, "six")
    calls(run, "call five", first, room=3)
    calls(run, "call six", second, room=3, served=first)
    taken_back(run, second, "waiting", "call_undone")


@plant(Invariant.UNDOINGS, "and not ['event")
def request_taken_back_in_the_wrong_order(run: CheckedRun) -> None:
    first, second = waiting(run), waiting(run, "six")
    calls(run, "call five", first, room=3)
    calls(run, "call six", second, room=3, served=first)
    undo = asks(run, "undo in room 3", "undo", "dewi", room=3)
    moves(run, undo, first, "called", "completion_undone")
    moves(run, undo, second, "waiting", "call_undone")
    answers(run, undo)


@plant(Invariant.UNDOINGS, "is not of number 6, which was to be taken back")
def undoing_of_another_ticket(run: CheckedRun) -> None:
    first, second = waiting(run), waiting(run, "six")
    calls(run, "call five", first, room=3)
    undo = about(run, "undo six", "undo", second, "dewi")
    moves(run, undo, first, "waiting", "call_undone")
    answers(run, undo)


@plant(Invariant.UNDOINGS, "takes back what was not the last thing in room 3")
def undoing_in_another_room(run: CheckedRun) -> None:
    first, second = waiting(run), waiting(run, "six")
    calls(run, "call five", first, room=3)
    calls(run, "call six", second, room=4)
    undo = asks(run, "undo in room 3", "undo", "dewi", room=3)
    moves(run, undo, second, "waiting", "call_undone")
    answers(run, undo)


@plant(Invariant.UNDOINGS, "takes back what was not the last thing in room 3")
def undoing_of_the_last_but_one_in_a_room(run: CheckedRun) -> None:
    first, second = waiting(run), waiting(run, "six")
    calls(run, "call five", first, room=3)
    does(run, "five did not come", "mark_no_show", first, "no_show")
    calls(run, "call six", second, room=3)
    undo = asks(run, "undo in room 3", "undo", "dewi", room=3)
    moves(run, undo, first, "called", "no_show_undone")
    answers(run, undo)
