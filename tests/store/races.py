"""Requests that several workers take up at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from common.messages.message import EncodedReply, Reply
from common.messaging.delivery import Delivery
from tests.store.registrars import OpenAnother, patiently
from tests.store.workers import Workers


def together(
    desk: Workers, open_another: OpenAnother, *requests: Delivery
) -> list[Reply | EncodedReply | None]:
    """The answers to requests that workers of their own take up at the same moment."""
    start = Barrier(len(requests))

    def answer(request: Delivery) -> Reply | EncodedReply | None:
        colleague = Workers.on(open_another(), desk.clock)
        start.wait()
        worker = colleague.registrar if request.name == "register" else colleague.ticker
        return patiently(worker, request).reply

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(answer, requests))
