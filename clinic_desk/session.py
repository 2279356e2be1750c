"""One run of `antrean-desk`."""

import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final

from clinic_desk.actions import Action
from clinic_desk.kept_credentials import Credentials
from clinic_desk.problem_words import DESK_WORDS
from clinic_desk.signed_in import signed_in
from clinic_desk.signing_in import (
    READ_AGAIN,
    Origin,
    SignedIn,
    address_with,
    ask_for_user,
    broker_of,
    credentials_now,
    find_user,
)
from clinic_desk.signing_in_words import refusal_of
from common.domain.staff import RUNS_CLINICS
from common.errors import AntreanError, BrokerRefused, MessagingError, SettingsError
from common.messages.pages import whole_queue
from common.terminal.failures import Failure, NoBrokerKnown, ProblemReply
from common.terminal.requesting import RequestingSession
from common.translation import N_

_FIRST_ANSWER_SECONDS_MAX: Final = 3.0


class DeskSession(RequestingSession):
    """A session of a member of staff at a clinic's desk, who is a user of the broker: what they do is theirs
    in the journal."""

    package = "clinic_desk"
    role = "desk"
    extra = "desk"
    words = DESK_WORDS
    hints: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "clinic_closed": (
            N_("If it has to be, open it with: {command}"),
            "open",
            "{hospital}",
            "{to_clinic}",
        ),
        "clock_mode": (N_("Switch it first with: {command}"), "mode", "{hospital}", "{clinic}", "desk"),
        "room_not_serving": (
            N_("Add rooms first with: {command}"),
            "rooms",
            "{hospital}",
            "{clinic}",
            "{room}",
        ),
        "holds_another": (N_("See the queue with: {command}"), "queue", "{hospital}", "{to_clinic}"),
        "ticket_status": (N_("See the queue with: {command}"), "queue", "{hospital}", "{clinic}"),
    }

    user_given: str | None = None
    """The user that the command line names."""
    _asks_on_terminal = True
    _signed_in: SignedIn | None = None
    _asked_as: tuple[str, Origin] | None = None
    """Who sent the last request, or tried to."""
    _signed_out = False

    @property
    def user(self) -> str:
        """The broker's user who asks: the one that was given, who signed in here last, or who says so on the
        terminal. Whether the broker takes them is known after the first request.

        Raises NoBrokerKnown, SettingsError where nobody is signed in or a file of passwords cannot be used,
        and Abort where nothing is typed.
        """
        return self._who().credentials.user

    def sign_in(self, user: str, password: str, origin: Origin = Origin.TYPED) -> dict[str, Any]:
        """Makes this the user from now on, and returns who that is: the reply to `desk_user`.

        Of the user before, the connection is closed and nothing is kept, in memory or settings. Raises as
        `ask` does where they are refused or no answer comes; then the user before still is the user.
        """
        before, client = self._signed_in, self.__dict__.pop("_client", None)
        self._signed_in = SignedIn(Credentials(user, password), origin)
        try:
            found = self.ask("desk_user", {})
        except BaseException:
            self._leave()
            self._signed_in = before
            if client is not None:
                self.__dict__["_client"] = client
            raise
        if client is not None:
            client.close()
        self._forget_settings()
        return found

    def sign_out(self) -> None:
        """Forgets the user, closes the connection, and asks for nothing more until somebody signs in."""
        self._leave()
        self._signed_in = None
        self._forget_settings()

    def stop_asking(self) -> None:
        """Asks now for a user who has to be asked for, and never again on the terminal, where a program draws
        that calls this. Raises as `user` does, and as `ask` where the user is refused; that nobody answers is
        no reason, but where it makes a password useless that was just typed."""
        is_typed = self._who().origin is Origin.TYPED
        try:
            self.ask("desk_user", {}, timeout_seconds=_FIRST_ANSWER_SECONDS_MAX)
        except BrokerRefused:
            raise
        except MessagingError:
            if is_typed:
                raise
        self._asks_on_terminal = False

    def broker_address(self) -> Callable[[], str]:
        """With the user in it; raises as `user` does."""
        who, settings, base = self._who(), self.settings, super().broker_address()
        self._asked_as = (who.credentials.user, who.origin)
        if who.origin in READ_AGAIN:
            return lambda: address_with(base(), credentials_now(who, replace(settings, amqp_url=base())))
        # Holds nothing of the user before.
        address = address_with(base(), who.credentials)
        return lambda: address

    def _who(self) -> SignedIn:
        super().broker_address()  # nobody is asked for a password of no broker
        if self._signed_in is None:
            self._signed_in = None if self._signed_out else find_user(self.settings, self.user_given)
        if self._signed_in is None:
            if not self._asks_on_terminal:
                raise SettingsError(N_("Nobody is signed in."))
            typed = ask_for_user(self.texts, self.user_given, self.command_line("login"))
            self._signed_in = SignedIn(typed, Origin.TYPED)
        return self._signed_in

    def _leave(self) -> None:
        self.disconnect()
        self.__dict__.pop("_client", None)

    def _forget_settings(self) -> None:
        """What the settings know of a user is not used any more."""
        getattr(urllib.parse, "clear_cache", lambda: None)()  # it remembers the addresses it has split
        self._signed_out, self.user_given = True, None
        self.settings = replace(
            self.settings, amqp_url=broker_of(self.settings) or None, amqp_url_file=None, staff_passwords={}
        )

    def failure_of(self, error: BaseException) -> Failure:
        """With what helps, where the broker refuses the user."""
        found = None
        if isinstance(error, BrokerRefused) and self._asked_as is not None:
            found = refusal_of(error, *self._asked_as, self.texts, self.command_line("login"))
        return found or super().failure_of(error)

    def _advice(self, error: ProblemReply) -> tuple[list[str], dict[str, Any]]:
        """Who may not switch the clock off is told who may, and no command."""
        if error.problem.get("reason") == "clock_mode" and not self._may_set_mode(error.request):
            return [self.texts("A manager of the clinic can switch it to the desk.")], {}
        return super()._advice(error)

    def _may_set_mode(self, request: Mapping[str, Any]) -> bool:
        """Whether the user may, as far as that is known."""
        try:
            who = signed_in(self.ask("desk_user", {}))
        except (AntreanError, ProblemReply, NoBrokerKnown):
            return True
        return who.may(RUNS_CLINICS, request["hospital"], request["clinic"])

    def query(
        self, name: str, hospital: str, clinic: str, *, timeout_seconds: float | None = None, **members: Any
    ) -> dict[str, Any]:
        """The answer to a question about a clinic, such as `desk_queue`; raises as `ask` does."""
        body = {"hospital": hospital, "clinic": clinic, **members}
        return self.ask(name, body, timeout_seconds=timeout_seconds)

    def queue(
        self, hospital: str, clinic: str, *, with_names: bool, timeout_seconds: float | None = None
    ) -> dict[str, Any]:
        """A clinic's queue with everybody who waits; raises as `ask` does."""
        look = partial(self.query, "desk_queue", hospital, clinic, timeout_seconds=timeout_seconds)
        return whole_queue(lambda page: look(**page), {"with_names": with_names})

    def history(
        self,
        hospital: str,
        clinic: str,
        lines: int,
        *,
        timeout_seconds: float | None = None,
        **ticket: Any,
    ) -> dict[str, Any]:
        """What happened last in a clinic, or to one ticket (`number`, `service_date`), on at most so many
        lines; raises as `ask` does."""
        return self.query(
            "desk_history", hospital, clinic, timeout_seconds=timeout_seconds, limit=lines, **ticket
        )

    def summary_of(self, reply: dict[str, Any], request: Mapping[str, Any]) -> str:
        """The sentences of an action, and the ticket that it made."""
        if "changes" not in reply:
            return super().summary_of(reply, request)
        from clinic_desk.output import changes

        lines = changes(reply, request, self.texts)
        if reply["new_ticket"]:
            lines.append(super().summary_of(reply["new_ticket"], request))
        return "\n".join(lines)

    def carry_out(self, action: Action) -> dict[str, Any]:
        """The answer to an action; raises as `change` does."""
        return self.change(
            action.request,
            dict(action.body),
            request_id=action.request_id,
            if_unknown=N_("It may have happened. Repeat it safely (it never happens twice):"),
            words=[*action.words, "--user", self.user, "--request-id", action.request_id],
        )
