"""The spans of what workers do with requests, and the context of the events that these cause.

Only a delivery that bears a context has spans: whoever sends it decides what is traced. A batch is handled at
once, so the spans of its deliveries begin and end together.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from antrean_client.tracing import SYSTEM, context_of, failed, headers_of, tracer
from common.messages.events import Event
from common.messages.problems import Problem
from common.messaging.delivery import Delivery, Handler, Outcome
from common.messaging.topology import EVENTS_EXCHANGE

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

_NO_EXCHANGE: Final = "(default)"

_REPEATED: Final = "repeated"
"""In place of the code of a problem with which the request was answered before."""


def traced(handler: Handler) -> Handler:
    """The same handler, with spans where this program traces."""
    made_by = tracer()
    return handler if made_by is None else _TracedHandler(handler, made_by)


class _TracedHandler:
    def __init__(self, handler: Handler, tracer: "Tracer") -> None:
        self._handler, self._tracer = handler, tracer

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """As that of `Handler`."""
        if not any(each.context for each in deliveries):
            return self._handler.handle(deliveries)
        spans = [self._process(each, len(deliveries)) if each.context else None for each in deliveries]
        try:
            outcomes = self._handler.handle(deliveries)
        except Exception as error:
            for span in filter(None, spans):
                failed(span, error)
            raise
        else:
            done = zip(outcomes, spans, strict=True)
            return [outcome if span is None else self._with_context(outcome, span) for outcome, span in done]
        finally:
            for span in filter(None, spans):
                span.end()

    def _process(self, delivery: Delivery, batch_size: int) -> "Span":
        from opentelemetry.trace import SpanKind

        exchange = delivery.exchange or _NO_EXCHANGE
        attributes = {
            **SYSTEM,
            "messaging.operation.type": "process",
            "messaging.operation.name": "process",
            "messaging.destination.name": exchange,
            "messaging.batch.message_count": batch_size,
            "antrean.redeliveries": delivery.redeliveries,
        }
        return self._tracer.start_span(
            f"process {exchange}",
            context=context_of(delivery.context or {}),
            kind=SpanKind.CONSUMER,
            attributes=attributes,
        )

    def _with_context(self, outcome: Outcome, span: "Span") -> Outcome:
        if outcome.reply is not None:
            span.set_attribute("antrean.reply", outcome.reply.name)
            if outcome.reply.name == Problem.name:
                code = outcome.reply.code if isinstance(outcome.reply, Problem) else _REPEATED
                span.set_attribute("error.type", code)
        return outcome._replace(events=[self._created(event, span) for event in outcome.events])

    def _created(self, event: Event, span: "Span") -> Event:
        from opentelemetry.trace import SpanKind, set_span_in_context

        attributes = {
            **SYSTEM,
            "messaging.operation.type": "create",
            "messaging.operation.name": "create",
            "messaging.destination.name": EVENTS_EXCHANGE,
            "messaging.rabbitmq.destination.routing_key": event.routing_key,
            "messaging.message.id": event.id,
        }
        created = self._tracer.start_span(
            f"create {EVENTS_EXCHANGE}",
            context=set_span_in_context(span),
            kind=SpanKind.PRODUCER,
            attributes=attributes,
        )
        created.end()
        return event._replace(context=headers_of(created))
