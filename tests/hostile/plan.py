"""The attacks of a run: which there are, how long each takes, and what is asked of the system."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.hostile.attacks import (
    broker_resources,
    floods,
    identities,
    integrators,
    texts,
    working_directory,
)
from tests.hostile.attacks.findings import Findings
from tests.hostile.scene import Scene

Script = Callable[[Scene, float], Findings]

FULL_SECONDS = 15.0
"""How long a flood lasts in a full run."""


@dataclass(frozen=True)
class Attack:
    """One attack. `share` is its part of the full length; one that takes less ends by itself.

    With `holds` the attacker stays connected until the end. Of an attack that is no `single` connection, and
    of one that is `accepted`, the table tells what was seen, and the run asks for nothing.
    """

    key: str
    title: str
    script: Script
    share: float = 1.0
    holds: bool = False
    single: bool = True
    secret: bool = False
    """Whether its attacker must learn nothing."""


ATTACKS = (
    Attack("1", "headers nested as deep as they fit", broker_resources.nested_headers),
    Attack("2a", "a transaction that is not committed", broker_resources.uncommitted, 0.7, holds=True),
    Attack("2b", "idle connections, as many as it gets", broker_resources.idle_connections, 0.6, True, False),
    Attack("3", "`reply_to` at an absent node, 80 a second", floods.addresses_at_no_node),
    Attack("4", "others' record numbers", identities.others_numbers, secret=True),
    Attack("5", "invented record numbers; register and cancel", identities.quotas),
    Attack("6", "trying dates of birth", identities.dates_of_birth, secret=True),
    Attack("7", "asking who is in a clinic", identities.is_in_clinic, secret=True),
    Attack("8a", "registrations at full speed, one connection", floods.registrations),
    Attack("8b", "look-ups at full speed, one connection", floods.look_ups),
    Attack("8c", "both, two connections", floods.two_connections, single=False),
    Attack("8d", "registrations from made-up senders", floods.made_up_senders),
    Attack("8e", "requests that are wrong all over", floods.wrong_all_over),
    Attack("9", "what expires behind a backlog", floods.expiring),
    Attack("10", "naming events by their ids", integrators.whose_events, secret=True),
    Attack("11", "an integrator's queues and streams", integrators.disk, 0.7),
    Attack("12", "an age that gives priority", identities.priority),
    Attack("13", "forged log lines, invisible names", texts.names),
    Attack("14", "somebody else's `.env`", working_directory.planted_settings),
    Attack("15", "a reader that does not read", broker_resources.unread_replies, 0.7, holds=True),
    Attack("16", "ticks forged by a desk's user", floods.forged_ticks, 0.7),
)
