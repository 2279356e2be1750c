"""Look-ups: a batch of questions in, replies out, from one snapshot of the database. Changes no queue; what
it writes is who of the staff was shown names of patients.

What desks ask, and what integrators ask, is answered only where it came through their own exchange, to which
patients cannot publish.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.authorisation import refusal
from common.clock import Clock
from common.errors import StoreError
from common.messages import problems
from common.messages.integrators import EventsSince
from common.messages.message import Reply, Request
from common.messages.problems import Problem
from common.messages.request_parsing import RequestRefused, parse_request
from common.messaging.delivery import Delivery, Outcome
from common.messaging.received_requests import staff_user
from common.messaging.stopwatch import Part, Stopwatch
from common.messaging.topology import INTEGRATOR_EXCHANGE
from common.storage.access_log import Look, record_looks
from common.storage.catalog import CatalogCache
from common.storage.engine import Engine, snapshot, transaction
from status_responder.answers import ASKED_BY_ANYBODY, ASKED_BY_PATIENTS, compose_replies
from status_responder.desk_answers import ASKED_BY_DESKS, Question, answer_desks
from status_responder.integrator_answers import events_since, read_events_since
from status_responder.loading import load
from status_responder.looks import LookFaultLog, looks_at_names

_PATIENT_REQUEST_TYPES: dict[str, type[Request]] = {
    each.name: each for each in (*ASKED_BY_ANYBODY, *ASKED_BY_PATIENTS)
}
_DESK_REQUEST_TYPES: dict[str, type[Request]] = {
    each.name: each for each in (*ASKED_BY_ANYBODY, *ASKED_BY_DESKS)
}

# Looked up by the very type: pydantic's classes take microseconds to say that they are not in a tuple.
_OF_DESKS = frozenset(ASKED_BY_DESKS)
_OF_ONE_EXCHANGE = _OF_DESKS | {EventsSince}
"""What is answered only where it came through the exchange of those who may ask it."""


@dataclass(frozen=True)
class StatusHandler:
    """Answers from the database behind `engine`."""

    engine: Engine
    catalog: CatalogCache
    clock: Clock
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    _look_faults: LookFaultLog = field(default_factory=LookFaultLog)

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """One snapshot for what anybody may ask, one for desks, one for integrators; raises
        StoreUnavailable."""
        read = [_read(delivery) for delivery in deliveries]
        self.stopwatch.lap(Part.PARSE)
        questions = [each for each in read if isinstance(each, Question)]
        of_desks = [each for each in questions if type(each.request) in _OF_DESKS]
        of_integrators = [each.request for each in questions if isinstance(each.request, EventsSince)]
        of_anybody = [each for each in questions if type(each.request) not in _OF_ONE_EXCHANGE]
        to_desks = iter(self._answer_desks(of_desks) if of_desks else ())
        to_integrators = iter(self._answer_integrators(of_integrators) if of_integrators else ())
        to_anybody = iter(self._answer_anybody(of_anybody) if of_anybody else ())

        def reply(question: Question | Problem) -> Reply:
            if isinstance(question, Problem):
                return question
            if type(question.request) not in _OF_ONE_EXCHANGE:
                return next(to_anybody)
            return next(to_integrators if isinstance(question.request, EventsSince) else to_desks)

        outcomes = [Outcome(reply(each)) for each in read]
        self.stopwatch.lap(Part.DECIDE)
        return outcomes

    def _answer_anybody(self, questions: Sequence[Question]) -> list[Reply]:
        """What patients may ask, and staff, too."""
        requests = [each.request for each in questions]
        loaded = load(self.engine, self.catalog, requests, self.clock.now())
        self.stopwatch.lap(Part.LOAD)
        replies = compose_replies(self.catalog, loaded, requests)
        return [
            reply if user is None else refusal(self.catalog, user, request) or reply
            for (request, user), reply in zip(questions, replies, strict=True)
        ]

    def _answer_desks(self, questions: Sequence[Question]) -> list[Reply]:
        now = self.clock.now()
        with snapshot(self.engine) as connection:
            self.catalog.refresh(connection)
            replies = answer_desks(connection, self.catalog, questions, now)
        self.stopwatch.lap(Part.LOAD)
        looks = looks_at_names(zip(questions, replies, strict=True))
        if not looks or self._is_recorded(looks, now):
            return replies
        return [problems.looks_not_recorded() if reply.names_shown() else reply for reply in replies]

    def _answer_integrators(self, requests: Sequence[EventsSince]) -> list[Reply]:
        with snapshot(self.engine) as connection:
            self.catalog.refresh(connection)
            replies = [events_since(connection, self.catalog, request) for request in requests]
        self.stopwatch.lap(Part.LOAD)
        return replies

    def _is_recorded(self, looks: Sequence[Look], now: datetime) -> bool:
        """Whether these looks are committed, as they have to be before a name goes out. A database may answer
        questions and take no changes."""
        fault = None
        try:
            with transaction(self.engine) as connection:
                record_looks(connection, looks, now)
        except StoreError as error:
            fault = error
        self.stopwatch.lap(Part.SAVE)
        self._look_faults.tell(fault)
        return fault is None


def _read(delivery: Delivery) -> Question | Problem:
    try:
        user = staff_user(delivery)
        if delivery.exchange.startswith(INTEGRATOR_EXCHANGE):
            asked = read_events_since(delivery)
            return asked if isinstance(asked, Problem) else Question(asked, user)
        types = _PATIENT_REQUEST_TYPES if user is None else _DESK_REQUEST_TYPES
        return Question(parse_request(types, delivery.name, delivery.content_type, delivery.body), user)
    except RequestRefused as refused:
        return refused.problem
