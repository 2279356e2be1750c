"""Every code that a reply can hold has words."""

from collections.abc import Iterator

import pytest

from antrean_client.web_server import ADVICE as SERVER_ADVICE
from clinic_desk.output import EVENTS
from clinic_desk.problem_words import CONSOLE_WORDS, DESK_WORDS
from clinic_desk.queue_view import MODES
from common.domain.catalog import QueueMode
from common.domain.event_names import EventName
from common.domain.lanes import Lane
from common.domain.refusals import NotPermittedReason
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import PriorityReason
from common.errors import Refusal
from common.messages.desk_requests import DeskRegister, DeskRequest
from common.messages.message import Request
from common.messages.patients import Register
from common.messages.problems import ProblemCode
from common.terminal.failures import REFUSALS, SERVER_REFUSALS
from common.words.call_news import FOLLOWED
from common.words.lanes import LANES, PRIORITIES
from common.words.problems import PATIENT_WORDS, ProblemWords
from common.words.tickets import STATUSES
from patient_cli.watch import ENDINGS

PROGRAMS = {"antrean": PATIENT_WORDS, "antrean-desk": DESK_WORDS, "the console": CONSOLE_WORDS}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_code_has_words(program: str) -> None:
    words: ProblemWords = PROGRAMS[program]
    assert set(ProblemCode) <= set(words.by_code)
    fields = {field.alias or name for name, field in Register.model_fields.items()} | {
        "ticket_code",
        "ticket_codes",
    }
    assert fields <= set(words.fields)
    assert set(words.fields) == set(words.rules)


def test_every_status_and_refusal_has_words() -> None:
    assert set(STATUSES) == set(TicketStatus)
    assert set(REFUSALS) == set(Refusal) - {Refusal.ELSEWHERE}
    assert set(SERVER_REFUSALS) == set(SERVER_ADVICE)


@pytest.mark.parametrize("words", [DESK_WORDS, CONSOLE_WORDS])
def test_everything_that_a_desk_asks_for_and_is_told_has_words(words: ProblemWords) -> None:
    requests: list[type[Request]] = [DeskRegister, *subclasses(DeskRequest)]
    fields = {name for each in requests for name in each.model_fields}
    never_wrong = {"with_names", "patient_name", "waiting", "after", "limit", "returns", "text", "anyhow"}
    assert fields - never_wrong <= set(words.fields)
    assert set(EVENTS) == set(EventName) - {EventName.CLINIC_TICK}
    assert set(words.by_reason) == set(NotPermittedReason)
    assert set(PRIORITIES) == set(PriorityReason)
    assert set(LANES) == set(Lane)
    assert set(MODES) == set(QueueMode)


def subclasses(kind: type[DeskRequest]) -> Iterator[type[DeskRequest]]:
    for each in kind.__subclasses__():
        if each.__module__ == DeskRequest.__module__:  # other tests make requests of their own
            yield each
        yield from subclasses(each)


def test_every_end_of_following_a_ticket_has_words() -> None:
    assert set(ENDINGS) == set(TicketStatus) - FOLLOWED
