"""One run of a command line: its settings, its language, and what it has done so far."""

import shlex
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import click

from antrean_client.visible_text import visible
from common.installation import Extra, start_command
from common.settings import Role, Settings
from common.terminal.failures import Change, Failure, Problem, failure_of
from common.terminal.layout import fold_around, terminal_width
from common.terminal.problem_text import problem_text
from common.terminal.streams import echo, json_text
from common.translation import N_
from common.words.problems import PATIENT_WORDS, ProblemWords
from common.words.texts import Texts


@dataclass
class Done:
    """Something that a command has changed: `value` for JSON, `words` to read.

    `reported` once it was written to standard output.
    """

    value: Any
    words: Callable[[], str]
    reported: bool = False


class Session:
    """What every command works with. Each program has a subclass, which says what the program is."""

    package: ClassVar[str]
    """The folder that `python -m` starts."""
    role: ClassVar[Role]
    """As whom it connects to the broker."""
    extra: ClassVar[Extra | None] = None
    """The part of Antrean that it needs beyond what is always installed."""
    verbose_help: ClassVar[str] = N_("Write how long each reply took to standard error.")
    """What its option --verbose does."""
    words: ClassVar[ProblemWords] = PATIENT_WORDS
    """How it speaks of problems."""

    def __init__(self, settings: Settings, language: str, *, language_given: bool = False) -> None:
        self.settings = settings
        self.texts = Texts(language)
        self.language_given = language_given
        self.as_json = False
        self.verbose = False
        self.done: list[Done] = []
        """What the present command has changed. Where its result cannot be printed, this is told on
        standard error."""
        self._commands: list[str] = []
        self.change_begun: Change | None = None
        """What the present command may have changed, once it has begun to."""

    def load(self, settings: Settings) -> None:
        """Takes the settings, with their language where the command line named none."""
        self.settings = settings
        if not self.language_given:
            self.texts = Texts(settings.language)

    def failure_of(self, error: BaseException) -> Failure:
        """How `error` ends the program."""
        return failure_of(error, self.texts, self.change_begun, self.words)

    def problem_text(self, problem: Problem) -> str:
        """A problem as this program tells it, for the terminal."""
        return problem_text(problem, self.texts, terminal_width(), self.words)

    def record_change(self, value: Any, words: Callable[[], str]) -> None:
        """Remembers a change, from the moment on at which it is known."""
        self.done.append(Done(value, words))

    def disconnect(self) -> None:
        """Lets go of what it has open; never raises."""

    def folded(self, text: str, *commands: str) -> str:
        """A text for standard output or error in lines that fit a terminal; commands in it stay whole."""
        return "\n".join(fold_around(text, terminal_width(), [*self._commands, *commands, start_command()]))

    def say(self, message: str, **values: Any) -> None:
        """Prints a sentence."""
        echo(self.folded(self.texts(message, **values)))

    def note(self, sentence: str) -> None:
        """Says something beside the result, on standard error; where nobody reads that, it goes on."""
        text = json_text({"note": sentence}, err=True) if self.as_json else self.folded(sentence)
        with suppress(OSError):
            click.echo(text, err=True)

    def command_line(self, *words: str) -> str:
        """The shell command that runs this program with `words`, in the same language and form."""
        language = ["--lang", self.texts.language] if self.language_given else []
        given = [*self._program(), *words, *language, *(["--json"] if self.as_json else [])]
        command = visible(shlex.join(given))
        self._commands.append(command)
        return command

    def _program(self) -> list[str]:
        """The words by which this program was started, or would be from the same directory."""
        started_as = Path(sys.argv[0])
        if started_as.name == "__main__.py":
            return [sys.executable, "-m", self.package]
        if shutil.which(started_as.name) == str(started_as):
            return [started_as.name]
        return [str(started_as)]
