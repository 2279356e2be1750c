"""Whether each kind of worker is there and answers: a harmless round trip for every request that it takes.

Each proves a binding, a consumer, and that the worker may reply. All but `list_hospitals` are requests
without contents, which are answered with a problem and leave nothing behind.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from admin_cli.broker.inspection import QueueState
from admin_cli.doctor.broker_checks import BrokerSeen
from admin_cli.doctor.findings import Finding, failed, ok, warning
from antrean_client.rpc_client import RpcClient
from common.errors import BrokerUnavailable, NoReply, RequestNotTaken
from common.known_passwords import role_urls
from common.messaging import topology
from common.settings import Settings
from common.translation import N_


class _Probe(NamedTuple):
    """A kind of worker, one of its queues, and the exchange and role of those who send requests to it."""

    worker: str
    queue: str
    exchange: str
    role: str


_PROBES: Final = {
    "registrar": _Probe("registrar", topology.REGISTRAR_QUEUE, topology.PATIENT_EXCHANGE, "patient"),
    "desk_registrar": _Probe("registrar", topology.DESK_REGISTRAR_QUEUE, topology.DESK_EXCHANGE, "desk"),
    "status": _Probe("status", topology.STATUS_QUEUE, topology.PATIENT_EXCHANGE, "patient"),
    "desk_status": _Probe("status", topology.DESK_STATUS_QUEUE, topology.DESK_EXCHANGE, "desk"),
    "integrator_status": _Probe(
        "status", topology.INTEGRATOR_STATUS_QUEUE, topology.INTEGRATOR_EXCHANGE, "integrator"
    ),
    "ticker": _Probe("ticker", topology.TICKER_QUEUE, topology.DESK_EXCHANGE, "desk"),
}
"""By the name of their checks."""

_WORKER_FAULTS: Final = ("internal_error", "temporarily_unavailable", "busy")
"""Problems of the worker, not of the request."""


def worker_findings(settings: Settings, broker: BrokerSeen | None) -> Iterator[Finding]:
    """Findings about the workers that consume at the broker of `settings`."""
    if settings.amqp_url is None or broker is None:
        yield warning(
            "workers", N_("Not checked: the broker cannot be reached."), N_("Mend the broker first.")
        )
        return
    urls = role_urls(settings)
    for check, probe in _PROBES.items():
        consumers = broker.queues.get(probe.queue, QueueState(0, 0)).consumers
        yield _consumers(f"workers.{check}", probe, consumers)
        # Where nobody consumes, the request would wait and be answered to nobody.
        if consumers and broker.takes_messages:
            yield _answers(f"answers.{check}", probe, urls.get(probe.role, settings.amqp_url), settings)
    if not broker.takes_messages:
        yield warning(
            "workers",
            N_("The workers' answers were not checked: the broker takes no messages."),
            N_("Mend the broker first."),
        )


def _consumers(check: str, probe: _Probe, count: int) -> Finding:
    if count == 0:
        return failed(
            check,
            N_("No antrean-{worker} consumes {queue}."),
            N_("Start antrean-{worker}, at least two; where it ends by itself, its log says why."),
            worker=probe.worker,
            queue=probe.queue,
        )
    if count == 1:
        return warning(
            check,
            N_("Only one antrean-{worker} is at work."),
            N_("Start one more, so that there is a spare."),
            worker=probe.worker,
        )
    return ok(check, N_("antrean-{worker} at work: {count}."), worker=probe.worker, count=count)


def _answers(check: str, probe: _Probe, url: str, settings: Settings) -> Finding:
    worker, routing_keys = probe.worker, topology.routing_keys(probe.exchange)
    requests = [key for key, leads_to in routing_keys.items() if leads_to == probe.queue]
    longest = 0.0
    with RpcClient(url, probe.exchange, settings.clock()) as client:
        for request in requests:
            values = {"worker": worker, "request": request, "seconds": settings.reply_timeout_seconds}
            try:
                answer = client.call(request, {}, timeout_seconds=settings.reply_timeout_seconds)
            except NoReply:
                return failed(
                    check,
                    N_("antrean-{worker} did not answer {request} within {seconds:g} seconds."),
                    N_(
                        "Look at the logs of antrean-{worker}: `store unavailable` means the database, `link"
                        " lost` the broker; restart one that is silent."
                    ),
                    **values,
                )
            except (RequestNotTaken, BrokerUnavailable) as error:
                return failed(
                    check,
                    N_("{request} does not reach antrean-{worker}: {reason}"),
                    N_(
                        "Declare as the user deploy (antrean-admin broker declare), and check the"
                        " permissions of those who ask."
                    ),
                    reason=error,
                    **values,
                )
            code = answer.body.get("code")
            if answer.name == "problem" and code in _WORKER_FAULTS:
                return failed(
                    check,
                    N_("antrean-{worker} answers {request} with {code}."),
                    N_("Look at the logs of antrean-{worker}."),
                    code=code,
                    **values,
                )
            longest = max(longest, answer.elapsed_seconds)
    milliseconds = f"{longest * 1000:.0f}"
    return ok(
        check,
        N_("antrean-{worker} answers {count} kinds of requests, the slowest in {milliseconds} ms."),
        worker=worker,
        count=len(requests),
        milliseconds=milliseconds,
    )
