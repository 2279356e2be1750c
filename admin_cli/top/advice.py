"""What needs somebody: the sentences above everything else, the worst first."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isinf
from typing import Any, Final

from admin_cli.broker.traffic import WORKER_OF, QueueTraffic
from admin_cli.top.picture import BrokerPicture, Picture, behind_seconds, dead_letters_in, is_late
from admin_cli.top.standing import Standing, standing_of
from common.messaging.topology import QUARANTINES
from common.translation import N_


@dataclass(frozen=True, slots=True)
class Advice:
    """A marked sentence with its values; an `urgent` one means that somebody waits in vain."""

    urgent: bool
    sentence: str
    values: Mapping[str, Any]


_NOBODY_TAKES: Final = N_("Nobody takes from {queues}: start antrean-{worker}.")
_STUCK: Final = N_("{queue}: {count} messages wait and none leaves; see the logs of antrean-{worker}.")
_BEHIND: Final = N_("{queue} is {seconds} s behind: start more of antrean-{worker}.")
_NOT_READY: Final = N_("antrean-{worker} {pid} on {host} is not ready; its log says why.")
_SILENT: Final = N_(
    "antrean-{worker} {pid} on {host} does not answer; where that stays so, it is stuck: end it, and start it"
    " again."
)
_OVERDUE: Final = N_("Clinics that wait for a ticker: {count}. Start antrean-ticker, or see its logs.")
_STILL: Final = N_("Clinics where nobody is called though patients wait: {count}.")
_DEAD: Final = N_("Dead letters: {count}.")


def advice_of(picture: Picture) -> list[Advice]:
    """All there is, the urgent first."""
    found = [*_of_broker(picture.broker), *_of_clinics(picture), *_of_letters(picture)]
    return sorted(found, key=lambda each: not each.urgent)


def _of_broker(broker: BrokerPicture | None) -> Iterator[Advice]:
    if broker is None:
        return
    left: dict[str, list[str]] = defaultdict(list)
    for queue in broker.queues:
        if queue.name in QUARANTINES or queue.name not in WORKER_OF:
            continue  # who takes from a queue takes from its quarantine
        if not queue.consumers:
            left[WORKER_OF[queue.name]].append(queue.name)
        elif is_late(queue):
            yield _of_late_queue(queue)
    for role, queues in left.items():
        yield Advice(True, _NOBODY_TAKES, {"queues": ", ".join(queues), "worker": role})
    for line in broker.workers or ():
        if line.ready is False or line.is_silent:
            worker = line.traffic
            values = {"worker": worker.role, "pid": worker.pid, "host": worker.host}
            yield Advice(True, _SILENT if line.is_silent else _NOT_READY, values)


def _of_late_queue(queue: QueueTraffic) -> Advice:
    values = {"queue": queue.name, "worker": WORKER_OF[queue.name], "count": queue.ready}
    behind = behind_seconds(queue) or 0.0
    if isinf(behind):
        return Advice(True, _STUCK, values)
    return Advice(True, _BEHIND, {**values, "seconds": round(behind)})


def _of_clinics(picture: Picture) -> Iterator[Advice]:
    reading = picture.clinics
    if reading is None:
        return
    if reading.overdue:
        yield Advice(True, _OVERDUE, {"count": reading.overdue})
    still = sum(standing_of(each, reading.now) is Standing.STILL for each in reading.clinics)
    if still:
        yield Advice(False, _STILL, {"count": still})


def _of_letters(picture: Picture) -> Iterator[Advice]:
    counted = 0 if picture.broker is None else dead_letters_in(picture.broker.queues)
    read = 0 if picture.letters is None else len(picture.letters.letters) + picture.letters.more
    if count := max(counted, read):  # the broker counts some seconds later than it shows them
        yield Advice(False, _DEAD, {"count": count})
