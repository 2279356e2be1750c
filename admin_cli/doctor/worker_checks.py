"""Whether each kind of worker is there and answers: a harmless round trip for every request that it takes.

Each proves a binding, a consumer, and that the worker may reply. All but `list_hospitals` are requests
without contents, which are answered with a problem and leave nothing behind.
"""

from collections.abc import Iterator
from typing import Final

from admin_cli.doctor.broker_checks import BrokerSeen
from admin_cli.doctor.findings import Finding, failed, ok, warning
from common.errors import BrokerUnavailable, NoReply, RequestNotTaken
from common.messaging import topology
from common.messaging.inspection import QueueState
from common.messaging.rpc_client import RpcClient
from common.settings import Settings, role_urls

_WORKERS: Final = {
    "registrar": (topology.REGISTRAR_QUEUE, topology.PATIENT_EXCHANGE, "patient"),
    "status": (topology.STATUS_QUEUE, topology.PATIENT_EXCHANGE, "patient"),
    "ticker": (topology.TICKER_QUEUE, topology.DESK_EXCHANGE, "desk"),
}
"""The queue of each kind of worker, and the exchange and role of those who ask it."""

_NO_ANSWER: Final = ("internal_error", "temporarily_unavailable", "busy")
"""Problems of the worker, not of the request."""


def worker_findings(settings: Settings, broker: BrokerSeen | None) -> Iterator[Finding]:
    """Findings about the workers that consume at the broker of `settings`."""
    if settings.amqp_url is None or broker is None:
        yield warning("workers", "workers.unknown")
        return
    urls = role_urls(settings)
    for worker, (queue, exchange, role) in _WORKERS.items():
        consumers = broker.queues.get(queue, QueueState(0, 0)).consumers
        yield _consumers(worker, queue, consumers)
        # Where nobody consumes, the request would wait and be answered to nobody.
        if consumers and broker.takes_messages:
            yield _answers(worker, queue, exchange, urls.get(role, settings.amqp_url), settings)
    if not broker.takes_messages:
        yield warning("workers", "workers.blocked")


def _consumers(worker: str, queue: str, count: int) -> Finding:
    check = f"workers.{worker}"
    if count == 0:
        return failed(check, "workers.none", worker=worker, queue=queue)
    if count == 1:
        return warning(check, "workers.no_spare", worker=worker)
    return ok(check, "workers.consuming", worker=worker, count=count)


def _answers(worker: str, queue: str, exchange: str, url: str, settings: Settings) -> Finding:
    check = f"answers.{worker}"
    requests = [key for key, leads_to in topology.routing_keys(exchange).items() if leads_to == queue]
    longest = 0.0
    with RpcClient(url, exchange, settings.clock()) as client:
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
