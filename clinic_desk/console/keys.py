"""The console's keys: the same in every language; the words beside them are not."""

from typing import Final

from common.terminal.texts import Texts

ACTION_KEYS: Final[dict[str, str]] = {
    "space": "next",
    "r": "ticket('recall')",
    "s": "ticket('start')",
    "c": "ticket('complete')",
    "x": "ticket('no-show')",
    "i": "ticket('reinstate')",
    "p": "priority",
    "t": "transfer",
    "a": "register",
    "u": "choose_room",
    "j": "rooms",
    "m": "mode",
    "o": "open",
    "k": "close",
    "n": "names",
}
"""What needs a queue on the screen."""

OTHER_KEYS: Final[dict[str, str]] = {"h": "other_clinic", "q": "quit"}

ROOM_KEYS: Final[dict[str, str]] = {digit: f"room_digit('{digit}')" for digit in "0123456789"}
"""A room's number is typed; see rooms.py."""

NEEDS_QUEUE: Final = frozenset(action.partition("(")[0] for action in (*ACTION_KEYS.values(), "room_digit"))


def described(texts: Texts) -> list[tuple[str, str]]:
    """Each key that the bar shows, with what it does."""
    names = {"space": texts("key.space"), "u": "0-9 u"}
    return [(names.get(key, key), texts(f"key.does_{key}")) for key in (*ACTION_KEYS, *OTHER_KEYS)]
