"""What an integrator may do at the broker, and what its queues are called."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from common.messaging import topology

_ROLE: Final = "integrator"
_OF_ROLE: Final = r"sub\.integrator"
_ASKS: Final = "integrator|"
_REPLAYS: Final = "journal|"
_HOSPITALS: Final = re.compile(r"\^\(([A-Z0-9|]+)\)\\\.", re.ASCII)

LIMITS: Final = topology.user_limits()[_ROLE]
"""What an integrator may have at once: `max-connections` and `max-channels`."""

NO_TOPIC: Final = "^$"


@dataclass(frozen=True, slots=True)
class Rights:
    """Which events an integrator may have: those of `hospitals`, or of all where none is named; and whether
    it `replays` the stream, which holds those of all."""

    hospitals: tuple[str, ...] = ()
    replays: bool = False

    def permission(self, name: str) -> dict[str, str]:
        """What the user may `configure`, `write` and `read`: what the role may, with the queues of `name`.

        Who is restricted asks for `events_since` through the exchanges of those hospitals.
        """
        role = topology.permissions()[_ROLE]
        permission = {action: text.replace(_OF_ROLE, rf"sub\.{name}") for action, text in role.items()}
        if self.hospitals:
            exchanges = rf"integrator\.({'|'.join(self.hospitals)})|"
            permission["write"] = permission["write"].replace(_ASKS, exchanges)
        if not self.replays:
            permission["read"] = permission["read"].replace(_REPLAYS, "")
        return permission

    def topics(self) -> str | None:
        """The expression of the routing keys with which the user may bind; None for any."""
        return rf"^({'|'.join(self.hospitals)})\." if self.hospitals else None

    def include(self, pattern: str) -> bool:
        """Whether the user may bind with this pattern."""
        topics = self.topics()
        return topics is None or re.search(topics, pattern) is not None


def rights_in(name: str, permission: Mapping[str, str], topics: Mapping[str, str]) -> Rights | None:
    """The rights that come to this permission, and to these expressions by exchange for binding; None where
    no rights of ours do."""
    expression = topics.get(topology.EVENTS_EXCHANGE)
    found = None if expression is None else _HOSPITALS.fullmatch(expression)
    if topics and (found is None or len(topics) > 1):
        return None
    hospitals = () if found is None else tuple(found[1].split("|"))
    possible = (Rights(hospitals, replays) for replays in (False, True))
    return next((each for each in possible if each.permission(name) == permission), None)


def configures(name: str) -> str:
    """What an integrator of this name may configure, and nobody else."""
    return Rights().permission(name)["configure"]


def main_queue(name: str) -> str:
    """The queue that is made for an integrator."""
    return f"{topology.INTEGRATORS_PREFIX}{name}"


def queue_names(name: str) -> tuple[str, ...]:
    """The queues that an integrator may have; its exchanges may be called so, too."""
    main = main_queue(name)
    return (main, *(f"{main}.{number}" for number in range(10)))
