"""Several registrars at the same time, each with connections of its own."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import Engine

from common.errors import StoreUnavailable
from common.messaging.delivery import Delivery, Handler, Outcome
from tests.store.workers import Workers

REGISTRARS = 4

OpenAnother = Callable[[], Engine]


def at_once(
    workers: Workers, open_another: OpenAnother, work: Sequence[Sequence[Sequence[Delivery]]]
) -> list[list[Outcome]]:
    """Each registrar does its list of batches, all beginning together; the outcomes of each."""
    start = Barrier(len(work))

    def registrar(batches: Sequence[Sequence[Delivery]]) -> list[Outcome]:
        colleague = Workers.on(open_another(), workers.clock)
        start.wait()
        return [outcome for batch in batches for outcome in _as_a_worker_does(colleague, batch)]

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(registrar, work))


def _as_a_worker_does(colleague: Workers, batch: Sequence[Delivery]) -> list[Outcome]:
    return _until_it_is_free(colleague.registrar, batch)


def patiently(worker: Handler, request: Delivery) -> Outcome:
    """What becomes of one request, however often its worker has to wait for a lock."""
    [outcome] = _until_it_is_free(worker, [request])
    return outcome


def _until_it_is_free(worker: Handler, batch: Sequence[Delivery]) -> list[Outcome]:
    """A lock that is not had in time, on a machine that has much else to do, is waited for again."""
    while True:
        try:
            return worker.handle(batch)
        except StoreUnavailable:
            continue


def in_batches(requests: list[Delivery], seed: int) -> list[list[Delivery]]:
    """The requests in batches of random sizes."""
    dice = random.Random(seed)
    batches = []
    while requests:
        size = dice.randint(1, 8)
        batches.append(requests[:size])
        requests = requests[size:]
    return batches
