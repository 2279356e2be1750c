"""What can be done with one ticket, on a screen above the queue: chosen from a list, or by its key."""

from collections.abc import Sequence
from typing import Final

from textual import events

from clinic_desk.console.keys.table import Key, described
from common.terminal.screens.questions import Choose
from common.words.texts import Texts

_KEY_WIDTH: Final = 3


class TicketMenu(Choose):
    """Keys with what they do; left with the chosen key's action, or None."""

    def __init__(self, heading: str, keys: Sequence[Key], texts: Texts) -> None:
        words = [(each.action, *described(each, texts)) for each in keys]
        choices = [(action, f"{key:<{_KEY_WIDTH}}{does}") for action, key, does in words]
        super().__init__(heading, choices, texts)
        self.keys = {each.key: each.action for each in keys}
        """The actions, by their keys."""

    def on_key(self, event: events.Key) -> None:
        """The key of a choice chooses it."""
        if event.key in self.keys:
            event.stop()
            self.dismiss(self.keys[event.key])
