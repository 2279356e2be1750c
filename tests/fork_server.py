"""A process that has read all modules of ours, and forks where one of our programs is to be started.

To start a worker costs half a second of processor time, `antrean` a fifth, nearly all of it for modules; a
fork costs a fiftieth, since it also ends without taking its modules apart. What is started so is a process of
its own like any other: its environment, folder, session, standard streams and signals are those that it was
given, and it runs the same console script or module from its first line, as `__main__`.
tests/unit/test_fork_server.py holds both ways to that.

The other end of the socket on standard input sends, for each start, a message of JSON and four file
descriptors: standard input, output and error, and a socket for what becomes of the process. Over that one the
server sends `{"pid": ...}`, and `{"exit_code": ...}` as soon as it has ended.
"""

import ast
import atexit
import ctypes
import fcntl
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGES = (
    *("common", "registrar_worker", "ticker_worker", "status_responder", "patient_cli", "clinic_desk"),
    *("admin_cli", "event_tap", "patient_web", "waiting_room", "local_stack"),
)
"""Whose modules are read, with what they import."""

_LOADED_ON_DEMAND = (
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "rich.table",
)
"""By libraries, at the first use."""

_READS_ENVIRONMENT = "textual"
"""At its import, so that each program has to import it by itself."""

_REQUEST_BYTES_MAX = 1 << 20
_FDS_MAX = 256
_PR_SET_PDEATHSIG = 1


def imported() -> Iterator[str]:
    """The names of all modules that ours import, wherever in a file; some are of something in a module."""
    for path in sorted(each for package in PACKAGES for each in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{each.name}" for each in node.names)


def read_modules() -> None:
    """Reads what our programs would read, but for those modules that are programs."""
    for name in (*dict.fromkeys(imported()), *_LOADED_ON_DEMAND):
        if name.endswith("__main__") or name.startswith((_READS_ENVIRONMENT, "clinic_desk.console")):
            continue
        with suppress(ImportError):
            importlib.import_module(name)


def serve(requests: socket.socket) -> Mapping[str, Any]:
    """Forks for each request. Returns the request in the child; in the server it never returns."""
    told: dict[int, socket.socket] = {}
    waking, woken = socket.socketpair()
    for each in (waking, woken):
        each.setblocking(False)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    while True:
        ready, _, _ = select.select([requests, waking], [], [])
        if waking in ready:
            waking.recv(4096)
            _tell_ends(told)
        if requests in ready:
            message, fds, _, _ = socket.recv_fds(requests, _REQUEST_BYTES_MAX, 4)
            if not message:
                os._exit(0)
            request = json.loads(message)
            pid = os.fork()
            if pid == 0:
                _become(request, fds[:3])
                return {**request}
            for fd in fds[:3]:
                os.close(fd)
            told[pid] = socket.socket(fileno=fds[3])
            _tell(told[pid], pid=pid)


def _tell_ends(told: dict[int, socket.socket]) -> None:
    while told:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        _tell(told[pid], exit_code=os.waitstatus_to_exitcode(status))
        told.pop(pid).close()


def _tell(whom: socket.socket, **what: int) -> None:
    with suppress(OSError):  # who has no interest any more
        whom.send(json.dumps(what).encode())


def _become(request: Mapping[str, Any], fds: list[int]) -> None:
    """Makes of a fork what the request describes, up to its first line."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for place, fd in enumerate(fds):
        os.dup2(fd, place)
    os.closerange(3, _FDS_MAX)
    if request["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        _open_stream(name, mode)
    sys.argv = request["arguments"]


def _open_stream(name: str, mode: str) -> None:
    """As Python does at its start."""
    before = getattr(sys, name)
    fd = before.fileno()
    at_each_line = name == "stderr" or os.isatty(fd)
    buffering = 1 if at_each_line else -1
    stream = open(  # noqa: SIM115 - for as long as the process lives
        fd, mode, buffering, encoding=before.encoding, errors=before.errors, closefd=False
    )
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def main() -> None:
    """Serves until the other end of standard input is closed; in a fork, runs what was asked for."""
    exit_codes: list[int] = []
    atexit.register(_end_at_once, exit_codes)  # before whatever the modules register, and so after it
    read_modules()
    gc.collect()
    gc.freeze()
    requests = socket.socket(fileno=os.dup(0))
    request = serve(requests)
    try:
        _run(request)
    except SystemExit as ended:
        if isinstance(ended.code, int):
            exit_codes.append(ended.code)
        raise
    exit_codes.append(0)


def _run(request: Mapping[str, Any]) -> None:
    sys.path[0] = request["directory"]
    if request["module"]:
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(sys.argv[0]).parent)
        runpy.run_path(sys.argv[0], run_name="__main__")


def _end_at_once(exit_codes: list[int]) -> None:
    """Ends a fork before Python takes all modules apart, which would copy every page of memory.

    What cannot be written any more is left to Python, which says so.
    """
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        for code in exit_codes:
            os._exit(code)


if __name__ == "__main__":
    main()
