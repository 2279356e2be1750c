"""The visits: whoever is sent on has one new ticket in the other clinic, and the two name each other."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.chaos.checker.evidence import Entry, Evidence, Ticket
from tests.chaos.checker.report import Invariant, Report


def check_visits(evidence: Evidence, report: Report) -> None:
    """VISITS."""
    for entries in evidence.causes.values():
        given = [entry for entry in entries if "sent_from" in entry.data]
        for entry in (each for each in entries if each.name == "ticket.sent"):
            _sent(entry, given, report)
        for entry in given:
            _given_out(entry, entries, evidence, report)
    for ticket in evidence.tickets:
        _station(ticket, evidence, report)


def _sent(entry: Entry, given: Sequence[Entry], report: Report) -> None:
    """The other end is one ticket that the same request gives out."""
    report.facts["visits sent on"] += 1
    ends = [each for each in given if _is(entry.data.get("sent_to"), each)]
    sent_to = entry.data.get("sent_to")
    what = f"{entry.place} sends to {sent_to}, which was given out {len(ends)} times with it"
    report.expect(Invariant.VISITS, len(ends) == 1, what)
    for each in ends:
        right = _is(each.data.get("sent_from"), entry) and each.data.get("visit") == entry.data.get("visit")
        report.expect(Invariant.VISITS, right, f"{each.place} does not name {entry.place}, or another visit")


def _given_out(entry: Entry, entries: Sequence[Entry], evidence: Evidence, report: Report) -> None:
    """The patient was served, and was sent on or goes back with the same request."""
    report.checked[Invariant.VISITS] += 1
    ends = [
        each
        for each in entries
        if each.name in ("ticket.sent", "ticket.served") and _is(entry.data["sent_from"], each)
    ]
    report.expect(Invariant.VISITS, bool(ends), f"{entry.place} comes from nobody who was served")
    new = evidence.ticket_at.get((*entry.day, entry.number or 0))
    old = evidence.ticket_at.get((*ends[0].day, ends[0].number or 0)) if ends else None
    if new is None or old is None:
        return
    same = new.patient == old.patient or {(new.day, new.number), (old.day, old.number)} & evidence.corrected
    report.expect(Invariant.VISITS, bool(same), f"{entry.place} is of another patient than {ends[0].place}")
    right = (new.sent_from, new.visit) == (old.code, entry.data.get("visit"))
    report.expect(Invariant.VISITS, right, f"the ticket of {entry.place} does not name the one before it")
    if all(each.name != "ticket.sent" for each in ends):
        report.facts["visits come back"] += 1


def _station(ticket: Ticket, evidence: Evidence, report: Report) -> None:
    """It comes after another station of the same visit, but for the first one."""
    if ticket.visit is None:
        linked = ticket.sent_from is not None or ticket.station is not None
        report.expect(Invariant.VISITS, not linked, f"{_name(ticket)} is a station of no visit")
        return
    before = evidence.ticket_of_code.get(ticket.sent_from or "")
    came_from = before and _name(before)
    what = f"{_name(ticket)} is station {ticket.station} of its visit, and comes from {came_from}"
    if ticket.station == 1:
        report.expect(Invariant.VISITS, ticket.sent_from is None, what)
    else:
        after = before is not None and before.visit == ticket.visit and before.is_earlier(ticket)
        report.expect(Invariant.VISITS, after, what)


def _is(link: Any, entry: Entry) -> bool:
    """Whether an event is of the ticket that a link names."""
    shown = {
        "clinic": entry.day[1],
        "service_date": entry.day[2],
        "display_number": entry.data.get("display_number"),
    }
    return isinstance(link, Mapping) and dict(link) == shown


def _name(ticket: Ticket) -> str:
    return f"number {ticket.number} of {' '.join(ticket.day)}"
