"""Look-ups: a batch of questions in, replies out, from one snapshot of the database. Changes nothing.

What desks ask is answered only where it came through their exchange, to which patients cannot publish.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from common.clock import Clock
from common.messages.desk_requests import DeskQueueRequest, DeskRequest, ReportRequest
from common.messages.message import Reply, Request
from common.messages.patients import (
    ClinicQueueRequest,
    ListClinics,
    ListHospitals,
    TicketStatusRequest,
)
from common.messages.problems import Problem
from common.messages.request_parsing import RequestRefused, parse_request
from common.messaging.delivery import Delivery, Outcome
from common.messaging.topology import DESK_EXCHANGE
from common.storage.catalog import CatalogCache
from common.storage.engine import Engine, snapshot
from status_responder.answers import compose_replies
from status_responder.desk_answers import answer_desks
from status_responder.loading import load

_PATIENT_REQUEST_TYPES: dict[str, type[Request]] = {
    each.name: each for each in (ListHospitals, ListClinics, TicketStatusRequest, ClinicQueueRequest)
}
_DESK_REQUEST_TYPES: dict[str, type[Request]] = {
    each.name: each for each in (ListHospitals, ListClinics, DeskQueueRequest, ReportRequest)
}


@dataclass(frozen=True)
class StatusHandler:
    """Answers from the database behind `engine`."""

    engine: Engine
    catalog: CatalogCache
    clock: Clock

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """One snapshot for all that patients ask, one for what only desks may; raises StoreUnavailable."""
        read = [_read(delivery) for delivery in deliveries]
        of_desks = [each for each in read if isinstance(each, DeskRequest)]
        of_patients = [each for each in read if not isinstance(each, DeskRequest | Problem)]
        to_desks = iter(self._answer_desks(of_desks) if of_desks else ())
        to_patients = iter(self._answer_patients(of_patients) if of_patients else ())
        return [
            Outcome(each)
            if isinstance(each, Problem)
            else Outcome(next(to_desks if isinstance(each, DeskRequest) else to_patients))
            for each in read
        ]

    def _answer_patients(self, requests: Sequence[Request]) -> list[Reply]:
        loaded = load(self.engine, self.catalog, requests, self.clock.now())
        return compose_replies(self.catalog, loaded, requests)

    def _answer_desks(self, requests: Sequence[DeskRequest]) -> list[Reply]:
        with snapshot(self.engine) as connection:
            self.catalog.refresh(connection)
            return answer_desks(connection, self.catalog, requests, self.clock.now())


def _read(delivery: Delivery) -> Request | Problem:
    try:
        types = _DESK_REQUEST_TYPES if delivery.exchange == DESK_EXCHANGE else _PATIENT_REQUEST_TYPES
        return parse_request(types, delivery.name, delivery.content_type, delivery.body)
    except RequestRefused as refused:
        return refused.problem
