"""`antrean-admin` on a broker with the management API, for commands that make users there."""

import json
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pika
import pytest
from pika.exceptions import AMQPError

from admin_cli.broker.management_api import ManagementApi
from admin_cli.program import run
from local_stack.private_node import find_server
from tests.broker import MISSING
from tests.deployment import connected
from tests.processes import SECONDS_MAX
from tests.workers.installation import Node
from tests.workers.node_control import control


class Ended(NamedTuple):
    exit_code: int
    out: str
    err: str

    @property
    def said(self) -> dict[str, Any]:
        assert self.exit_code == 0, self.err
        found: dict[str, Any] = json.loads(self.out)
        return found


@contextmanager
def managed_node() -> Iterator[Node]:
    """A broker with the management API."""
    if (server := find_server()) is None:
        pytest.fail(MISSING)
    with tempfile.TemporaryDirectory(prefix="antrean-broker-") as folder:
        node = Node(Path(folder), server)
        try:
            node.start()
            yield node
        finally:
            node.kill()


class AccountAdmin:
    """Runs `antrean-admin` on a node and a database of the sample catalog."""

    def __init__(
        self, node: Node, database: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.node = node
        self.database = database
        self._patch = patch
        self._capsys = capsys
        patch.chdir(database.parent)
        self.use(
            ANTREAN_STACK_DIR=str(database.parent / "no-stack"),
            ANTREAN_DATABASE_URL=f"sqlite:///{database}",
            ANTREAN_AMQP_URL=node.urls["deploy"],
            ANTREAN_MANAGEMENT_URL=str(node.management_url),
        )

    def use(self, **variables: str) -> None:
        for name, value in variables.items():
            self._patch.setenv(name, value)

    def __call__(self, *words: str) -> Ended:
        exit_code = run([*words, "--lang", "en"])
        printed = self._capsys.readouterr()
        assert "Traceback" not in printed.err
        return Ended(exit_code, printed.out, printed.err)

    @contextmanager
    def signed_in(self, name: str, password: str) -> Iterator[pika.BlockingConnection]:
        where = urlsplit(self.node.urls["deploy"]).netloc.rpartition("@")[2]
        with connected(f"amqp://{name}:{password}@{where}/") as connection:
            yield connection


def is_closed(connection: pika.BlockingConnection) -> bool:
    try:
        connection.process_data_events(0)
    except AMQPError:
        return True
    return connection.is_closed


def give(node: Node, said: Mapping[str, Any]) -> None:
    """Gives the commands that are left to the broker's administrator, and types the password."""
    for command in said["commands"]:
        program, *words = shlex.split(command)
        assert program == "rabbitmqctl"
        control(node, words, f"{said['password']}\n")


def limits_of(node: Node, name: str) -> Any:
    [row] = ManagementApi(str(node.management_url)).get(f"/user-limits/{name}")
    return row["value"]


@contextmanager
def failing_api(url: str, path: str, *, arrives: bool) -> Iterator[str]:
    """The address of something that passes requests on to the API at `url`, and fails where one changes what
    stands below `path`; that one `arrives`, or does not."""
    host, port = urlsplit(url).hostname, urlsplit(url).port

    class Handler(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            fails = self.command == "PUT" and self.path.startswith(path)
            status, body = 0, b""
            if arrives or not fails:
                api = HTTPConnection(str(host), port, timeout=SECONDS_MAX)
                sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                api.request(self.command, self.path, sent, dict(self.headers))
                answer = api.getresponse()
                status, body = answer.status, answer.read()
                api.close()
            if not fails:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_PUT = do_DELETE = pass_on  # noqa: N815 - as the library calls them

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield url.replace(f":{port}", f":{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
