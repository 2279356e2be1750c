"""A run with which nothing is wrong: of every kind of request, of event and of ending one."""

from uuid import uuid4

from tests.chaos.checked_run import JUMP_SECONDS, CheckedRun
from tests.chaos.desk_story import desks_at_work
from tests.chaos.order_story import order_of_calls


def consistent_run() -> CheckedRun:
    """Patients in three clinics, desks in four, and a jump of the clock."""
    made = CheckedRun()
    expired = made.registers("expired")
    made.tell(expired, "confirmed")
    made.run["clock_jumps"] = [{"at": made.at + 1, "seconds": JUMP_SECONDS}]
    made.at, made.jumped = made.at + 1, JUMP_SECONDS
    made.tell(expired, "refused", code="request_expired")
    first, _second, third = (made.registered(name) for name in ("first", "second", "third"))
    made.registered("copied", copies=3)
    made.tell(made.registers("copied", copies=3), "unknown", reason="died")
    made.asks_for_queue("C01")
    made.asks_for_tickets(first)
    made.moves(first, "called")
    made.moves(first, "served")
    given_up = made.invoke("cancel", "cancel", ticket_code=made.shown(third)["ticket_code"])
    made.tell(given_up, "confirmed")
    made.moves(third, "cancelled", given_up["request_id"])
    made.tell(given_up, "ok", reply="ticket", ticket=made.shown(third))
    made.asks_for_queue("C01")
    made.asks_for_tickets(first, third)
    _refusals(made)
    _with_a_quota(made)
    _with_a_handover(made)
    desks_at_work(made)
    order_of_calls(made)
    _faults(made)
    unanswered = made.registers("settled")
    made.tell(unanswered, "confirmed")
    ticket = made.grants(unanswered)
    made.tell(unanswered, "unknown", reason="no_reply")
    made.run |= {"healed_at": made.at, "drained_at": made.at + 5, "quotas": {"C02": 1, "C03": 2}}
    made.run["never_closed"] = ["C03"]
    made.at += 6
    settling = made.registers("settled", settling=True)
    made.tell(settling, "ok", reply="ticket", ticket=made.shown(ticket))
    return made


def _refusals(made: CheckedRun) -> None:
    again = made.registers("again", patient="second")
    held = made.shown(made.ticket("C01", 2)) | {"ticket_code": None}
    made.refuses(again, "already_registered", ticket=held)
    reused = made.registers("first", patient="another", other_contents=True)
    made.tell(reused, "refused", code="request_id_reused")


def _with_a_quota(made: CheckedRun) -> None:
    ticket = made.registered("only", "C02")
    too_many = made.registers("too many", "C02")
    made.tell(too_many, "confirmed")
    made.refuses(too_many, "quota_reached")
    given_up = made.invoke("cancel only", "cancel", ticket_code=made.shown(ticket)["ticket_code"])
    made.moves(ticket, "cancelled", given_up["request_id"])
    made.tell(given_up, "ok", reply="ticket", ticket=made.shown(ticket))
    made.registered("instead", "C02")


def _with_a_handover(made: CheckedRun) -> None:
    """Two wait when the day ends, in a clinic that never closes and whose quota is reached."""
    waiting = [made.registered(name, "C03") for name in ("at night", "by night")]
    made.asks_for_tickets(*waiting)
    cause_id = str(uuid4())
    new = [made.hands_over(ticket, cause_id) for ticket in waiting]
    made.asks_for_tickets(*waiting, *new)


def _faults(made: CheckedRun) -> None:
    made.plan = [{"id": "f001", "kind": "kill:registrar"}, {"id": "f002", "kind": "poison"}]
    for fault in made.plan:
        for phase in ("injected", "fired", "healed"):
            made.lines["faults"].append({**fault, "phase": phase, "at": made.at, "detail": ""})
    poison = made.registers("poison", planted="poison")
    made.tell(poison, "confirmed")
    made.tell(poison, "unknown", reason="no_reply")
    made.lines["poison"] = [{"message_id": poison["request_id"], "kind": "poison"}]
    made.lines["dead"] = [{"message_id": poison["request_id"], "type": "register", "reason": "limit"}]
