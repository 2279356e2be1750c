"""The order of calls in a consistent run: lanes, calls out of turn, places given by the staff, and visits."""

from typing import Any

from tests.chaos.checked_run import CheckedRun, Row
from tests.chaos.desk_story import about, answers, asks, calls, does, moves

LANES = {"emergency": 1, "priority": 2}


def sends(run: CheckedRun, name: str, ticket: Row, to_clinic: str, **members: Any) -> Row:
    """A desk sends a patient on, who is in service or served; the new ticket."""
    asked = about(run, name, "send", ticket, to_clinic=to_clinic, **members)
    if ticket["status"] == "in_service":
        moves(run, asked, ticket, "served")
    new = run.sends_on(ticket, to_clinic, asked["request_id"], asked["user"])
    answers(run, asked, ticket)
    return new


def calls_out_of_turn(run: CheckedRun, name: str, ticket: Row, room: int, reason: str = "doctor") -> None:
    """A desk calls this number."""
    members = {"number": ticket["number"], "room": room, "reason": reason}
    asked = asks(run, name, "call_ticket", clinic=ticket["clinic"], **members)
    moves(run, asked, ticket, "called", room=room, out_of_turn=reason)
    answers(run, asked, ticket)


def order_of_calls(run: CheckedRun) -> None:
    """A clinic with three lanes, and another one as the next station."""
    run.run["lanes"] = {"C06": LANES}
    late, second, third, urgent = (
        run.registered(name, "C06") for name in ("first of C06", "second of C06", "third of C06", "urgent")
    )
    urgent["lane"] = "emergency"
    does(run, "urgent first", "set_priority", urgent, "waiting", "prioritised", reason="emergency")
    calls(run, "call urgent", urgent)
    does(run, "park urgent", "park", urgent, "parked")
    does(run, "unpark urgent", "unpark", urgent, "waiting", "unparked", user="budi")
    calls(run, "call late", late)
    does(run, "skip late", "skip", late, "waiting", "skipped")
    calls(run, "call urgent again", urgent)
    does(run, "start urgent", "start", urgent, "in_service", "started")
    there = sends(run, "send urgent", urgent, "C07", returns=True)
    calls(run, "call there", there)
    _comes_back(run, there)
    calls(run, "call second", second)
    does(run, "start second", "start", second, "in_service", "started")
    _sent_by_mistake(run, second)
    calls_out_of_turn(run, "call third", third, 2)
    does(run, "skip third", "skip", third, "waiting", "skipped")
    third["room"] = 2
    undo = asks(run, "undo skip of third", "undo", clinic="C06", room=2)
    moves(run, undo, third, "called", "skip_undone")
    answers(run, undo, third)
    _newborn(run)


def _comes_back(run: CheckedRun, there: Row) -> None:
    done = about(run, "complete there", "complete", there)
    moves(run, done, there, "served")
    run.sends_on(there, "C06", done["request_id"], done["user"], back=True)
    answers(run, done, there)


def _sent_by_mistake(run: CheckedRun, second: Row) -> None:
    mistaken = sends(run, "send second", second, "C07", returns=False)
    undo = about(run, "undo sending", "undo", second)
    moves(run, undo, mistaken, "cancelled", cancelled_by="staff")
    moves(run, undo, second, "served", "sending_undone")
    moves(run, undo, second, "in_service", "completion_undone")
    answers(run, undo, second)


def _newborn(run: CheckedRun) -> None:
    """Who goes by the number of a mother that holds a ticket of the clinic, too."""
    asked = run.registers("baby", "C06", "first of C06", newborn=1)
    run.tell(asked, "confirmed")
    run.tell(asked, "ok", reply="ticket", ticket=run.shown(run.grants(asked)))
