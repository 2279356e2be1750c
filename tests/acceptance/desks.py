"""A clinic's desk: runs `antrean-desk` as a process, as the broker's user `desk`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.command_line import Done, Shell
from tests.database import sqlite_file
from tests.deployment import Deployment
from tests.processes import PATIENT


@dataclass(frozen=True)
class ClinicDesk:
    """The desk of one clinic, with its own shell."""

    shell: Shell
    hospital: str
    clinic: str

    def run(self, command: str, *words: str, **settings: str) -> Done:
        """Runs a command for this clinic."""
        return self.shell.run("antrean-desk", command, self.hospital, self.clinic, *words, **settings)

    def do(self, command: str, *words: str) -> dict[str, Any]:
        """What a command answers, after it has succeeded."""
        answer: dict[str, Any] = self.run(command, *words, "--json").json
        return answer

    def refused(self, command: str, *words: str) -> str:
        """The code with which a command is refused."""
        return str(self.run(command, *words, "--json").problem()["code"])

    def queue(self, *words: str) -> dict[str, Any]:
        """The clinic's queue."""
        return self.do("queue", *words)

    def numbers(self, part: str) -> list[str]:
        """The display numbers in a part of the queue, such as `waiting`."""
        return [each["display_number"] for each in self.queue()[part]]

    def moved_by_staff(self, rooms: int) -> "ClinicDesk":
        """The same, now that the desk moves the queue in so many rooms."""
        self.do("mode", "desk")
        if self.queue()["rooms"] != rooms:
            self.do("rooms", str(rooms))
        return self


def desk_at(deployment: Deployment, directory: Path, hospital: str, clinic: str) -> ClinicDesk:
    """A desk of a clinic of this deployment; `directory` is its user's home."""
    variables = {
        **deployment.variables,
        **PATIENT,
        "ANTREAN_AMQP_URL": deployment.urls["desk"],
        "ANTREAN_DATA_DIR": str(directory / "data"),
        "ANTREAN_STACK_DIR": str(directory / "stack"),
    }
    return ClinicDesk(
        Shell(directory, variables, deployment.ticket_codes, deployment.errors), hospital, clinic
    )


def journal(deployment: Deployment, clinic: str) -> list[tuple[str, int | None, str | None]]:
    """What happened in a clinic: event, number and operator, in order."""
    path = deployment.database_url.removeprefix("sqlite:///")
    with sqlite_file(path) as connection:
        rows = connection.execute(
            "SELECT event_name, number, operator FROM journal WHERE clinic = ? ORDER BY sequence", (clinic,)
        )
        return list(rows)
