"""What a worker shows at its metrics port."""

import re
from http.client import HTTPConnection
from typing import NamedTuple

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
