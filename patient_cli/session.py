"""One run of the program: its settings, its language, and its conversation with the broker."""

import json
import shlex
import shutil
import sys
import traceback
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from common.settings import Settings
from patient_cli.failures import NoBrokerKnown, ProblemAnswer
from patient_cli.texts import Texts
from patient_cli.ticket_book import TicketBook

if TYPE_CHECKING:
    from common.messaging.rpc_client import RpcClient


class Session:
    """What every command works with."""

    def __init__(self, settings: Settings, texts: Texts, *, language_given: bool = False) -> None:
        self.settings = settings
        self.texts = texts
        self.language_given = language_given
        self.as_json = False
        self.verbose = False

    @cached_property
    def book(self) -> TicketBook:
        """The tickets this user took."""
        return TicketBook(self.settings.data_dir)

    @cached_property
    def _client(self) -> "RpcClient":
        if self.settings.amqp_url is None:
            raise NoBrokerKnown
        # Only here, so that help and usage errors need no pika.
        from common.messaging.rpc_client import RpcClient
        from common.messaging.topology import PATIENT_EXCHANGE

        return RpcClient(self.settings.amqp_url, PATIENT_EXCHANGE, self.settings.clock())

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
        return shlex.join([*program_words(), *words, *language, *(["--json"] if self.as_json else [])])


def program_words() -> list[str]:
    """The words by which this program was started, or would be from the same directory."""
    started_as = Path(sys.argv[0])
    if started_as.name == "__main__.py":
        return [sys.executable, "-m", "patient_cli"]
    if shutil.which(started_as.name) == str(started_as):
        return [started_as.name]
    return [str(started_as)]
