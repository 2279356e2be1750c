"""A session that sends requests: its conversation with the broker, and what became of each request."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

import click

from antrean_client.visible_text import visible_values
from common.errors import MessagingError, NoQueue, NoReply, RequestNotTaken
from common.settings import Settings
from common.terminal.failures import Change, Failure, NoBrokerKnown, OutcomeUnknown, ProblemReply
from common.terminal.session import Session
from common.terminal.streams import print_traceback
from common.terminal.usage import similar
from common.words.tickets import in_one_line

if TYPE_CHECKING:
    from antrean_client.requests import RequestClient

_LATE_MIN: Final = timedelta(minutes=10)
"""A request expires after 15 minutes, and no command waits for minutes: so late is only a clock."""

_CODES_SHOWN_MAX: Final = 20


class RequestingSession(Session):
    """A session of a program whose commands are requests."""

    hints: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """By the reason or code of a problem: the sentence that introduces a command, and the command's words.

    Words in braces stand for members of the request, `{to_clinic}` for the clinic where the patient would
    wait."""

    def __init__(self, settings: Settings, language: str, *, language_given: bool = False) -> None:
        super().__init__(settings, language, language_given=language_given)
        self.sent_before: set[str] = set()
        """Ids of requests that were sent before, by this run or another, and may have been taken."""

    @cached_property
    def _client(self) -> "RequestClient":
        return self.new_client()

    def new_client(self) -> "RequestClient":
        """What requests are sent with; raises NoBrokerKnown and SettingsError."""
        address = self.broker_address()
        # Only here, so that help and usage errors need no pika.
        from antrean_client.rpc_client import RpcClient
        from common.messaging.topology import REQUEST_EXCHANGES

        return RpcClient(address, REQUEST_EXCHANGES[self.role], self.settings.clock())

    def broker_address(self) -> Callable[[], str]:
        """What tells at each connecting where the broker is, and as whom this program connects; raises
        NoBrokerKnown."""
        if self.settings.amqp_url is None:
            raise NoBrokerKnown
        return self.settings.current_amqp_url

    def ask(
        self,
        name: str,
        body: dict[str, Any],
        *,
        request_id: str | None = None,
        timeout_seconds: float | None = None,
    ) -> dict[str, Any]:
        """The reply to a request. Blocks for at most `timeout_seconds`, by default those of the settings.

        A terminal obeys nothing that is in it, whoever has answered. Raises ProblemReply where it was
        refused, NoBrokerKnown, and a MessagingError where there is no answer.
        """
        patience = timeout_seconds or self.settings.reply_timeout_seconds
        answer = self._client.call(name, body, timeout_seconds=patience, request_id=request_id)
        if self.verbose:
            click.echo(f"reply in {answer.elapsed_seconds:.3f} s", err=True)
        reply: dict[str, Any] = visible_values(answer.body)
        if answer.name == "problem":
            raise ProblemReply(reply | self._clock_fault(reply), body)
        return reply

    def _clock_fault(self, problem: dict[str, Any]) -> dict[str, Any]:
        """By how much this machine's clock is late, where a request was too old as soon as it was made."""
        if problem.get("code") != "request_expired" or not problem.get("server_time"):
            return {}
        late = datetime.fromisoformat(problem["server_time"]) - self.settings.clock().now()
        return {"clock_behind_seconds": round(late.total_seconds())} if late > _LATE_MIN else {}

    def change(
        self, name: str, body: dict[str, Any], *, request_id: str | None, if_unknown: str, words: list[str]
    ) -> dict[str, Any]:
        """The reply to a request that changes something; raises as `ask` does.

        Where it is not known whether it was carried out, that is OutcomeUnknown, with the command in `words`
        and the sentence `if_unknown` before it.
        """
        command = self.command_line(*words)
        self.change_begun = Change(if_unknown, self.command_line(*words, "--verbose"))
        try:
            reply = self.ask(name, body, request_id=request_id)
        except ProblemReply:
            self.change_begun = None
            raise
        except (MessagingError, NoBrokerKnown, KeyboardInterrupt) as error:
            if request_id not in self.sent_before and not _may_have_been_taken(error):
                raise
            if request_id is not None:
                self.sent_before.add(request_id)
            raise OutcomeUnknown(error, if_unknown, command) from error
        self.change_begun = Change()
        self.record_change(reply, lambda: self.summary_of(reply, body))
        return reply

    def summary_of(self, reply: dict[str, Any], request: Mapping[str, Any]) -> str:  # noqa: ARG002
        """What the request with this body has changed, in few words and without personal data."""
        return in_one_line(reply, self.texts)

    def failure_of(self, error: BaseException) -> Failure:
        """With the command that helps, and codes that could have been meant, where there are any."""
        failure = super().failure_of(error)
        if not isinstance(error, ProblemReply) or failure.problem is None:
            return failure
        advice, members = self._advice(error)
        if not advice:
            return failure
        sentence = failure.sentence or self.problem_text(failure.problem)
        return Failure(failure.exit_code, failure.problem | members, "\n".join([sentence, *advice]))

    def _advice(self, error: ProblemReply) -> tuple[list[str], dict[str, Any]]:
        lines: list[str] = []
        members: dict[str, Any] = {}
        if codes := self._known_codes(error):
            fields: tuple[str, ...] = ("clinic", "to_clinic")
            if error.problem.get("code") == "hospital_not_found":
                fields = ("hospital",)
            given = [str(error.request[field]) for field in fields if error.request.get(field)]
            unknown = next((code for code in given if code not in codes), "")
            if close := similar(unknown, codes):
                members["suggestions"] = close
                lines.append(self.texts("Did you mean: {names}?", names=", ".join(close)))
            elif len(codes) <= _CODES_SHOWN_MAX:
                members["known_codes"] = codes
                lines.append(self.texts("The codes are: {codes}.", codes=", ".join(codes)))
        if hint := self._hint(error):
            sentence, command = hint
            members["hint_command"] = command
            lines.append(self.texts(sentence, command=command))
        return lines, members

    def _hint(self, error: ProblemReply) -> tuple[str, str] | None:
        keys = [str(error.problem.get("reason")), str(error.problem.get("code"))]
        found = error.hint or next((self.hints[key] for key in keys if key in self.hints), None)
        if found is None:
            return None
        sentence, *words = found
        members = {"to_clinic": error.request.get("clinic"), **error.request}
        values = [members.get(word[1:-1]) if word.startswith("{") else word for word in words]
        return None if None in values else (sentence, self.command_line(*map(str, values)))

    def _known_codes(self, error: ProblemReply) -> list[str]:
        """The codes of which one was meant; none where they cannot be had."""
        from antrean_client.look_ups import clinics, hospitals

        try:
            match error.problem.get("code"):
                case "hospital_not_found":
                    return [each["code"] for each in hospitals(self)]
                case "clinic_not_found":
                    return [
                        each["code"] for each in clinics(self, error.request["hospital"], open_only=False)
                    ]
        except (MessagingError, ProblemReply, NoBrokerKnown):
            return []
        return []

    def disconnect(self) -> None:
        """Closes the connection; the next request opens another. For pauses longer than a heartbeat."""
        if "_client" not in self.__dict__:
            return
        try:
            self._client.close()
        except Exception as error:  # noqa: BLE001 - a connection that cannot even be closed is gone all the same
            if self.verbose:
                print_traceback(error)


def take_request_id(ctx: click.Context, _parameter: click.Parameter, given: uuid.UUID | None) -> str | None:
    """Reads the id of a request that is repeated, and may have been taken."""
    if given is None:
        return None
    session = ctx.find_object(RequestingSession)
    if session is not None:
        session.sent_before.add(str(given))
    return str(given)


def _may_have_been_taken(error: BaseException) -> bool:
    if isinstance(error, MessagingError) and error.sent_before:
        return True
    return isinstance(error, NoReply | RequestNotTaken | KeyboardInterrupt) and not isinstance(error, NoQueue)
