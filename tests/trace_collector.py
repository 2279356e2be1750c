"""Receives spans as a collector does, over OTLP/HTTP, and keeps them."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """A span; `parent` is the id of the one that it belongs to, empty for the first of a trace."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]


@dataclass
class TraceCollector:
    """All spans that were received by now."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    def named(self, service: str, name: str) -> list[Span]:
        """Those of one service with one name."""
        return [each for each in self.spans if (each.service, each.name) == (service, name)]

    def environment(self) -> dict[str, str]:
        """What has a program send its spans here."""
        return {
            "ANTREAN_TRACES": "on",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",  # milliseconds
        }

    def receive(self, body: bytes) -> None:
        """Takes what an exporter has sent."""
        request = ExportTraceServiceRequest()
        request.MergeFromString(body)  # type: ignore[no-untyped-call]
        self.bodies.append(str(request))
        for resource_spans in request.resource_spans:
            service = _attributes(resource_spans.resource)["service.name"]
            for scope in resource_spans.scope_spans:
                self.spans += [
                    Span(
                        service,
                        each.name,
                        each.trace_id.hex(),
                        each.span_id.hex(),
                        each.parent_span_id.hex(),
                        _attributes(each),
                    )
                    for each in scope.spans
                ]


def _attributes(owner: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in owner.attributes}


@contextmanager
def trace_collector() -> Iterator[TraceCollector]:
    """A collector, for as long as the block runs."""
    collector = TraceCollector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.receive(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield collector
        finally:
            server.shutdown()
