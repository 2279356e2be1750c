"""Whether each kind of worker is there and answers: a harmless round trip for every request that it takes.

Each proves a binding, a consumer, and that the worker may reply. All but `list_hospitals` are requests
without contents, which are answered with a problem and leave nothing behind.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from admin_cli.broker.inspection import QueueState
from admin_cli.doctor.broker_checks import BrokerSeen
from admin_cli.doctor.findings import Finding, failed, ok, warning
from common.errors import BrokerUnavailable, NoReply, RequestNotTaken
from common.messaging import topology
from common.messaging.rpc_client import RpcClient
from common.settings import Settings, role_urls


class _Asked(NamedTuple):
    """A kind of worker, one of its queues, and the exchange and role of those who ask there."""

    worker: str
    queue: str
    exchange: str
    role: str


_ASKED: Final = {
    "registrar": _Asked("registrar", topology.REGISTRAR_QUEUE, topology.PATIENT_EXCHANGE, "patient"),
    "status": _Asked("status", topology.STATUS_QUEUE, topology.PATIENT_EXCHANGE, "patient"),
    "desk_status": _Asked("status", topology.DESK_STATUS_QUEUE, topology.DESK_EXCHANGE, "desk"),
    "ticker": _Asked("ticker", topology.TICKER_QUEUE, topology.DESK_EXCHANGE, "desk"),
}
"""By the name of their checks."""

_NO_ANSWER: Final = ("internal_error", "temporarily_unavailable", "busy")
"""Problems of the worker, not of the request."""


def worker_findings(settings: Settings, broker: BrokerSeen | None) -> Iterator[Finding]:
    """Findings about the workers that consume at the broker of `settings`."""
    if settings.amqp_url is None or broker is None:
        yield warning("workers", "workers.unknown")
        return
    urls = role_urls(settings)
    for check, asked in _ASKED.items():
        consumers = broker.queues.get(asked.queue, QueueState(0, 0)).consumers
        yield _consumers(f"workers.{check}", asked, consumers)
        # Where nobody consumes, the request would wait and be answered to nobody.
        if consumers and broker.takes_messages:
            yield _answers(f"answers.{check}", asked, urls.get(asked.role, settings.amqp_url), settings)
    if not broker.takes_messages:
        yield warning("workers", "workers.blocked")


def _consumers(check: str, asked: _Asked, count: int) -> Finding:
    if count == 0:
        return failed(check, "workers.none", worker=asked.worker, queue=asked.queue)
    if count == 1:
        return warning(check, "workers.no_spare", worker=asked.worker)
    return ok(check, "workers.consuming", worker=asked.worker, count=count)


def _answers(check: str, asked: _Asked, url: str, settings: Settings) -> Finding:
    worker, routing_keys = asked.worker, topology.routing_keys(asked.exchange)
    requests = [key for key, leads_to in routing_keys.items() if leads_to == asked.queue]
    longest = 0.0
    with RpcClient(url, asked.exchange, settings.clock()) as client:
        for request in requests:
            values = {"worker": worker, "request": request, "seconds": settings.reply_timeout_seconds}
            try:
                answer = client.call(request, {}, timeout_seconds=settings.reply_timeout_seconds)
            except NoReply:
                return failed(check, "workers.silent", **values)
            except (RequestNotTaken, BrokerUnavailable) as error:
                return failed(check, "workers.not_taken", reason=error, **values)
            code = answer.body.get("code")
            if answer.name == "problem" and code in _NO_ANSWER:
                return failed(check, "workers.unwell", code=code, **values)
            longest = max(longest, answer.elapsed_seconds)
    milliseconds = f"{longest * 1000:.0f}"
    return ok(check, "workers.answers", worker=worker, count=len(requests), milliseconds=milliseconds)
