"""The requests: what clients sent and received, against what the journal says was done."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.chaos.checker.evidence import Entry, Evidence, Operation, Ticket, epoch, plain
from tests.chaos.checker.handovers import handed_over
from tests.chaos.checker.report import Invariant, Report

REQUEST_AGE_MAX_SECONDS = 15 * 60
"""An older registration takes no number."""

REFUSALS_KEPT_SECONDS = 20 * 60
"""After this a refusal may be forgotten, and its request decided again."""

_DECIDED = {
    "hospital_not_found",
    "clinic_not_found",
    "clinic_closed",
    "quota_reached",
    "already_registered",
    "medical_record_mismatch",
    "ask_at_desk",
    "request_expired",
    "ticket_not_found",
    "not_cancellable",
    "not_permitted_now",
    "patient_elsewhere",
    "invalid_request",
}
"""Refusals after which a request with the same contents never gets a ticket."""

_CAUSED_BY = {
    "register": "ticket.registered",
    "desk_register": "ticket.registered",
    "cancel": "ticket.cancelled",
}
"""What each request that a ticket answers does; desks.py has the others."""


def check_requests(evidence: Evidence, report: Report) -> None:
    """ONE_TICKET, REPLIES, REFUSALS, EXPIRY, ENDINGS, LOSSES and CANCELLATIONS."""
    _causes(evidence, report)
    poison = {str(each["message_id"]).lower() for each in evidence.poison}
    dead = {str(each.get("message_id")).lower() for each in evidence.dead}
    for request_id, attempts in evidence.requests.items():
        attempts.sort(key=lambda attempt: float(attempt.invoked["at"]))
        done = evidence.causes.get(request_id, [])
        if attempts[0].op in _CAUSED_BY:
            _replies(request_id, attempts, done, evidence, report)
        _refusals(request_id, attempts, done, evidence, report)
        _expiry(request_id, attempts, done, report)
        _ending(request_id, attempts, done, evidence, report, dead=request_id in dead)
        if request_id not in poison:
            _settling(request_id, attempts, done, evidence, report)
    for operation in evidence.operations:
        _looked_up(operation, evidence, report)
        fault = operation.ended is not None and operation.ended.get("reason") == "client_fault"
        what = f"operation {operation.id} ({operation.op}) ended by a fault of the client's program"
        report.expect(Invariant.REPLIES, not fault, what)


def _causes(evidence: Evidence, report: Report) -> None:
    at_the_end_of_a_day = {entry.event_id for entry in handed_over(evidence)}
    for cause_id, entries in evidence.causes.items():
        if any(operation.op not in _CAUSED_BY for operation in evidence.requests.get(cause_id, [])):
            continue  # a desk's, see desks.py
        report.checked[Invariant.ONE_TICKET] += 1
        by_patients = [
            entry
            for entry in entries
            if entry.name in _CAUSED_BY.values() and entry.event_id not in at_the_end_of_a_day
        ]
        places = [f"{' '.join(entry.day)} {entry.number}" for entry in by_patients]
        what = f"cause {cause_id} has registered or cancelled {len(places)} tickets: {places}"
        report.expect(Invariant.ONE_TICKET, len(by_patients) <= 1, what)
        asked = {_CAUSED_BY[operation.op] for operation in evidence.requests.get(cause_id, [])}
        for entry, place in zip(by_patients, places, strict=True):
            what = f"{entry.name} {place} was caused by {cause_id}, which no client asked for"
            report.expect(Invariant.ONE_TICKET, entry.name in asked, what)


def _replies(
    request_id: str,
    attempts: Sequence[Operation],
    done: Sequence[Entry],
    evidence: Evidence,
    report: Report,
) -> None:
    named: dict[str, str] = {}
    for attempt in attempts:
        if attempt.phase != "ok" or attempt.ended is None:
            continue
        report.checked[Invariant.REPLIES] += 1
        shown: Mapping[str, Any] = attempt.ended.get("ticket") or {}
        who = f"{attempt.op} {request_id} was answered ok in operation {attempt.id}"
        report.expect(Invariant.REPLIES, bool(shown), f"{who} without a ticket")
        if not shown:
            continue
        named.setdefault(plain(shown["ticket_code"]), f"{shown['clinic']} {shown['number']}")
        _exists(shown, who, attempt, evidence, report)
        entry = next((each for each in done if each.name == _CAUSED_BY[attempt.op]), None)
        found = entry and (*entry.day, entry.number)
        place = _place(shown)
        what = f"{who} with {place}, but the journal says that it caused {found}"
        report.expect(Invariant.REPLIES, found == place, what)
        if attempt.op == "cancel":
            _cancelled(shown, who, attempt, evidence, report)
    tickets = sorted(named.values())
    report.expect(
        Invariant.REPLIES,
        len(named) <= 1,
        f"request {request_id} was answered with several tickets: {tickets}",
    )


def _exists(
    shown: Mapping[str, Any], who: str, operation: Operation | None, evidence: Evidence, report: Report
) -> None:
    ticket = evidence.ticket_of_code.get(plain(shown["ticket_code"]))
    place = _place(shown)
    report.expect(
        Invariant.REPLIES, ticket is not None, f"{who} with ticket {place}, whose code is not in the database"
    )
    if ticket is None:
        return
    found = (*ticket.day, ticket.number)
    report.expect(Invariant.REPLIES, found == place, f"{who} with {place}, but that code is {found}'s")
    if operation is not None and operation.op in ("register", "desk_register"):
        _is_asked_for(ticket, f"{who} with {place}", operation.invoked, evidence, report)


def _is_asked_for(
    ticket: Ticket, who: str, asked: Mapping[str, Any], evidence: Evidence, report: Report
) -> None:
    same = ticket.day[:2] == (asked["hospital"], asked["clinic"])
    what = f"{who}, but asked for {asked['hospital']} {asked['clinic']}"
    report.expect(Invariant.REPLIES, same, what)
    same = ticket.patient == (asked["medical_record_number"], asked.get("newborn", 0))
    # A corrected one was this patient's once, or is since.
    same |= (ticket.day, ticket.number) in evidence.corrected
    report.expect(Invariant.REPLIES, same, f"{who}, which is another patient's")


def _is_held(
    shown: Mapping[str, Any], who: str, operation: Operation, evidence: Evidence, report: Report
) -> None:
    """The ticket of a refusal is one that the patient holds; its code is told at the desk alone."""
    place = _place(shown)
    is_told = shown["ticket_code"] is not None
    what = f"{who} {'with' if is_told else 'without'} the code of {place}"
    report.expect(Invariant.REFUSALS, is_told == (operation.user is not None), what)
    if is_told:
        _exists(shown, who, None, evidence, report)
    ticket = evidence.ticket_at.get(place)
    what = f"{who} with ticket {place}, which is not in the database"
    report.expect(Invariant.REPLIES, ticket is not None, what)
    if ticket is not None:
        _is_asked_for(ticket, f"{who} with {place}", operation.invoked, evidence, report)


def _cancelled(
    shown: Mapping[str, Any], who: str, attempt: Operation, evidence: Evidence, report: Report
) -> None:
    report.checked[Invariant.CANCELLATIONS] += 1
    place = _place(shown)
    same = plain(shown["ticket_code"]) == plain(attempt.invoked["ticket_code"])
    report.expect(Invariant.CANCELLATIONS, same, f"{who} with {place}, which is not the ticket given up")
    ticket = evidence.ticket_of_code.get(plain(shown["ticket_code"]))
    for status in (shown["status"], ticket and ticket.status):
        what = f"{who} with {place}, but that ticket is {status}"
        report.expect(Invariant.CANCELLATIONS, status == "cancelled", what)


def _refusals(
    request_id: str,
    attempts: Sequence[Operation],
    done: Sequence[Entry],
    evidence: Evidence,
    report: Report,
) -> None:
    refused = [attempt for attempt in attempts if attempt.code is not None]
    if not refused:
        return
    report.checked[Invariant.REFUSALS] += 1
    contents = {attempt.contents for attempt in attempts}
    for attempt in refused:
        code, ended = attempt.code, attempt.ended or {}
        who = f"{attempt.op} {request_id} was refused with {code} in operation {attempt.id}"
        if code in _DECIDED and len(contents) == 1:
            caused = [f"{entry.name} {' '.join(entry.day)} {entry.number}" for entry in done]
            report.expect(Invariant.REFUSALS, not done, f"{who}, but it caused {caused}")
        if code == "request_id_reused":
            what = f"{who}, but no other contents were ever sent with this id"
            report.expect(Invariant.REFUSALS, len(contents) > 1, what)
        report.expect(Invariant.REFUSALS, code != "internal_error", f"{who}: a fault in a worker")
        if ended.get("ticket"):
            _is_held(ended["ticket"], who, attempt, evidence, report)
    for each in contents:
        answers = {attempt.code: attempt for attempt in refused if attempt.contents == each}
        codes = sorted(str(code) for code in answers if code in _DECIDED)
        first = min((float(a.invoked["at"]) for a in answers.values()), default=0.0)
        may_differ = _refusal_forgotten(first, evidence)
        what = f"request {request_id} with the same contents was refused in several ways: {codes}"
        report.expect(Invariant.REFUSALS, len(codes) <= 1 or may_differ, what)


def _expiry(request_id: str, attempts: Sequence[Operation], done: Sequence[Entry], report: Report) -> None:
    may_expire = [attempt for attempt in attempts if attempt.op != "cancel"]
    if not may_expire:
        return
    report.checked[Invariant.EXPIRY] += 1
    sent_at = may_expire[0].sent_at
    for attempt in may_expire:
        if attempt.code != "request_expired" or attempt.ended is None or sent_at is None:
            continue
        age = epoch(attempt.ended["simulated_at"]) - sent_at
        what = f"request {request_id} was answered request_expired when it was {age:.1f} s old"
        report.expect(Invariant.EXPIRY, age > REQUEST_AGE_MAX_SECONDS, what)
    for entry in done:
        if sent_at is not None:
            age = entry.recorded_at - sent_at
            # The timestamp has whole seconds.
            what = f"request {request_id} got {entry.name} {entry.number} when it was {age:.1f} s old"
            report.expect(Invariant.EXPIRY, age <= REQUEST_AGE_MAX_SECONDS + 1, what)


def _ending(
    request_id: str,
    attempts: Sequence[Operation],
    done: Sequence[Entry],
    evidence: Evidence,
    report: Report,
    *,
    dead: bool,
) -> None:
    confirmed = [attempt for attempt in attempts if attempt.confirmed and not attempt.settling]
    if not confirmed:
        return
    report.checked[Invariant.ENDINGS] += 1
    at = float(confirmed[0].invoked["at"])
    codes = [attempt.code for attempt in attempts if attempt.code is not None]
    expired = evidence.forward_after(at) >= REQUEST_AGE_MAX_SECONDS
    if done:
        ending = done[0].name
    elif codes or request_id in evidence.refusals:
        ending = codes[-1] if codes else evidence.refusals[request_id][0]
    elif dead:
        ending = "dead letter"
    elif expired and confirmed[0].op != "cancel":
        ending = "expired without an answer"
    else:
        ending = ""
        jumped = evidence.forward_after(at)
        report.expect(
            Invariant.ENDINGS,
            False,
            f"{confirmed[0].op} {request_id} was confirmed in operation {confirmed[0].id} at {at:.3f}, but is"
            f" neither in the journal nor refused, nor in antrean.dead (clock jumped {jumped:.0f} s since)",
        )
    report.facts[f"ended as {ending or 'nothing'}"] += 1


def _settling(
    request_id: str,
    attempts: Sequence[Operation],
    done: Sequence[Entry],
    evidence: Evidence,
    report: Report,
) -> None:
    """Whether it was the settling attempt that did what an earlier, confirmed attempt should have done."""
    resent = next((attempt for attempt in attempts if attempt.settling), None)
    earlier = [attempt for attempt in attempts if attempt.confirmed and not attempt.settling]
    if resent is None or not earlier:
        return
    drained_at = evidence.run.get("drained_at")
    if drained_at is None or float(resent.invoked["at"]) < drained_at:
        report.facts["settled before the queues had drained, a loss could not be detected"] += 1
        return
    moments = [entry.recorded_at for entry in done]
    if request_id in evidence.refusals and not _refusal_forgotten(float(earlier[0].invoked["at"]), evidence):
        moments.append(evidence.refusals[request_id][1])
    if not moments:
        report.facts["settled with an answer that is not kept, a loss could not be detected"] += 1
        return
    report.checked[Invariant.LOSSES] += 1
    sent_again_at = epoch(resent.invoked["simulated_at"])
    report.expect(
        Invariant.LOSSES,
        moments[0] < sent_again_at,
        f"{resent.op} {request_id} was confirmed in operation {earlier[0].id}, but was done only"
        f" {moments[0] - sent_again_at:.3f} s after operation {resent.id} sent it again at the end",
    )


def _looked_up(operation: Operation, evidence: Evidence, report: Report) -> None:
    if operation.op != "ticket_status" or operation.ended is None or operation.phase != "ok":
        return
    who = f"operation {operation.id} (ticket_status) was answered"
    for shown in operation.ended["tickets"]:
        report.checked[Invariant.REPLIES] += 1
        _exists(shown, who, None, evidence, report)
    for code in operation.ended.get("not_found", []):
        ticket = evidence.ticket_of_code.get(plain(code))
        what = f"{who} that there is no such ticket, but it is {ticket and (*ticket.day, ticket.number)}"
        report.expect(Invariant.REPLIES, ticket is None, what)


def _refusal_forgotten(asked_at: float, evidence: Evidence) -> bool:
    """Whether a refusal since the real moment `asked_at` can be forgotten by now, and decided again."""
    return evidence.forward_after(asked_at) >= REFUSALS_KEPT_SECONDS - REQUEST_AGE_MAX_SECONDS


def _place(shown: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return (shown["hospital"], shown["clinic"], shown["service_date"], shown["number"])
