"""What `antrean-admin top` shows: all that could be read, by whom it was told, and what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from admin_cli.broker.dead_letters import DeadLetter
from admin_cli.broker.traffic import WORKER_OF, QueueTraffic, WorkerTraffic
from admin_cli.database.slow_clinics import ClinicReading
from common.messaging.topology import DEAD_LETTER_QUEUES

BEHIND_SECONDS_MAX: Final = 10.0
"""Messages that wait longer come too late: their clients have given up."""

_WAITS_MIN: Final = 1.0
"""Fewer messages wait for a moment only."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that cannot be shown: a marked sentence that says so and how to have it, with its values."""

    sentence: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BrokerPicture:
    """The queues, and who takes from them; `workers` is None where the management API does not tell."""

    queues: Sequence[QueueTraffic]
    workers: Sequence["WorkerLine"] | None
    missing: Sequence[Missing] = ()


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """A worker, with what its own metrics say: whether it is ready, and how long it took for a batch on
    average since the last reading. None where that is not known, or it did nothing. It `is_silent` where it
    does not answer in time."""

    traffic: WorkerTraffic
    ready: bool | None = None
    batch_seconds: float | None = None
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class LetterPicture:
    """The dead letters that were read, and how many there are beside them."""

    letters: Sequence[DeadLetter]
    more: int


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it; None for a part that was not read, which `missing` tells of."""

    broker: BrokerPicture | None = None
    clinics: ClinicReading | None = None
    letters: LetterPicture | None = None
    missing: Sequence[Missing] = ()


def behind_seconds(queue: QueueTraffic) -> float | None:
    """How long a message that arrives now waits, by the present rate; None where nobody can say, or where
    no worker takes it. Infinite where messages wait and none leaves."""
    if queue.name not in WORKER_OF:
        return None
    if queue.ready < _WAITS_MIN:
        return 0.0
    if queue.leaving is None:
        return None
    return queue.ready / queue.leaving if queue.leaving else float("inf")


def is_late(queue: QueueTraffic) -> bool:
    """Whether more workers are needed: what arrives now waits longer than its sender."""
    behind = behind_seconds(queue)
    return behind is not None and behind > BEHIND_SECONDS_MAX


def dead_letters_in(queues: Sequence[QueueTraffic]) -> int:
    """How many dead letters there are."""
    return sum(queue.ready for queue in queues if queue.name in DEAD_LETTER_QUEUES)
