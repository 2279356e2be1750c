"""The sessions at a shell that README.md shows: played on a real stack, and put there by `make transcript`.

Each stands behind a line such as `<!-- transcript: english -->`. A test plays them too, and compares their
shape.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from antrean_client.rpc_client import RpcClient
from common.messaging.topology import PATIENT_EXCHANGE
from common.settings import STACK_FILE, Settings
from common.translation import translated
from common.words.moments import DAYS, MONTHS
from tests.acceptance.command_line import Shell, register_words
from tests.deployment import Patient
from tests.processes import PATIENT, SECONDS_MAX, eventually

README = Path(__file__).parents[2] / "README.md"
SPEED = 30
"""How fast the clock runs in what README.md shows."""

TICKET_CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")

_BLOCK = re.compile(r"<!-- transcript: (\w+) -->\n\n```\n(.*?)```\n", re.DOTALL)
_DAYS, _MONTHS = (
    [word for language in ("id", "en") for word in translated(names, language).split()]
    for names in (DAYS, MONTHS)
)
_SHOWN_CLINICS = 3
AHEAD = 5
"""Patients who came before the one of a transcript in README.md."""

_SITI = '--mrn 00123456 --name "Siti Aminah" --dob 1990-01-31'
_BUDI = '--mrn 00654321 --name "Budi Santoso" --dob 02-05-1980'


class Session:
    """A shell session that records commands and output."""

    def __init__(self, shell: Shell, language: str) -> None:
        self._shell = shell
        self._language = language
        self._noted: list[str] = []

    def types(self, command: str, shown: Callable[[list[str]], list[str]] = lambda lines: lines) -> list[str]:
        """Runs a command line; of its output, `shown` chooses what is noted. Returns all its lines."""
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            env=self._shell.environment | {"ANTREAN_LANGUAGE": self._language, "COLUMNS": "100"},
            cwd=self._shell.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        lines = [line.rstrip() for line in done.stdout.splitlines()]
        kept = shown(lines)
        while kept and not kept[0]:
            kept = kept[1:]
        self._noted.append("\n".join([f"$ {command}", *kept]).rstrip() + "\n")
        return lines

    @property
    def text(self) -> str:
        """The whole session."""
        return "\n".join(self._noted)


@contextmanager
def trial(directory: Path, speed: float) -> Iterator[Shell]:
    """The local stack at nine in the morning, whose clock runs so fast, and a shell of its user."""
    variables = {
        "ANTREAN_STACK_DIR": str(directory / "stack"),
        "ANTREAN_DATA_DIR": str(directory / "data"),
    }
    shell = Shell(directory, variables | PATIENT)
    stack = shell.start("up", "antrean-stack", "up", "--clock", "09:00", ANTREAN_CLOCK_SPEED=f"{speed:g}")
    try:
        said = "Ctrl-C stops all of it."
        eventually(
            lambda: said in stack.output or stack.exit_code is not None,
            f"the stack is up\n{stack.output[-2000:]}",
        )
        assert stack.exit_code is None, stack.output
        yield shell
    finally:
        assert stack.stop() == 0, stack.output


def play(shell: Shell, ahead: int) -> dict[str, str]:
    """All sessions at once, by the names that they have in README.md; so many patients came before."""
    with ThreadPoolExecutor() as people:
        played = {
            "english": people.submit(_english, shell, ahead),
            "indonesian": people.submit(_indonesian, shell, ahead),
            "desk": people.submit(_at_the_desk, shell),
        }
    return {name: session.result() for name, session in played.items()}


def _english(shell: Shell, ahead: int) -> str:
    _others(shell, "GIG", ahead)
    session = Session(shell, "en")
    session.types("antrean clinics RSHS --open", lambda lines: [*_headed(lines, _SHOWN_CLINICS), " ..."])
    register = f"antrean register RSHS GIG {_SITI}"
    code = _ticket_code(session.types(register))
    session.types(f"{register}; echo $?")
    session.types(f"antrean watch {code} | cat")
    return session.text


def _indonesian(shell: Shell, ahead: int) -> str:
    _others(shell, "KLT", ahead)
    session = Session(shell, "id")
    code = _ticket_code(session.types(f"antrean register RSHS KLT {_BUDI}"))
    session.types(f"antrean watch {code} | cat", lambda lines: [*lines[:2], "...", *lines[-3:]])
    return session.text


def _at_the_desk(shell: Shell) -> str:
    """In a clinic in which nobody is called before the desk does it."""
    desk = Session(shell, "en")
    desk.types("antrean-desk mode RSHS MAT desk")
    elderly = register_words("RSHS", "MAT", Patient(date_of_birth=date(1953, 7, 19)))
    assert shell.run("antrean-desk", *elderly).exit_code == 0
    _others(shell, "MAT", 3)
    shell.run("antrean-desk", "priority", "RSHS", "MAT", "3", "--reason", "pregnancy")
    desk.types("antrean-desk next RSHS MAT --room 1")
    desk.types("antrean-desk queue RSHS MAT")
    return desk.text


def _others(shell: Shell, clinic: str, count: int) -> None:
    """Others register, more quickly than a command could, for the clock runs fast."""
    stack = json.loads((Path(shell.variables["ANTREAN_STACK_DIR"]) / STACK_FILE).read_text())
    clock = Settings.read(stack["clock"]).clock()
    with RpcClient(stack["amqp_urls"]["patient"], PATIENT_EXCHANGE, clock) as client:
        for _ in range(count):
            body = Patient(date_of_birth=date(1990, 7, 19)).body("RSHS", clinic)
            answer = client.call("register", body, timeout_seconds=SECONDS_MAX)
            assert answer.name == "ticket", answer


def _headed(lines: list[str], rows: int) -> list[str]:
    """The head of a table, its rule and its first rows."""
    rule = next(index for index, line in enumerate(lines) if "──" in line)
    return lines[: rule + 1 + rows]


def _ticket_code(lines: list[str]) -> str:
    found = TICKET_CODE.search("\n".join(lines))
    assert found is not None, lines
    return found[0]


def shape(text: str) -> set[str]:
    """The different lines of a session, without what differs from one play to the next."""
    text = TICKET_CODE.sub("CODE", text)
    text = re.sub(r"\d+", "0", text).replace("0 person", "0 people")
    for words in (_DAYS, _MONTHS):
        text = re.sub(rf"\b({'|'.join(words)})\b", "WORD", text)
    return {re.sub(r"[ ─╭╮╰╯│]+", " ", line).strip() for line in text.splitlines()}


def documented() -> dict[str, str]:
    """The sessions that README.md shows."""
    return {found[1]: found[2] for found in _BLOCK.finditer(README.read_text())}


def main() -> None:
    """Plays all sessions and writes them into README.md."""
    with (
        tempfile.TemporaryDirectory(prefix="antrean-transcript-") as folder,
        trial(Path(folder), SPEED) as shell,
    ):
        played = play(shell, AHEAD)
    text = _BLOCK.sub(
        lambda found: f"<!-- transcript: {found[1]} -->\n\n```\n{played[found[1]]}```\n", README.read_text()
    )
    README.write_text(text)


if __name__ == "__main__":
    main()
