"""How integrators are called, and with which patterns they can be bound to events."""

import re
from typing import Final

from common.domain.catalog import CODE_PATTERN
from common.domain.event_names import EventName

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{1,29}", re.ASCII)  # no dot: antrean.sub.NAME.1 is one of NAME's
_CODE: Final = CODE_PATTERN.strip("^$")
_ANY_WORD, _ANY_REST = "*", "#"
_WORDS = 4  # of a routing key: hospital, clinic, entity, verb


def is_name(text: str) -> bool:
    """Whether an integrator can be called so: 2 to 30 characters, a small letter first."""
    return _NAME.fullmatch(text) is not None


def is_code(text: str) -> bool:
    """Whether a hospital can have this code."""
    return re.fullmatch(_CODE, text, re.ASCII) is not None


def matches_events(pattern: str) -> bool:
    """Whether a pattern of routing keys can match events, as `RSHS.*.ticket.called` and `*.GIG.#` can."""
    words = pattern.split(".")
    if words[-1] == _ANY_REST:
        words = words[:-1]
    elif len(words) < _WORDS:
        return False
    places, name = words[:2], words[2:]
    return (
        len(words) <= _WORDS
        and all(each == _ANY_WORD or is_code(each) for each in places)
        and any(_is_meant(name, event) for event in EventName)
    )


def _is_meant(words: list[str], event: str) -> bool:
    parts = event.split(".")
    return all(word in (_ANY_WORD, part) for word, part in zip(words, parts, strict=False))
