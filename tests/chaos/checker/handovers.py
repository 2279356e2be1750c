"""The handovers: who waits where a service day ends and the clinic is open stands in the next day's queue,
and whom the staff transfer in that of another clinic."""

from collections import Counter, defaultdict
from datetime import date, timedelta

from tests.chaos.checker.evidence import ClinicDay, Entry, Evidence, Ticket
from tests.chaos.checker.report import Invariant, Report

_TRANSFERRED = "ticket.transferred"


def handed_over(evidence: Evidence) -> list[Entry]:
    """The registrations that no client asked for, but the end of a service day caused."""
    return [
        entry
        for cause_id, entries in evidence.causes.items()
        if cause_id not in evidence.requests and any(each.name == _TRANSFERRED for each in entries)
        for entry in entries
        if entry.name == "ticket.registered"
    ]


def check_handovers(evidence: Evidence, report: Report) -> None:
    """HANDOVERS."""
    by_number = {(ticket.day, ticket.number): ticket for ticket in evidence.tickets}
    targets: Counter[str] = Counter()
    for ticket in evidence.tickets:
        if ticket.status == "transferred":
            report.checked[Invariant.HANDOVERS] += 1
            targets[ticket.transferred_to or ""] += 1
            _one(ticket, evidence, report)
        else:
            what = f"{_name(ticket)} is {ticket.status}, and names another ticket"
            report.expect(Invariant.HANDOVERS, ticket.transferred_to is None, what)
    for code, count in targets.items():
        new = evidence.ticket_of_code.get(code)
        what = f"{_name(new) if new else 'a missing ticket'} was given for {count} tickets"
        report.expect(Invariant.HANDOVERS, count == 1, what)
    for entry in handed_over(evidence):
        given = by_number.get((entry.day, entry.number or 0))
        what = f"number {entry.number} of {' '.join(entry.day)} was given to nobody at the end of a day"
        report.expect(Invariant.HANDOVERS, given is not None and targets[given.code] == 1, what)
    _nobody_is_left(evidence, report)


def _one(ticket: Ticket, evidence: Evidence, report: Report) -> None:
    new = evidence.ticket_of_code.get(ticket.transferred_to or "")
    what = f"{_name(ticket)} is transferred, and its new ticket is not there"
    report.expect(Invariant.HANDOVERS, new is not None, what)
    if new is None:
        return
    said = f"{_name(ticket)} was handed over to {_name(new)}"
    next_day = str(date.fromisoformat(ticket.day[2]) + timedelta(days=1))
    to_clinic = _transferred_to(ticket, evidence)
    if to_clinic is None:
        right = new.day == (*ticket.day[:2], next_day)
        report.expect(Invariant.HANDOVERS, right, f"{said}, which is not of the next day")
        same = evidence.first_lanes.get((new.day, new.number)) == ticket.lane
        report.expect(Invariant.HANDOVERS, same, f"{said} in the other lane")
    else:
        # Of today's queue, also where the patient was called the day before.
        right = new.day[:2] == (ticket.day[0], to_clinic) and new.day[2] in (ticket.day[2], next_day)
        report.expect(Invariant.HANDOVERS, right, f"{said}, which is not of {to_clinic}")
    same = new.patient == ticket.patient
    same |= (new.day, new.number) in evidence.corrected
    report.expect(Invariant.HANDOVERS, same, f"{said}, which is another patient's")
    # Who had registered for the new day already has the better of two places.
    kept = new.arrived_at <= ticket.arrived_at
    report.expect(Invariant.HANDOVERS, kept, f"{said} with a later time of arrival")


def _transferred_to(ticket: Ticket, evidence: Evidence) -> str | None:
    """The clinic to which the staff sent the patient; None at the end of a day."""
    asked = evidence.asked(evidence.transfers.get((ticket.day, ticket.number), ""))
    return None if asked is None else asked.invoked.get("to_clinic")


def _nobody_is_left(evidence: Evidence, report: Report) -> None:
    """In a clinic that never closes nobody who waits expires, but whose number is registered for the next
    day by a request of its own."""
    made = {(entry.day, entry.number) for entry in handed_over(evidence)}
    registered = {
        (each.day, each.patient) for each in evidence.tickets if (each.day, each.number) not in made
    }
    records = {(each.day, each.number): each.patient for each in evidence.tickets}
    never_closed = evidence.run.get("never_closed", [])
    events: dict[tuple[ClinicDay, int], list[Entry]] = defaultdict(list)
    for entry in evidence.journal:
        if entry.number is not None and entry.day[1] in never_closed:
            events[entry.day, entry.number].append(entry)
    for (day, number), of_ticket in events.items():
        names = [entry.name for entry in sorted(of_ticket, key=lambda entry: entry.sequence)]
        what = f"number {number} of {' '.join(day)} waited and expired, though the clinic never closes"
        expired = names[-1] == "ticket.expired" and "ticket.called" not in names
        following = (*day[:2], str(date.fromisoformat(day[2]) + timedelta(days=1)))
        has_another = (following, records.get((day, number))) in registered
        report.expect(Invariant.HANDOVERS, has_another or not expired, what)


def _name(ticket: Ticket) -> str:
    return f"number {ticket.number} of {' '.join(ticket.day)}"
