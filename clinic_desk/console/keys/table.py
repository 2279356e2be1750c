"""The console's keys: the same in every language; the words beside them are not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from common.domain.staff import EVERY_ROLE, MOVES_QUEUES, RUNS_CLINICS, SEES_TO_PATIENTS, StaffRole
from common.translation import C_, N_
from common.words.texts import Texts


@dataclass(frozen=True)
class Key:
    """A key, what it does, and the roles that may do it; `needs_queue`: only with a queue on the screen.
    `shown` is what stands for the key on the screen, where it is not the key itself."""

    key: str
    action: str
    words: str
    roles: frozenset[StaffRole] = EVERY_ROLE
    needs_queue: bool = True
    shown: str = ""

    @property
    def method(self) -> str:
        """The action's name, without what is given to it."""
        return self.action.partition("(")[0]


KEYS: Final[Sequence[Key]] = (
    Key("space", "next", N_("call next"), MOVES_QUEUES, shown=N_("space")),
    Key("r", "ticket('recall')", N_("recall"), MOVES_QUEUES),
    Key("s", "ticket('start')", N_("start"), MOVES_QUEUES),
    Key("c", "ticket('complete')", N_("complete"), MOVES_QUEUES),
    Key("x", "ticket('no-show')", N_("no-show"), MOVES_QUEUES),
    Key("l", "ticket('skip')", C_("key", "late"), MOVES_QUEUES),
    Key("d", "park", C_("key", "hold / ready")),  # whoever is ready waits again at any desk
    Key("f", "call_number", C_("key", "call this"), MOVES_QUEUES),
    Key("z", "undo", C_("key", "take back")),
    Key("i", "ticket('reinstate')", N_("reinstate")),
    Key("a", "register", N_("register"), SEES_TO_PATIENTS),
    Key("slash", "search", C_("key", "find"), shown="/"),
    Key("p", "priority", N_("priority")),
    Key("t", "transfer", N_("transfer")),
    Key("v", "send_on", C_("key", "send on"), MOVES_QUEUES),
    Key("b", "cancel", C_("key", "cancel")),
    Key("e", "correct", C_("key", "correct"), SEES_TO_PATIENTS),
    Key("w", "ticket_again", C_("key", "ticket"), SEES_TO_PATIENTS),
    Key("y", "history", C_("key", "history")),
    Key("n", "names", N_("names")),
    Key("g", "choose_room", N_("my room"), shown="0-9 g"),
    Key("u", "user", C_("key", "user"), needs_queue=False),
    Key("minus", "away", C_("key", "away"), MOVES_QUEUES, shown="-"),
    Key("o", "open", N_("open"), RUNS_CLINICS),
    Key("k", "close", N_("close"), RUNS_CLINICS),
    Key("j", "rooms", C_("key", "rooms"), RUNS_CLINICS),
    Key("m", "mode", N_("mode"), RUNS_CLINICS),
    Key("h", "other_clinic", N_("other clinic"), needs_queue=False),
    Key("q", "quit", N_("quit"), needs_queue=False),
)
"""In the order in which the bar shows them: what is pressed all day first."""

ALL_KEYS: Final = Key("question_mark", "all_keys", N_("all keys"), needs_queue=False, shown="?")

ROOM_KEYS: Final[dict[str, str]] = {digit: f"room_digit('{digit}')" for digit in "0123456789"}
"""A room's number is typed; see rooms.py."""

BOUND: Final[dict[str, str]] = (
    {each.key: each.action for each in (*KEYS, ALL_KEYS)} | ROOM_KEYS | {"ctrl+c": "quit"}
)

NEEDS_QUEUE: Final = frozenset({*(each.method for each in KEYS if each.needs_queue), "room_digit"})


def described(key: Key, texts: Texts) -> tuple[str, str]:
    """A key as the bar shows it, and what it does."""
    return texts(key.shown) if key.shown else key.key, texts(key.words)


def bar_keys(texts: Texts, may: Callable[[frozenset[StaffRole]], bool]) -> list[tuple[str, str]]:
    """Each key that somebody may use, with what it does."""
    return [described(each, texts) for each in KEYS if may(each.roles)]
