"""How dead letters are shown: without a patient's data, or, asked to reveal it, with nothing left raw."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from antrean_client.visible_text import visible
from common.terminal import tables
from common.terminal.layout import stacked, terminal_width
from common.terminal.tables import new_table
from common.translation import N_
from common.words.texts import Texts

if TYPE_CHECKING:
    from datetime import datetime

    from admin_cli.broker.dead_letters import DeadLetter

_PROPERTY_LENGTH_MAX: Final = 4_000

_BROKER_REASONS: Final[Mapping[str, str]] = {
    "rejected": N_("rejected by a worker"),
    "expired": N_("expired in the queue"),
    "maxlen": N_("the queue was full"),
    "delivery_limit": N_("failed too often (delivery limit)"),
}
"""Why the broker itself moved a message to the dead letters."""

OBSTACLES: Final[Mapping[str, str]] = {
    "tick": N_("an event is no request, and the next tick does what this one would have done: drop it"),
    "look_up": N_("whoever looked something up waits no more: drop it"),
    "desk_request": N_("only who of the staff asked may ask again, and has seen that it failed: drop it"),
    "unknown_request": N_("its queue knows no such request: drop it"),
    "no_request_id": N_("nobody takes it without a valid request id: drop it"),
    "age_unknown": N_(
        "nobody knows when it was sent, and an old registration must not get today's number: drop it"
    ),
}
"""Why a dead letter cannot be sent again."""

_LABELS: Final[Mapping[str, str]] = {
    "id": N_("id"),
    "request": N_("request"),
    "request_id": N_("request id"),
    "sent": N_("sent"),
    "died": N_("died"),
    "queue": N_("queue"),
    "reason": N_("reason"),
    "content_type": N_("content type"),
    "bytes": N_("bytes"),
    "retry": N_("retry"),
}

COLUMNS: Final = ("id", "request", "sent", "died", "queue", "reason", "bytes")
_FOLDED: Final = ("request", "queue", "reason")
"""Of _LABELS; the columns that become narrower where a terminal is."""

Row = tuple[str, ...]


def row(letter: "DeadLetter", texts: Texts) -> Row:
    """The letter as a row of `print_table`; it keeps nothing of the body."""
    return (
        letter.id,
        letter.name or "?",
        _moment(letter.sent_at),
        _moment(letter.died_at),
        letter.queue or "?",
        _reason(letter, texts),
        str(letter.size_bytes),
    )


def print_table(rows: list[Row], texts: Texts) -> None:
    """Prints it, as wide as the terminal is."""
    table = new_table(texts, *(_LABELS[each] for each in COLUMNS), folded=[_LABELS[each] for each in _FOLDED])
    for cells in rows:
        table.add_row(cells)
    tables.print_table(table)


def lines(letter: "DeadLetter", texts: Texts) -> list[str]:
    """Everything that is safe to show."""
    rows = {
        "id": letter.id,
        "request": letter.name or "?",
        "request_id": letter.request_id or "?",
        "sent": _moment(letter.sent_at),
        "died": _moment(letter.died_at),
        "queue": letter.queue or "?",
        "reason": _reason(letter, texts),
        "content_type": letter.content_type or "?",
        "bytes": str(letter.size_bytes),
        "retry": texts(OBSTACLES[letter.obstacle]) if letter.obstacle else texts("possible"),
    }
    facts = [(texts(_LABELS[name]), value) for name, value in rows.items()]
    label_width = max(len(label) for label, _ in facts)
    aligned = [f"{label:<{label_width}}  {value}" for label, value in facts]
    width = terminal_width()
    return aligned if width is None or max(map(len, aligned)) <= width else stacked(facts, width)


def revealed_lines(letter: "DeadLetter") -> list[str]:
    """All properties, headers and the body, each on one line, with every control character spelt out."""
    properties = _properties(letter)
    shown = [f"{name}: {visible(properties[name])}" for name in sorted(properties)]
    return [*shown, "body: " + visible(letter.raw.body.decode(errors="backslashreplace"))]


def as_json(letter: "DeadLetter", *, reveal: bool = False) -> dict[str, Any]:
    """The letter in values for JSON; its body and headers only to `reveal` them."""
    members: dict[str, Any] = {
        "id": letter.id,
        "request": letter.name,
        "request_id": letter.request_id,
        "sent_at": letter.sent_at and letter.sent_at.isoformat(),
        "died_at": letter.died_at and letter.died_at.isoformat(),
        "queue": letter.queue,
        "reason": letter.reason,
        "content_type": letter.content_type,
        "bytes": letter.size_bytes,
        "obstacle": letter.obstacle,
    }
    if reveal:
        members["properties"] = _properties(letter)
        try:
            members["body"] = letter.raw.body.decode()
        except UnicodeDecodeError:
            members["body_base64"] = base64.b64encode(letter.raw.body).decode()
    return members


def _properties(letter: "DeadLetter") -> dict[str, str]:
    shown = {name: repr(value) for name, value in letter.raw.properties.items()}
    return {
        name: value if len(value) <= _PROPERTY_LENGTH_MAX else f"{value[:_PROPERTY_LENGTH_MAX]} ..."
        for name, value in shown.items()
    }


def _moment(moment: "datetime | None") -> str:
    return "?" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}Z"


def _reason(letter: "DeadLetter", texts: Texts) -> str:
    reason = letter.reason or "?"
    return texts(_BROKER_REASONS.get(reason, reason))
