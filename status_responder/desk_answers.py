"""What desks ask and nothing changes: the queue of a clinic, and the report of its day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common.clock import Clock
from common.domain.clinic_day import ClinicDay
from common.messages import problems
from common.messages.desks import DeskQueueRequest, DeskRequest, ReportRequest
from common.messages.message import Reply
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection, Engine, snapshot
from status_responder import store
from status_responder.desk_queue import desk_queue
from status_responder.report import clinic_report


@dataclass(frozen=True)
class DeskAnswers:
    """Answers the look-ups of desks from the database behind `engine`."""

    engine: Engine
    catalog: CatalogCache
    clock: Clock

    def answer(self, requests: Sequence[DeskRequest]) -> list[Reply]:
        """The replies in the order of the requests, all from one snapshot; raises StoreUnavailable.

        Every console of a clinic asks the same every few seconds: what several ask is read once.
        """
        with snapshot(self.engine) as connection:
            self.catalog.refresh(connection)
            now = self.clock.now()
            questions = [(type(each), each.model_dump_json(exclude={"operator"})) for each in requests]
            asked = dict(zip(questions, requests, strict=True))
            replies = {key: self._reply(connection, request, now) for key, request in asked.items()}
            return [replies[key] for key in questions]

    def _reply(self, connection: Connection, request: DeskRequest, now: datetime) -> Reply:
        clinic = self.catalog.clinic(request.hospital, request.clinic)
        if clinic is None:
            found = self.catalog.hospital(request.hospital)
            return problems.clinic_not_found() if found else problems.hospital_not_found()
        if isinstance(request, ReportRequest):  # of a retired clinic, too
            day = ClinicDay(*clinic.key, request.service_date or clinic.service_date(now))
            return clinic_report(clinic, day.service_date, store.read_courses(connection, day))
        assert isinstance(request, DeskQueueRequest)
        seen = desk_queue(connection, clinic, request, now)
        # A retired clinic is there until its queue is empty.
        is_gone = clinic.retired and not (seen.waiting_count or seen.in_rooms)
        return problems.clinic_not_found() if is_gone else seen
