"""What desks do in a consistent run: each of their requests once, and most of it taken back."""

from typing import Any

from tests.chaos.checked_run import CheckedRun, Row

STAFF = {
    "siti": {"role": "caller", "clinics": ["C04", "C06", "C07"]},
    "budi": {"role": "reception", "clinics": ["C04", "C05", "C06", "C07"]},
    "dewi": {"role": "manager", "clinics": ["C04", "C05", "C06", "C07"]},
}


def asks(
    run: CheckedRun, name: str, op: str, /, user: str = "siti", clinic: str = "C04", **members: Any
) -> Row:
    """A desk sends the request that the test calls `name`, and the broker confirms it."""
    invoked = run.invoke(name, op, hospital="RSHS", clinic=clinic, user=user, **members)
    run.tell(invoked, "confirmed")
    return invoked


def about(run: CheckedRun, name: str, op: str, ticket: Row, /, user: str = "siti", **members: Any) -> Row:
    """As `asks`, about a ticket."""
    day = str(ticket["service_date"])
    return asks(run, name, op, user, ticket["clinic"], number=ticket["number"], service_date=day, **members)


def moves(run: CheckedRun, asked: Row, ticket: Row, status: str, event: str = "", **told: Any) -> None:
    """The request brings the ticket into this state."""
    run.moves(ticket, status, asked["request_id"], event, operator=asked["user"], **told)


def answers(run: CheckedRun, asked: Row, ticket: Row | None = None, **members: Any) -> Row:
    """The request is answered with all that it has caused."""
    caused = [row for row in run.journal if row["cause_id"] == asked["request_id"]]
    changes = [
        {"event": row["event_name"], "clinic": row["clinic"], "number": row["number"], "count": 1}
        for row in caused
    ]
    done = {key: asked[key] for key in ("hospital", "clinic")}
    done |= {"service_date": str(caused[0]["service_date"]), "changes": changes}
    done["ticket"] = None if ticket is None else shown(ticket)
    return run.tell(asked, "ok", reply="desk_done", done=done, new_ticket=None, **members)


def goes_away(run: CheckedRun, name: str, **members: Any) -> None:
    """A room of C04, or the clinic, is away until nobody knows when."""
    asked = asks(run, name, "away", "dewi", **members)
    told = {"room": None, "room_name": None, "until": None, **members}
    run.journals("clinic.away", run.day("C04"), asked["request_id"], "dewi", told)
    answers(run, asked)


def comes_back(run: CheckedRun, name: str, room: int | None = None) -> None:
    """It is back."""
    asked = asks(run, name, "back", "dewi", room=room)
    told = {"room": room, "room_name": None}
    run.journals("clinic.back", run.day("C04"), asked["request_id"], "dewi", told)
    answers(run, asked)


def shown(ticket: Row) -> Row:
    """A ticket as a desk is told of it."""
    told = {key: ticket[key] for key in ("number", "status", "room")}
    return told | {"service_date": str(ticket["service_date"])}


def does(
    run: CheckedRun, name: str, op: str, ticket: Row, status: str, event: str = "", /, **members: Any
) -> None:
    """A request that changes one ticket, from its sending to its answer."""
    told = members.pop("told", {})
    asked = about(run, name, op, ticket, **members)
    moves(run, asked, ticket, status, event, **told)
    answers(run, asked, ticket)


def calls(run: CheckedRun, name: str, ticket: Row, room: int = 1, served: Row | None = None) -> None:
    """A desk calls the next ticket, and completes the one in its room."""
    asked = asks(run, name, "call_next", clinic=ticket["clinic"], room=room)
    if served is not None:
        moves(run, asked, served, "served")
    moves(run, asked, ticket, "called", room=room)
    answers(run, asked, ticket)


def desks_at_work(run: CheckedRun) -> None:
    """Two clinics that their desks move, with three members of the staff."""
    run.run["staff"] = STAFF
    one, two, three, four = (run.registered(name, "C04") for name in ("one", "two", "three", "four"))
    calls(run, "call one", one)
    does(run, "start one", "start", one, "in_service", "started")
    calls(run, "call two", two, served=one)
    undo = asks(run, "undo in room 1", "undo", "dewi", room=1)
    moves(run, undo, two, "waiting", "call_undone")
    moves(run, undo, one, "in_service", "completion_undone")
    answers(run, undo, two)
    does(run, "undo start", "undo", one, "called", "start_undone")
    does(run, "recall one", "recall", one, "called", "recalled")
    does(run, "complete one", "complete", one, "served")
    calls(run, "call two again", two)
    does(run, "two is not ready", "park", two, "parked")
    does(run, "two is ready", "unpark", two, "waiting", "unparked", user="budi")
    out_of_turn = asks(run, "call two out of turn", "call_ticket", room=1, number=2, reason="results")
    moves(run, out_of_turn, two, "called", room=1, out_of_turn="results")
    answers(run, out_of_turn, two)
    does(run, "two is late", "skip", two, "waiting", "skipped")
    again = asks(run, "call two once more", "call_ticket", room=1, number=2, reason="doctor")
    moves(run, again, two, "called", room=1, out_of_turn="doctor")
    answers(run, again, two)
    does(run, "two did not come", "mark_no_show", two, "no_show")
    does(run, "undo no-show", "undo", two, "called", "no_show_undone")
    does(run, "two did not come at all", "mark_no_show", two, "no_show")
    does(run, "reinstate two", "reinstate", two, "waiting", "reinstated", user="budi")
    told = {"cancelled_by": "staff", "cancel_reason": "duplicate"}
    cancels: Row = {"user": "budi", "reason": "duplicate", "told": told}
    does(run, "cancel three", "desk_cancel", three, "cancelled", **cancels)
    does(run, "undo cancel", "undo", three, "waiting", "cancellation_undone", user="budi")
    _with_patients(run, two, three)
    _at_the_counter(run, four)
    run.asks_for_tickets(one, two, three, four)


def _with_patients(run: CheckedRun, two: Row, three: Row) -> None:
    members = {"user": "budi", "medical_record_number": "MR777777", "name": "Budi Utomo"}
    three |= {"medical_record_number": "MR777777", "patient_name": "Budi Utomo"}
    told = {"corrected": ["medical_record_number", "name"]}
    does(run, "correct three", "correct", three, "waiting", "corrected", told=told, **members)
    two["lane"] = "priority"
    does(run, "prioritise two", "set_priority", two, "waiting", "prioritised", reason="infant")
    calls(run, "call three", three)
    calls(run, "call two at last", two, room=2)
    counter = run.invoke("at the counter", "desk_register", hospital="RSHS", clinic="C05", user="budi")
    counter |= {"medical_record_number": "MR888888", "name": "Ani Wijaya", "priority": None}
    ticket = run.grants(counter)
    run.tell(counter, "ok", reply="ticket", ticket=run.shown(ticket))
    again = run.invoke("at the counter again", "desk_register", hospital="RSHS", clinic="C05", user="budi")
    again |= {"medical_record_number": "MR888888", "name": "Ani Wijaya", "priority": None}
    run.refuses(again, "already_registered", ticket=run.shown(ticket))


def _at_the_counter(run: CheckedRun, four: Row) -> None:
    day = run.day("C04")
    for name, op, event, members in (
        ("rooms", "set_rooms", "clinic.rooms_changed", {"rooms": 3}),
        ("close", "close_clinic", "clinic.closed", {"waiting": "drain", "reason": "Dokter sakit"}),
        ("close again", "close_clinic", "clinic.hours_changed", {"waiting": "drain"}),
        ("open", "open_clinic", "clinic.opened", {}),
    ):
        asked = asks(run, name, op, "dewi", **members)
        run.journals(event, day, asked["request_id"], "dewi")
        answers(run, asked)
    goes_away(run, "away", room=2, reason="break")
    comes_back(run, "back", room=2)
    asked = about(run, "transfer four", "transfer", four, "budi", to_clinic="C05")
    run.hands_over(four, asked["request_id"], "C05", "budi")
    answers(run, asked, four)
    run.refuses(about(run, "start four", "start", four), "not_permitted_now", reason="ticket_status")
    run.tell(asks(run, "elsewhere", "call_next", clinic="C05", room=1), "refused", code="not_permitted")
    queue: Row = {"hospital": "RSHS", "clinic": "C04", "service_date": str(day["service_date"])}
    queue |= {"now_serving": "C04-002", "tickets": [shown(run.ticket("C04", number)) for number in (2, 3)]}
    look = run.invoke("look", "desk_queue", hospital="RSHS", clinic="C04", user="siti")
    run.tell(look, "ok", reply="desk_queue", desk_queue=queue)
