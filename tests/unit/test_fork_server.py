"""A program of ours that is forked sees and does what one does that has an interpreter of its own."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import processes
from tests.forked import BIN, Forked
from tests.processes import SECONDS_MAX, Process, Program, bare_environment, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are forked on Linux only")

REPORT = [sys.executable, "-m", "tests.unit.self_report", "--word", "\udcff é"]


def both_ways(
    monkeypatch: pytest.MonkeyPatch,
    arguments: Sequence[str],
    directory: Path,
    *,
    terminal: bool = False,
    **settings: str,
) -> list[tuple[int, str, str]]:
    """Exit code, output and errors of a program that is forked, and of one that is not."""
    found = []
    for way in ("forked", "interpreter"):
        if way == "interpreter":
            monkeypatch.setattr(processes, "fork", lambda *_words, **_options: None)
        far, near = pty.openpty() if terminal else os.pipe()[::-1]
        paths = directory / f"{way}.out", directory / f"{way}.err"
        with paths[0].open("wb") as stdout, paths[1].open("wb") as stderr:
            streams = (near, stdout.fileno(), stderr.fileno())
            process = started(
                arguments, bare_environment(directory) | settings, directory, streams, terminal=terminal
            )
        assert isinstance(process, Forked) is (way == "forked")
        found.append((process.wait(SECONDS_MAX), paths[0].read_text(), paths[1].read_text()))
        os.close(near)
        os.close(far)
    return found


@pytest.mark.parametrize("terminal", [False, True])
def test_a_program_sees_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, terminal: bool) -> None:
    settings = {"ANTREAN_LANGUAGE": "é\udcff", "TZ": "Asia/Jayapura"}
    (forked, interpreted) = both_ways(monkeypatch, REPORT, tmp_path, terminal=terminal, **settings)

    assert (forked[0], forked[2]) == (interpreted[0], interpreted[2]) == (7, "")
    seen: dict[str, Any] = json.loads(forked[1])
    assert seen == json.loads(interpreted[1])
    assert seen["has a terminal"] is terminal
    assert seen["main is this"]
    assert seen["arguments"][1:] == REPORT[3:]


@pytest.mark.parametrize(
    "words",
    [
        ("antrean", "fly"),
        ("antrean", "--help"),
        ("antrean-desk", "next", "RSHS"),
        ("antrean-admin",),
        ("antrean-status", "x"),
    ],
)
def test_a_script_says_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (forked, interpreted) = both_ways(monkeypatch, [str(BIN / words[0]), *words[1:]], tmp_path)

    assert forked == interpreted
    assert forked[1] + forked[2]


def test_what_is_set_for_the_interpreter_is_obeyed(tmp_path: Path) -> None:
    process = _started(REPORT, tmp_path, PYTHONUTF8="1")

    assert isinstance(process, subprocess.Popen)
    assert process.wait(SECONDS_MAX) == 7


def test_a_signal_ends_a_fork_and_is_told(tmp_path: Path) -> None:
    process = _started([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "0"], tmp_path)

    assert isinstance(process, Forked)
    assert process.poll() is None
    process.kill()
    assert process.wait(SECONDS_MAX) == -signal.SIGKILL
    process.kill()  # is over, and does no harm
    assert process.poll() == -signal.SIGKILL


def test_a_fork_is_frozen_when_it_is_said_to_be(tmp_path: Path) -> None:
    program = Program.module("server", "http.server", bare_environment(tmp_path), tmp_path)
    program.freeze()
    assert Path(f"/proc/{program.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    program.kill()


def _started(arguments: Sequence[str], directory: Path, **settings: str) -> Process:
    with Path(os.devnull).open("r+b") as nothing:
        streams = (nothing.fileno(),) * 3
        return started(arguments, bare_environment(directory) | settings, directory, streams)
