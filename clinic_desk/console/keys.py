"""The console's keys: the same in every language; the words beside them are not."""

from typing import Final

from common.terminal.texts import Texts
from common.translation import C_, N_

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

_WORDS: Final[dict[str, str]] = {
    "space": N_("call next"),
    "r": N_("recall"),
    "s": N_("start"),
    "c": N_("complete"),
    "x": N_("no-show"),
    "i": N_("reinstate"),
    "p": N_("priority"),
    "t": N_("transfer"),
    "a": N_("register"),
    "u": N_("my room"),
    "j": C_("key", "rooms"),
    "m": N_("mode"),
    "o": N_("open"),
    "k": N_("close"),
    "n": N_("names"),
    "h": N_("other clinic"),
    "q": N_("quit"),
}
"""What each key does, in the order in which the bar shows them."""

OTHER_KEYS: Final[dict[str, str]] = {"h": "other_clinic", "q": "quit"}

ROOM_KEYS: Final[dict[str, str]] = {digit: f"room_digit('{digit}')" for digit in "0123456789"}
"""A room's number is typed; see rooms.py."""

NEEDS_QUEUE: Final = frozenset(action.partition("(")[0] for action in (*ACTION_KEYS.values(), "room_digit"))


def described(texts: Texts) -> list[tuple[str, str]]:
    """Each key that the bar shows, with what it does."""
    names = {"space": texts("space"), "u": "0-9 u"}
    return [(names.get(key, key), texts(words)) for key, words in _WORDS.items()]
