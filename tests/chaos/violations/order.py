"""Lanes called out of their turns, and tickets out of the places that the staff gave them."""

from uuid import uuid4

from tests.chaos.checked_run import CheckedRun, Row
from tests.chaos.checker import Invariant
from tests.chaos.desk_story import about, asks, calls, does, moves
from tests.chaos.order_story import calls_out_of_turn
from tests.chaos.violations.plants import plant


def waiting(run: CheckedRun, count: int) -> list[Row]:
    """So many who are new in a clinic whose lanes take turns by three ratios."""
    run.run["lanes"]["C08"] = {"emergency": 1, "priority": 2}
    for duty in run.run["staff"].values():
        duty["clinics"] = [*duty["clinics"], "C08"]
    return [run.registered(f"{number} of C08", "C08") for number in range(count)]


@plant(Invariant.PLACES, "calls from the lane regular, when it is the turn of priority")
def less_urgent_lane_called_first(run: CheckedRun) -> None:
    first, urgent = waiting(run, 2)
    urgent["lane"] = "priority"
    does(run, "prioritise", "set_priority", urgent, "waiting", "prioritised", reason="infant")
    calls(run, "call", first)


@plant(Invariant.PLACES, "calls from the lane emergency, when it is the turn of regular")
def emergencies_that_starve_the_others(run: CheckedRun) -> None:
    _, *urgent = waiting(run, 3)
    for index, ticket in enumerate(urgent):
        ticket["lane"] = "emergency"
        does(run, f"first {index}", "set_priority", ticket, "waiting", "prioritised", reason="emergency")
    for index, ticket in enumerate(urgent):
        calls(run, f"call {index}", ticket, room=1 + index)


@plant(Invariant.PLACES, "calls from the lane emergency, when it is the turn of regular")
def turns_forgotten_at_the_end_of_the_day(run: CheckedRun) -> None:
    first, *urgent = waiting(run, 3)
    for index, ticket in enumerate(urgent):
        ticket["lane"] = "emergency"
        does(run, f"first {index}", "set_priority", ticket, "waiting", "prioritised", reason="emergency")
    calls(run, "call", urgent[0])
    cause_id = str(uuid4())
    _, tomorrow = (run.hands_over(ticket, cause_id) for ticket in (first, urgent[1]))
    calls(run, "call tomorrow", tomorrow)


@plant(Invariant.PLACES, "calls from the lane regular, when it is the turn of emergency")
def call_out_of_turn_that_moves_the_lanes(run: CheckedRun) -> None:
    first, second, urgent = waiting(run, 3)
    for index, ticket in enumerate((second, urgent)):
        ticket["lane"] = "emergency"
        does(run, f"first {index}", "set_priority", ticket, "waiting", "prioritised", reason="emergency")
    calls_out_of_turn(run, "out of turn", second, 1)
    calls(run, "call", first, room=2)


@plant(Invariant.PLACES, "before those behind whom it was put")
def skipped_and_called_at_once(run: CheckedRun) -> None:
    first, *_ = waiting(run, 3)
    does(run, "skip", "skip", first, "waiting", "skipped", told={"places": 2})
    calls(run, "call", first)


@plant(Invariant.PLACES, "was put behind 1, with 2 others in its lane")
def called_and_put_behind_too_few(run: CheckedRun) -> None:
    first, *_ = waiting(run, 3)
    calls(run, "call", first)
    does(run, "skip", "skip", first, "waiting", "skipped", told={"places": 1})


@plant(Invariant.PLACES, "was put behind 4, with 4 others in its lane")
def put_behind_more_than_the_clinic_has_it(run: CheckedRun) -> None:
    first, *_ = waiting(run, 5)
    calls(run, "call", first)
    does(run, "no-show", "mark_no_show", first, "no_show")
    does(run, "reinstate", "reinstate", first, "waiting", "reinstated", told={"places": 4})


@plant(Invariant.CALLS, "calls 2 after 3")
def skip_that_moves_the_others(run: CheckedRun) -> None:
    first, second, third = waiting(run, 3)
    does(run, "skip", "skip", first, "waiting", "skipped")
    calls(run, "call third", third)
    calls(run, "call second", second, room=2)


@plant(Invariant.PLACES, "though 1 waits at the front of its lane")
def unparked_and_passed_over(run: CheckedRun) -> None:
    first, second = waiting(run, 2)
    calls(run, "call", first)
    does(run, "park", "park", first, "parked")
    does(run, "unpark", "unpark", first, "waiting", "unparked")
    calls(run, "call second", second)


@plant(Invariant.CALLS, "in turn, which is parked")
def parked_and_called_in_turn(run: CheckedRun) -> None:
    (ticket,) = waiting(run, 1)
    calls(run, "call", ticket)
    does(run, "park", "park", ticket, "parked")
    calls(run, "call again", ticket)


@plant(Invariant.STATES, "changes ticket 1 from waiting to parked")
def parked_who_was_not_called(run: CheckedRun) -> None:
    (ticket,) = waiting(run, 1)
    does(run, "park", "park", ticket, "parked")


@plant(Invariant.ROOMS, "brings 1 into room 1, in which 2 is")
def taken_back_into_a_room_that_is_occupied(run: CheckedRun) -> None:
    first, second = waiting(run, 2)
    calls(run, "call", first)
    does(run, "park", "park", first, "parked")
    calls(run, "call second", second)
    first["room"] = 1
    does(run, "undo park", "undo", first, "called", "park_undone")


@plant(Invariant.STATES, "has an event whose data")
def parked_who_keeps_the_room(run: CheckedRun) -> None:
    (ticket,) = waiting(run, 1)
    calls(run, "call", ticket)
    does(run, "park", "park", ticket, "parked")
    ticket["room"] = 1
    told = {"cancelled_by": "staff", "cancel_reason": "duplicate"}
    does(run, "cancel", "desk_cancel", ticket, "cancelled", told=told, reason="duplicate")


@plant(Invariant.ONE_ACTIVE, "gives ticket 2 to a patient who still holds 1")
def parked_patient_with_another_ticket(run: CheckedRun) -> None:
    (ticket,) = waiting(run, 1)
    calls(run, "call", ticket)
    does(run, "park", "park", ticket, "parked")
    again = run.registers("another", "C08", "0 of C08")
    run.tell(again, "ok", reply="ticket", ticket=run.shown(run.grants(again)))


@plant(Invariant.DESKS, "out of turn for another reason")
def call_out_of_turn_that_does_not_say_so(run: CheckedRun) -> None:
    (ticket,) = waiting(run, 1)
    asked = asks(run, "call", "call_ticket", clinic="C08", number=1, room=1, reason="doctor")
    moves(run, asked, ticket, "called")


@plant(Invariant.DESKS, "out of turn for another reason")
def call_in_turn_that_says_it_was_not(run: CheckedRun) -> None:
    (ticket,) = waiting(run, 1)
    asked = asks(run, "call", "call_next", clinic="C08", room=1)
    moves(run, asked, ticket, "called", out_of_turn="doctor")


@plant(Invariant.DESKS, "has called [2], another ticket")
def another_number_called(run: CheckedRun) -> None:
    _, ticket = waiting(run, 2)
    asked = asks(run, "call", "call_ticket", clinic="C08", number=1, room=1, reason="doctor")
    moves(run, asked, ticket, "called", out_of_turn="doctor")


@plant(Invariant.STATES, "has an event whose data")
def call_out_of_turn_in_now_serving(run: CheckedRun) -> None:
    data = run.entry("call third", "ticket.called")["event"]["data"]
    data["now_serving"] = data["display_number"]


@plant(Invariant.UNDOINGS, "takes back a parked of 1, the last thing was ticket.skipped")
def undoing_of_something_else(run: CheckedRun) -> None:
    first, *_ = waiting(run, 2)
    calls(run, "call", first)
    does(run, "skip", "skip", first, "waiting", "skipped")
    undo = about(run, "undo", "undo", first)
    moves(run, undo, first, "called", "park_undone")


@plant(Invariant.STAFF, "was answered, though this user may not ask it")
def reception_that_parks(run: CheckedRun) -> None:
    (ticket,) = waiting(run, 1)
    calls(run, "call", ticket)
    does(run, "park", "park", ticket, "parked", user="budi")


@plant(Invariant.REFUSALS, "but it caused")
def call_refused_for_another_room_that_was_done(run: CheckedRun) -> None:
    (ticket,) = waiting(run, 1)
    asked = asks(run, "call", "call_next", clinic="C08", room=1, anyhow=False)
    moves(run, asked, ticket, "called")
    run.tell(asked, "refused", code="patient_elsewhere")
