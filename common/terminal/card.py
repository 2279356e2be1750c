"""A ticket as plain text: what is printed most, without the time it takes to import rich."""

from collections.abc import Iterator, Sequence
from typing import Final

import click

from common.terminal.layout import fold, stacked, widest
from common.terminal.streams import writes_unicode
from common.words.texts import Texts
from common.words.tickets import Ticket, place, status_word, ticket_facts

COLOURS: Final = {
    "waiting": "yellow",
    "called": "green",
    "in_service": "green",
    "parked": "yellow",
    "served": "blue",
    "cancelled": "red",
    "no_show": "red",
    "transferred": "blue",
    "expired": "red",
}

_INNER_WIDTH_MIN: Final = 44
_FRAME_WIDTH: Final = 6


def ticket_card(ticket: Ticket, texts: Texts, width: int | None = None) -> str:
    """The ticket in a frame, several lines with terminal colours, on a terminal of `width` columns.

    On a narrow one the values are folded, then put below their labels, then shown without a frame; codes,
    numbers and moments stay whole.
    """
    number, status = ticket["display_number"], status_word(ticket, texts)
    where = place(ticket, texts)
    facts = ticket_facts(ticket, texts)
    if code := ticket.get("ticket_code"):
        facts.insert(0, (texts("Ticket code"), code))
    head = [f"{number}  {status}", where, ""]
    inner = None if width is None else width - _FRAME_WIDTH
    for lines in _arrangements(head, facts, inner):
        if inner is None or max(map(len, lines)) <= inner:
            return _framed(_coloured(lines, number, status, COLOURS.get(ticket["status"])), lines, inner)
    assert width is not None, "without a limit every line fits"
    lines = [*fold(head[0], width), *fold(where, width), "", *stacked(facts, width)]
    return "\n".join(_coloured(lines, number, status, COLOURS.get(ticket["status"])))


def _arrangements(head: list[str], facts: list[tuple[str, str]], inner: int | None) -> Iterator[list[str]]:
    """The lines of a card, the widest arrangement first."""
    label_width = max((len(label) for label, _ in facts), default=0)
    room = None if inner is None else inner - label_width - 2
    yield head + [f"{label:<{label_width}}  {value}" for label, value in facts]
    if inner is None or room is None:
        return
    folded_head = [line for each in head for line in fold(each, inner)]
    if room >= max((widest(value) for _, value in facts), default=0):
        beside = []
        for label, value in facts:
            first, *more = fold(value, room)
            beside += [f"{label:<{label_width}}  {first}", *(" " * (label_width + 2) + each for each in more)]
        yield folded_head + beside
    yield folded_head + stacked(facts, inner)


def _coloured(lines: list[str], number: str, status: str, colour: str | None) -> list[str]:
    """The same lines, with number and status, which come first, in their colours."""
    first, *rest = lines
    if first == f"{number}  {status}":
        return [f"{click.style(number, bold=True)}  {click.style(status, fg=colour, bold=True)}", *rest]
    return [click.style(first, bold=True), *rest]


def _framed(coloured: Sequence[str], lines: Sequence[str], room: int | None) -> str:
    widest_line = max(map(len, lines))
    inner = (
        max(_INNER_WIDTH_MIN, widest_line) if room is None else min(room, max(_INNER_WIDTH_MIN, widest_line))
    )
    top_left, top_right, bottom_left, bottom_right, level, upright = _frame_signs()
    rows = [
        f"{upright}  {shown}{' ' * (inner - len(line))}  {upright}"
        for shown, line in zip(coloured, lines, strict=True)
    ]
    rule = level * (inner + 4)
    return "\n".join([f"{top_left}{rule}{top_right}", *rows, f"{bottom_left}{rule}{bottom_right}"])


def _frame_signs() -> tuple[str, ...]:
    return tuple("╭╮╰╯─│" if writes_unicode() else "++++-|")
