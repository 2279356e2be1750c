"""One run of `antrean-desk`."""

import os
import pwd
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from clinic_desk.actions import Action
from clinic_desk.problem_words import DESK_WORDS
from common.errors import SettingsError
from common.messages.pages import whole_queue
from common.terminal.requesting import RequestingSession
from common.translation import N_


class DeskSession(RequestingSession):
    """A session of somebody at a clinic's desk, whose name goes into the journal with all they do."""

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

    operator_given: str | None = None

    @property
    def operator(self) -> str:
        """Who asks: as given with the command, by the settings, or else the login name.

        Raises SettingsError where this user has none.
        """
        given = self.operator_given or self.settings.operator
        if given:
            return given
        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError as error:
            raise SettingsError(N_("Set ANTREAN_OPERATOR to your name.")) from error

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
            words=[*action.words, "--request-id", action.request_id],
        )
