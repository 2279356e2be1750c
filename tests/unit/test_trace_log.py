"""What a process that traces tells of OpenTelemetry's own log."""

import logging

from common.tracing import ExportLog


def test_why_spans_are_lost_is_told_and_no_header_of_a_stranger() -> None:
    told: list[str] = []
    log = ExportLog(told.append)

    def logged(name: str, text: str) -> None:
        log.handle(logging.makeLogRecord({"name": name, "levelno": logging.WARNING, "msg": text}))

    logged("opentelemetry.trace.span", "Member doesn't match the w3c identifiers format Siti=1")
    logged("opentelemetry.attributes", "Invalid type of Siti")
    assert told == []
    logged("opentelemetry.exporter.otlp.proto.http.trace_exporter", "Failed to export")
    logged("opentelemetry.sdk._shared_internal", "Queue is full")
    assert told == ["Failed to export"], "at most once a minute"
