"""What a worker shows at its metrics port."""

import re
from http.client import HTTPConnection
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from tests.processes import Program

_PORT = re.compile(r'"port": (\d+)[^\n]*"event": "metrics shown"|"event": "metrics shown"[^\n]*"port": (\d+)')


class Page(NamedTuple):
    """A page: its status, and its text."""

    status: int
    text: str


def metrics_port(program: Program) -> int:
    """The port that a worker took, as its log says."""
    program.prints("metrics shown")
    found = _PORT.search(program.output)
    assert found is not None
    return int(found[1] or found[2])


def page(port: int, path: str, address: str = "127.0.0.1") -> Page:
    """What stands there."""
    connection = HTTPConnection(address, port, timeout=30)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Page(response.status, response.read().decode())
    finally:
        connection.close()


def families(port: int) -> set[str]:
    """The names of all metrics that are shown there, as docs/operations.md has them."""
    found = text_string_to_metric_families(page(port, "/metrics").text)
    return {f"{each.name}_total" if each.type == "counter" else each.name for each in found}


def value(port: int, name: str, **labels: str) -> float | None:
    """The sum of all series of this name with these labels; None where there is none."""
    found = [
        sample.value
        for family in text_string_to_metric_families(page(port, "/metrics").text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return sum(found) if found else None
