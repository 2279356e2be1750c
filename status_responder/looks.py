"""Which answers show names of patients to the staff: each of them is recorded before it goes out."""

from collections.abc import Iterable

import structlog

from common.errors import StoreError
from common.messages.desk_requests import DeskRequest
from common.messages.message import Reply
from common.storage.access_log import Look
from status_responder.desk_answers import Question

_log = structlog.get_logger()


def looks_at_names(answered: Iterable[tuple[Question, Reply]]) -> list[Look]:
    """The looks in these answers: one for each user and answer, also where several got the same one."""
    return [_look(question, names) for question, reply in answered if (names := reply.names_shown())]


def _look(question: Question, names: int) -> Look:
    request, user = question
    assert isinstance(request, DeskRequest), "only who asks about a clinic sees names of patients"
    assert user is not None, "patients see no names"
    return Look(user, request.hospital, request.clinic, request.name, names)


class LookFaultLog:
    """Logs when looks cannot be recorded any more, and when they can again."""

    def __init__(self) -> None:
        self._is_told = False

    def tell(self, fault: StoreError | None) -> None:
        """The fault of the last attempt; None where it was recorded."""
        if fault is not None and not self._is_told:
            advice = "run antrean-admin doctor; until then no names are shown"
            _log.error("looks at names not recorded", reason=str(fault), advice=advice)
        elif fault is None and self._is_told:
            _log.info("looks at names recorded again")
        self._is_told = fault is not None
