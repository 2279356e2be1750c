"""`antrean-admin` in the process of the test, on a deployment's broker and database."""

from typing import NamedTuple

import pytest

from admin_cli.program import run
from tests.deployment import Deployment


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    exit_code: int
    out: str
    err: str


class Admin:
    """Runs commands in English, as the role deploy."""

    def __init__(
        self, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._capsys = capsys
        monkeypatch.chdir(deployment.directory)
        # Logs are set up once in a process, and this one is not the command's own.
        monkeypatch.setattr("common.process.configure_logging", lambda *_: None)
        for name, value in deployment.environment("deploy").items():
            if name.startswith("ANTREAN_"):
                monkeypatch.setenv(name, value)

    def __call__(self, *words: str) -> Ended:
        """Runs one command; checks that a failure is one sentence."""
        exit_code = run([*words, "--lang", "en"])
        printed = self._capsys.readouterr()
        assert "Traceback" not in printed.err
        assert len(printed.err.splitlines()) == (exit_code != 0), printed.err
        return Ended(exit_code, printed.out, printed.err)
