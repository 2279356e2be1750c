"""Has a process trace, by OpenTelemetry's SDK, where its settings say so; else nothing of it is read.

The spans are made by `antrean_client.tracing` and `common.messaging.tracing`. Where they go is said by
OpenTelemetry's own variables, such as OTEL_EXPORTER_OTLP_ENDPOINT:
https://opentelemetry.io/docs/languages/sdk-configuration/
"""

import logging
import time
from collections.abc import Callable
from typing import Final

from common.installation import require_extra
from common.settings import Settings

EXPORT_SECONDS_MAX: Final = 3.0
"""How long a process that ends waits for a collector that does not answer."""

_TELL_SECONDS: Final = 60.0

_OF_EXPORT: Final = ("opentelemetry.exporter", "opentelemetry.sdk")
"""Whose loggers say why spans are lost."""


def trace_process(
    program: str, settings: Settings, on_failure: Callable[[str], None] = lambda _reason: None
) -> None:
    """Has this process trace from now on, as `program`, where `settings.traces` is on; what is left of the
    spans at its end is handed over then. `on_failure` is told why spans could not be handed over, at most
    once a minute; they are lost, and nothing else is.

    Raises NotInstalled where OpenTelemetry's SDK is missing.
    """
    if not settings.traces:
        return
    require_extra(program, "traces")
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    log = logging.getLogger("opentelemetry")
    log.propagate = False
    log.addHandler(ExportLog(on_failure))
    # Not what else could be found out: words of a command line may be a patient's data.
    resource = Resource({"service.name": program}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_SECONDS_MAX)))
    trace.set_tracer_provider(provider)


class ExportLog(logging.Handler):
    """Hands on what is logged about the export, and nothing that quotes a stranger's headers."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell
        self._told_at = float("-inf")

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(_OF_EXPORT):
            return
        now = time.monotonic()
        if now - self._told_at >= _TELL_SECONDS:
            self._told_at = now
            self._tell(record.getMessage())
