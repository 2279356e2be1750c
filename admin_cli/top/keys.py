"""The keys of the screen: the same in every language; the words beside them are not."""

from dataclasses import dataclass
from typing import Final

from admin_cli.top.sections import Section
from common.translation import C_, N_
from common.words.texts import Texts


@dataclass(frozen=True)
class Key:
    """A key, the action that it is for, what it does in words, and what stands for it on the screen."""

    key: str
    action: str
    words: str
    shown: str = ""


KEYS: Final = (
    Key("tab", "next_section", C_("key", "table"), shown="1-4 Tab"),
    Key("s", "sort", C_("key", "sort")),
    Key("h", "hospital", C_("key", "hospital")),
    Key("r", "retry", C_("key", "retry dead letter")),
    Key("space", "again", C_("key", "read now"), shown=N_("space")),
    Key("q", "quit", N_("quit")),
)
HELP: Final = Key("question_mark", "help", C_("key", "help"), shown="?")

_SECTION_KEYS: Final = {str(place): f"section('{section}')" for place, section in enumerate(Section, 1)}

BOUND: Final = _SECTION_KEYS | {each.key: each.action for each in (*KEYS, HELP)} | {"ctrl+c": "quit"}
"""The action of each key."""


def described(key: Key, texts: Texts) -> tuple[str, str]:
    """A key as it is shown, and what it does."""
    return texts(key.shown) if key.shown else key.key, texts(key.words)


def help_text(texts: Texts) -> str:
    """All keys and marks, a line for each."""
    lines = [f"{shown:<9}{words}" for shown, words in (described(each, texts) for each in (*KEYS, HELP))]
    choosing = texts("choose a row")
    lines += [
        f"{'↑ ↓':<9}{choosing}",
        "",
        texts("● well   ▲ look at it   ✖ somebody waits in vain"),
        texts("Behind: how long a message that arrives now waits, by the present rate."),
        texts("Latency: how long a worker takes for a batch, on average since the last reading."),
        texts("Still: how long nobody was called though somebody waits."),
    ]
    return "\n".join(lines)
