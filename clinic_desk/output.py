"""What a desk reads on the command line: a queue, tickets, what happened, and what an action has changed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import click

from clinic_desk import history_view, queue_view
from clinic_desk.history_view import History
from clinic_desk.queue_view import MODES, SECTIONS, Queue, QueueRow
from common.domain.tickets import display_number
from common.terminal.card import ticket_card
from common.terminal.layout import flow, fold
from common.translation import N_
from common.words.absences import absences_in_words
from common.words.lanes import lane_in_words, reason_in_words
from common.words.moments import long_date
from common.words.texts import Texts
from common.words.tickets import room_in_words

EVENTS: Final[Mapping[str, str]] = {
    "ticket.registered": N_("{number} is registered."),
    "ticket.prioritised": N_("{number} is in the {lane} lane now ({reason})."),
    "ticket.unprioritised": N_("{number} is back in the regular lane."),
    "ticket.called": N_("{number} is called."),
    "ticket.recalled": N_("{number} is called again."),
    "ticket.started": N_("{number} is being served."),
    "ticket.served": N_("{number} has been served."),
    "ticket.sent": N_("{number} goes on to the next station."),
    "ticket.no_show": N_("{number} did not come."),
    "ticket.reinstated": N_("{number} waits again."),
    "ticket.skipped": N_("{number} goes further back in its lane."),
    "ticket.parked": N_("{number} is on hold; the room is free."),
    "ticket.unparked": N_("{number} waits again, at the front of its lane."),
    "ticket.corrected": N_("{number} is corrected."),
    "ticket.transferred": N_("{number} goes to another clinic."),
    "ticket.cancelled": N_("{number} is cancelled."),
    "ticket.expired": N_("{number} has expired."),
    "ticket.call_undone": N_("The call of {number} is taken back; it is as it was before."),
    "ticket.start_undone": N_("The start of {number} is taken back; the number is called."),
    "ticket.completion_undone": N_("The completion of {number} is taken back; back into the room."),
    "ticket.sending_undone": N_("That {number} goes on is taken back."),
    "ticket.no_show_undone": N_("{number} is called again; that the patient did not come is taken back."),
    "ticket.cancellation_undone": N_("The cancellation of {number} is taken back; it is valid."),
    "ticket.skip_undone": N_("{number} is at its place again, as before."),
    "ticket.park_undone": N_("{number} is called again; that it was on hold is taken back."),
    "clinic.opened": N_("Clinic {clinic} is open."),
    "clinic.closed": N_("Clinic {clinic} is closed."),
    "clinic.hours_changed": N_("Clinic {clinic} is open or closed until another time now."),
    "clinic.rooms_changed": N_("Clinic {clinic} serves in {rooms} now."),
    "clinic.mode_changed": N_("Clinic {clinic} is {mode} now."),
    "clinic.away": N_("Patients of {clinic} read now: {absence}."),
    "clinic.back": N_("Clinic {clinic} is back; patients are called again."),
}
"""What is said of each change; a request can make several."""

_OVER: Final = frozenset({"served", "no_show", "cancelled"})
"""In these states a ticket is over, as far as its desk goes."""

_GOES_ON: Final = frozenset({"ticket.registered", "ticket.sent"})
"""After these its patient has another one."""

RANGES_SHOWN_MAX = 10
"""Ranges of numbers in one sentence."""


def queue_text(queue: Queue, texts: Texts, width: int | None = None) -> str:
    """A queue on several lines, with terminal colours, on a terminal of `width` columns."""
    lines = [
        *(click.style(line, bold=True) for line in fold(queue_view.title(queue, texts), width)),
        *fold(f"{queue_view.state(queue, texts)} · {queue_view.arrangement(queue, texts)}", width),
        *fold(queue_view.counts(queue, texts), width),
    ]
    rows = list(queue_view.rows(queue, texts))
    for section in SECTIONS:
        found = [row for row in rows if row.section == section]
        more = queue_view.not_shown(queue, texts) if section == "waiting" else None
        if found or more:
            lines += ["", *(click.style(line, bold=True) for line in fold(texts(SECTIONS[section]), width))]
        if found:
            lines += _aligned(map(_cells, found), width)
        if more:
            lines += [f"  {line}" for line in fold(more, width and width - 2)]
    return "\n".join(lines)


def found_text(found: Mapping[str, Any], texts: Texts, width: int | None = None) -> str:
    """The tickets of a `found_tickets` reply, a line for each."""
    rows = [queue_view.found_row(each, texts) for each in found["tickets"]]
    if not rows:
        return "\n".join(fold(texts("No ticket of today has this number or name."), width))
    more = texts("There are others; write more of the name.") if found["more"] else ""
    return "\n".join([*_aligned(map(_cells, rows), width), *(fold(more, width) if more else [])])


def history_text(history: History, texts: Texts, width: int | None = None) -> str:
    """The events of a `desk_history` reply, a line for each, the last first, with the day above them."""
    rows = history_view.rows(history, texts)
    lines = _aligned(rows, width) if rows else fold(texts("Nothing happened that day."), width)
    day = long_date(history["service_date"], texts)
    return "\n".join([*(click.style(line, bold=True) for line in fold(day, width)), *lines])


def done_text(
    done: Mapping[str, Any], request: Mapping[str, Any], texts: Texts, width: int | None = None
) -> str:
    """What a request has changed, a sentence for each change; a transfer's new ticket as a card."""
    lines = [line for each in changes(done, request, texts) for line in fold(each, width)]
    if done["new_ticket"]:
        lines.append(ticket_card(done["new_ticket"], texts, width))
    return "\n".join(lines)


def changes(done: Mapping[str, Any], request: Mapping[str, Any], texts: Texts) -> list[str]:
    """A sentence for each change; what something was changed to is in the request only."""
    requested = _requested(request, texts)
    said = [_change(change, done, requested, texts) for change in done["changes"]]
    return [*said, *_of_visit(done, texts)]


def _of_visit(done: Mapping[str, Any], texts: Texts) -> list[str]:
    """Where a called patient comes from; that somebody who was to go back does not."""
    ticket, events = done["ticket"], {each["event"] for each in done["changes"]}
    if not ticket:
        return []
    number, words = ticket["display_number"], queue_view.stations(ticket, texts)
    if "ticket.called" in events and words:
        return [f"{number}: {', '.join(words)}."]
    is_over = ticket["status"] in _OVER and not events & _GOES_ON
    if not is_over or not (clinic := ticket.get("return_clinic")):
        return []
    return [texts("{number} does not go back to {clinic} now.", number=number, clinic=clinic)]


def _requested(request: Mapping[str, Any], texts: Texts) -> dict[str, str]:
    """Rooms, mode and absence in a request, in words, and for what it is."""
    requested = {"absence": _absence(request, texts)}
    if request.get("room"):
        requested["room"] = str(request["room"])
    if "rooms" in request:
        requested["rooms"] = queue_view.rooms_in_words(request["rooms"], texts)
    if "mode" in request:
        requested["mode"] = texts(MODES[request["mode"]])
    return requested


def _absence(request: Mapping[str, Any], texts: Texts) -> str:
    """What patients read of an absence: also of a clinic that is closed until a time, for a reason that
    somebody wrote."""
    reason = "closed" if "waiting" in request else request.get("reason") or "other"
    said = {"room": request.get("room"), "reason": reason, "until": request.get("until")}
    return absences_in_words([said], texts)[0]


def _change(
    change: Mapping[str, Any], done: Mapping[str, Any], requested: Mapping[str, str], texts: Texts
) -> str:
    if change.get("numbers"):
        return _of_many(change, texts)
    event = change["event"]
    if event not in EVENTS:  # what only a newer server does
        return f"{change['event']} {change['display_number'] or change['clinic']}"
    values = {"number": change["display_number"], "clinic": change["clinic"], **requested}
    if event == "clinic.back" and "room" in requested:
        return texts("Room {room} of clinic {clinic} is back; patients are called there again.", **values)
    ticket = done["ticket"]
    is_meant = ticket and ticket["display_number"] == change["display_number"]
    if event == "ticket.prioritised" and not (is_meant and ticket["priority_reason"]):
        # Sent again, the request is answered with the ticket as it stands by now: in the regular lane.
        return texts("{number} was put into another lane.", number=change["display_number"])
    if is_meant:
        values["lane"] = lane_in_words(ticket["lane"], texts)
        values["reason"] = reason_in_words(ticket["priority_reason"] or "", texts)
        room = room_in_words(ticket["room"], done.get("room_name"), texts)
        if room and event == "ticket.called":
            return texts("{number} is called to {room}.", **values | {"room": room})
    return texts(EVENTS[event], **values)


def _of_many(change: Mapping[str, Any], texts: Texts) -> str:
    ranges = [
        "–".join(display_number(change["clinic"], number) for number in sorted({each["first"], each["last"]}))
        for each in change["numbers"][:RANGES_SHOWN_MAX]
    ]
    are_all = len(ranges) == len(change["numbers"])
    numbers = ", ".join(ranges if are_all else [*ranges, "..."])
    return texts("{count} tickets are cancelled: {numbers}.", count=change["count"], numbers=numbers)


def _cells(row: QueueRow) -> Sequence[str]:
    return row.place, row.number, row.words, row.clock, row.name


def _aligned(rows: Iterable[Sequence[str]], width: int | None) -> list[str]:
    """The rows in columns; where they do not fit, each row's cells one after another, none of them broken."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if width is None or sum(widths) + 2 * sum(each > 0 for each in widths) <= width:
        return [
            "  "
            + "  ".join(f"{cell:<{each}}" for cell, each in zip(row, widths, strict=True) if each).rstrip()
            for row in cells
        ]
    lines = []
    for row in cells:
        pieces = [piece for cell in row if cell for piece in fold(cell, width - 4)]
        first, *more = flow(pieces, width - 4)
        lines += [f"  {first}", *(f"    {each}" for each in more)]
    return lines
