"""The lanes of a queue, and why somebody waits in one, in words."""

from collections.abc import Mapping
from typing import Final

from common.translation import N_
from common.words.texts import Texts

LANES: Final[Mapping[str, str]] = {
    "emergency": N_("emergency"),
    "urgent": N_("urgent"),
    "priority": N_("priority"),
    "regular": N_("regular"),
}

PRIORITIES: Final[Mapping[str, str]] = {
    "emergency": N_("emergency"),
    "urgent": N_("urgent"),
    "age": N_("elderly"),
    "disability": N_("disability"),
    "pregnancy": N_("pregnant"),
    "infant": N_("infant"),
}
"""Why somebody waits in a lane above the regular one."""


def lane_in_words(lane: str, texts: Texts) -> str:
    """What a lane is called; what only a newer server knows stays as it is."""
    return texts(LANES[lane]) if lane in LANES else lane


def reason_in_words(reason: str, texts: Texts) -> str:
    """Why somebody waits in a lane; what only a newer server knows stays as it is."""
    return texts(PRIORITIES[reason]) if reason in PRIORITIES else reason
