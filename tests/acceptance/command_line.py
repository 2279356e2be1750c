"""A user's shell: runs the programs as processes, in its own environment."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.deployment import Patient
from tests.forked import BIN
from tests.processes import Program, bare_environment, ended

_OPERATORS = ("antrean-admin", "antrean-events")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """What it printed, after it has succeeded."""
        assert (self.exit_code, self.stderr) == (0, ""), self
        return json.loads(self.stdout)

    def problem(self, exit_code: int = 1) -> dict[str, Any]:
        """What it said on standard error, after it has failed; on standard output it said nothing."""
        assert (self.exit_code, self.stdout) == (exit_code, ""), self
        found: dict[str, Any] = json.loads(self.stderr)
        assert found.keys() >= {"type", "title", "detail", "code", "errors"}
        assert found["detail"]
        return found

    def sentence(self, exit_code: int = 1) -> str:
        """The same without `--json`: never a traceback."""
        assert (self.exit_code, self.stdout) == (exit_code, ""), self
        assert self.stderr.strip()
        assert "Traceback" not in self.stderr
        return self.stderr


@dataclass
class Shell:
    """Runs commands in `directory`, which is this user's home; `variables` are what is set there. What
    operators' commands say on standard error is kept in `errors`: others tell whoever typed them what they
    gave."""

    directory: Path
    variables: Mapping[str, str]
    ticket_codes: set[str] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a command."""
        return bare_environment(self.directory) | {"PATH": f"{BIN}:/usr/bin:/bin"} | {**self.variables}

    def run(self, program: str, *words: str | bytes, **settings: str) -> Done:
        """Runs a program of ours, such as `antrean`, to its end."""
        return self._run(program, words, settings)

    def antrean(self, *words: str, **settings: str) -> Done:
        """Runs `antrean`."""
        return self._run("antrean", words, settings)

    def line(self, command: str, **settings: str) -> Done:
        """Runs a command as it is typed, or copied from a message."""
        return self._run("/bin/sh", ["-c", command], settings)

    def start(self, name: str, *words: str, **settings: str) -> Program:
        """Starts a command and does not wait for its end."""
        return Program(name, [str(BIN / words[0]), *words[1:]], self.environment | settings, self.directory)

    def register(self, hospital: str, clinic: str, patient: Patient | None = None) -> dict[str, Any]:
        """Takes a ticket for a new patient, unless one is given."""
        ticket: dict[str, Any] = self.antrean(
            *register_words(hospital, clinic, patient or Patient()), "--json"
        ).json
        self.ticket_codes.add(ticket["ticket_code"])
        return ticket

    def _run(self, program: str, words: Sequence[str | bytes], settings: dict[str, str]) -> Done:
        arguments = [program if "/" in program else str(BIN / program), *words]
        done = ended(arguments, self.environment | settings, self.directory)
        if program in _OPERATORS:
            self.errors.append(done.stderr)
        return Done(done.returncode, done.stdout, done.stderr)


def register_words(hospital: str, clinic: str, patient: Patient) -> list[str]:
    """The words that take a ticket for this patient."""
    return [
        *("register", hospital, clinic),
        *("--mrn", patient.medical_record_number),
        *("--name", patient.name),
        *("--dob", patient.date_of_birth.isoformat()),
    ]
