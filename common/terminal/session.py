"""One run of a command line: its settings, its language, and its conversation with the broker."""

import json
import shlex
import shutil
import sys
import traceback
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from common.errors import NoReply, RequestNotTaken
from common.settings import Language, Role, Settings
from common.terminal.failures import NoBrokerKnown, OutcomeUnknown, ProblemAnswer
from common.terminal.texts import Texts, TextTable

if TYPE_CHECKING:
    from common.messaging.rpc_client import RpcClient


class Session:
    """What every command works with. Each program has a subclass, which says what the program is."""

    package: ClassVar[str]
    """The folder that `python -m` starts."""
    role: ClassVar[Role]
    """As whom it connects to the broker."""
    table: ClassVar[TextTable]
    """What it says."""

    def __init__(self, settings: Settings, language: Language, *, language_given: bool = False) -> None:
        self.settings = settings
        self.texts = Texts(self.table, language)
        self.language_given = language_given
        self.as_json = False
        self.verbose = False

    def load(self, settings: Settings) -> None:
        """Takes the settings, with their language where the command line named none."""
        self.settings = settings
        if not self.language_given:
            self.texts = Texts(self.table, settings.language)

    @cached_property
    def _client(self) -> "RpcClient":
        if self.settings.amqp_url is None:
            raise NoBrokerKnown
        # Only here, so that help and usage errors need no pika.
        from common.messaging.rpc_client import RpcClient
        from common.messaging.topology import REQUEST_EXCHANGES

        return RpcClient(self.settings.amqp_url, REQUEST_EXCHANGES[self.role], self.settings.clock())

    def ask(
        self,
        name: str,
        body: dict[str, Any],
        *,
        request_id: str | None = None,
        timeout_seconds: float | None = None,
    ) -> dict[str, Any]:
        """The reply to a request. Blocks for at most `timeout_seconds`, by default those of the settings.

        Raises ProblemAnswer where it was refused, NoBrokerKnown, BrokerUnavailable, RequestNotTaken and
        NoReply.
        """
        patience = timeout_seconds or self.settings.reply_timeout_seconds
        answer = self._client.call(name, body, timeout_seconds=patience, request_id=request_id)
        if self.verbose:
            click.echo(f"reply in {answer.elapsed_seconds:.3f} s", err=True)
        if answer.name == "problem":
            raise ProblemAnswer(answer.body)
        return answer.body

    def change(
        self, name: str, body: dict[str, Any], *, request_id: str | None, doubt: str, words: list[str]
    ) -> dict[str, Any]:
        """The reply to a request that changes something; raises as `ask` does.

        Where it is not known whether it was carried out, that is OutcomeUnknown, with the command in `words`
        and the text `doubt` before it.
        """
        try:
            return self.ask(name, body, request_id=request_id)
        except (NoReply, RequestNotTaken, KeyboardInterrupt) as error:
            raise OutcomeUnknown(error, doubt, self.command_line(*words)) from error

    def disconnect(self) -> None:
        """Closes the connection; the next request opens another. For pauses longer than a heartbeat."""
        if "_client" not in self.__dict__:
            return
        try:
            self._client.close()
        except Exception:  # noqa: BLE001 - a connection that cannot even be closed is gone all the same
            if self.verbose:
                traceback.print_exc()

    def note(self, sentence: str) -> None:
        """Says something beside the result, on standard error."""
        click.echo(json.dumps({"note": sentence}, ensure_ascii=False) if self.as_json else sentence, err=True)

    def command_line(self, *words: str) -> str:
        """The shell command that runs this program with `words`, in the same language and form."""
        language = ["--lang", self.texts.language] if self.language_given else []
        return shlex.join([*self._program(), *words, *language, *(["--json"] if self.as_json else [])])

    def _program(self) -> list[str]:
        """The words by which this program was started, or would be from the same directory."""
        started_as = Path(sys.argv[0])
        if started_as.name == "__main__.py":
            return [sys.executable, "-m", self.package]
        if shutil.which(started_as.name) == str(started_as):
            return [started_as.name]
        return [str(started_as)]
