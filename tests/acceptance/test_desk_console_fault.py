"""A fault in the console, on a real terminal: one sentence, and nothing of what it was working with."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import SECONDS_MAX, bare_environment

NAME = "Siti Rahasia"

FAULT = """
def fault(self):
    patient_name = "Siti " + "Rahasia"
    print(patient_name, file=sys.stderr)
    print(patient_name)
    raise LookupError(patient_name)
{patch}
"""

PATCHES = {
    "when it starts": "Console.on_mount = fault",
    "when something comes in": "Console.on_resize = fault",
    "in a timer": "Console.begin = lambda self: self.set_timer(0.01, lambda: fault(self))",
    "in a widget": "key_bar.KeyBar.on_resize = lambda self, event: fault(self)",
}
HOOKS = {
    "as Textual has it": "",
    "as another version may have it": """
def shown(self, *_):
    from rich.console import Console as Terminal
    from rich.traceback import Traceback
    Terminal(stderr=True).print(Traceback(show_locals=True))
    Terminal().print(Traceback(show_locals=True))
    self.exit(return_code=1)
App._handle_exception = shown
""",
}

PROGRAM = """
import sys
from textual.app import App
from common.terminal.screens import key_bar
from clinic_desk.console.app import Console
from clinic_desk.console.requester import Requester
Requester.start = lambda self: None  # nothing is asked for
{hook}
{fault}
sys.argv = ["antrean-desk", "console", "RSHS", "GIG", "--lang", "{language}"]
from clinic_desk.__main__ import main
sys.exit(main())
"""

SENTENCES = {"id": "Terjadi kesalahan yang tidak terduga", "en": "Something unexpected went wrong"}


def on_a_terminal(code: str, directory: Path) -> tuple[int, str]:
    """The exit code of a program, and all that it wrote to its terminal."""
    ours, its = pty.openpty()
    environment = bare_environment(directory) | {
        "TERM": "xterm",
        "ANTREAN_AMQP_URL": "amqp://u:p@127.0.0.1:1/",
    }
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=directory,
        env=environment | {"PYTHONPATH": root},
    )
    os.close(its)
    written = b""
    try:
        while chunk := _read(ours):
            written += chunk
        return process.wait(SECONDS_MAX), written.decode(errors="replace")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how Linux ends a terminal whose other side is closed
        return b""


CASES = [
    *(pytest.param(patch, HOOKS["as Textual has it"], id=name) for name, patch in PATCHES.items()),
    pytest.param(PATCHES["in a widget"], HOOKS["as another version may have it"], id="another Textual"),
]


@pytest.mark.parametrize(("patch", "hook"), CASES)
def test_a_fault_shows_one_sentence_and_no_name(patch: str, hook: str, tmp_path: Path) -> None:
    language = "en" if hook else "id"
    fault = FAULT.format(patch=patch)
    exit_code, written = on_a_terminal(PROGRAM.format(hook=hook, fault=fault, language=language), tmp_path)

    assert exit_code == 70, written
    assert NAME not in written
    assert "Rahasia" not in written
    assert "Traceback" not in written
    # Folded at the width of the terminal.
    assert SENTENCES[language] in " ".join(written.split())
