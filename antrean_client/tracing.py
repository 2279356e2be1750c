"""Traces of what is sent over the broker, by OpenTelemetry, where the program that runs us traces.

A program traces if it has imported OpenTelemetry; nothing here imports it, and without it nothing is done.
What a request and all that it causes have in common, the context, travels in the headers of messages, as the
W3C writes it. The names are those of the semantic conventions for messaging:
https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanKind, Tracer

Headers = Mapping[str, str]
"""Of a message: the context that it travels in."""

CONTEXT_HEADERS: Final = ("traceparent", "tracestate")
_HEADER_LENGTH_MAX: Final = 512

SYSTEM: Final[Mapping[str, str | int]] = {"messaging.system": "rabbitmq"}


def tracer() -> "Tracer | None":
    """What makes spans; None where this program does not trace."""
    api = sys.modules.get("opentelemetry.trace")
    return None if api is None else cast("Tracer", api.get_tracer("antrean"))


def context_in(headers: Mapping[str, Any] | None) -> Headers | None:
    """The context in the headers of a message, which anybody may have written; None where there is none."""
    found = {name: value for name in CONTEXT_HEADERS if isinstance(value := (headers or {}).get(name), str)}
    if "traceparent" not in found or any(len(value) > _HEADER_LENGTH_MAX for value in found.values()):
        return None
    return found


def headers_of(span: "Span") -> Headers | None:
    """The context of a span, for the headers of a message; None for one that is of no trace."""
    from opentelemetry.trace import set_span_in_context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers, set_span_in_context(span))
    return headers or None


def context_of(headers: Headers) -> "Context":
    """The context that headers name, as the parent of spans."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract(headers)


class RequestSpan:
    """From a request until its reply; `headers` is the context in which the request travels."""

    def __init__(self, tracer: "Tracer | None", span: "Span | None", exchange: str | None, name: str) -> None:
        self._tracer, self._span, self._exchange, self._name = tracer, span, exchange, name
        self.headers = None if span is None else headers_of(span)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Around each attempt to publish it, through its exchange."""
        if self._tracer is None or self._exchange is None:
            yield
            return
        attributes = {
            **SYSTEM,
            "messaging.operation.type": "send",
            "messaging.operation.name": "send",
            "messaging.destination.name": self._exchange,
            "messaging.rabbitmq.destination.routing_key": self._name,
        }
        with self._tracer.start_as_current_span(
            f"send {self._exchange}", kind=_kind("PRODUCER"), attributes=attributes, record_exception=False
        ):
            yield

    def answered(self, reply: str, problem_code: str | None) -> None:
        """It was answered by this reply, or refused with the code of a problem."""
        if self._span is not None:
            self._span.set_attribute("antrean.reply", reply)
            if problem_code is not None:
                self._span.set_attribute("error.type", problem_code)


@contextmanager
def requesting(exchange: str | None, name: str) -> Iterator[RequestSpan]:
    """The span of one request, around all attempts to have it answered; without an exchange it is sent over
    HTTP. Of an error that ends it the trace
    tells the class, and nothing else."""
    made_by = tracer()
    if made_by is None:
        yield RequestSpan(None, None, exchange, name)
        return
    with made_by.start_as_current_span(
        f"request {name}",
        kind=_kind("CLIENT"),
        attributes={} if exchange is None else SYSTEM,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield RequestSpan(made_by, span, exchange, name)
        except Exception as error:
            failed(span, error)
            raise


def failed(span: "Span", error: Exception) -> None:
    """A span ends with this error, whose text is not told."""
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR)
    span.set_attribute("error.type", type(error).__name__)


def _kind(name: str) -> "SpanKind":
    from opentelemetry.trace import SpanKind

    return SpanKind[name]
