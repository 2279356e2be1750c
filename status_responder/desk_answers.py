"""What desks ask and nothing changes: the queue of a clinic, and the report of its day."""

from collections.abc import Sequence
from datetime import datetime

from common.domain.clinic_day import ClinicDay
from common.messages import problems
from common.messages.desk_requests import DeskQueueRequest, DeskRequest, ReportRequest
from common.messages.message import Reply
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from status_responder import store
from status_responder.desk_queue import compose_queue, load_queue
from status_responder.report import clinic_report


def answer_desks(
    connection: Connection, catalog: CatalogCache, requests: Sequence[DeskRequest], now: datetime
) -> list[Reply]:
    """The replies in the order of the requests, all from the snapshot of `connection`.

    Every console of a clinic asks the same every few seconds: what several ask is read once.
    """
    questions = [(type(each), each.model_dump_json(exclude={"operator"})) for each in requests]
    distinct = dict(zip(questions, requests, strict=True))
    replies = {key: _reply(connection, catalog, request, now) for key, request in distinct.items()}
    return [replies[key] for key in questions]


def _reply(connection: Connection, catalog: CatalogCache, request: DeskRequest, now: datetime) -> Reply:
    clinic = catalog.clinic(request.hospital, request.clinic)
    if clinic is None:
        return problems.no_such_clinic(has_hospital=catalog.hospital(request.hospital) is not None)
    if isinstance(request, ReportRequest):  # of a retired clinic, too
        day = ClinicDay(*clinic.key, request.service_date or clinic.service_date(now))
        return clinic_report(clinic, day.service_date, store.read_courses(connection, day))
    assert isinstance(request, DeskQueueRequest)
    loaded = load_queue(connection, clinic.as_of(now), request, now)
    # A retired clinic is there until its queue is empty.
    if clinic.retired and not (loaded.queue.waiting or loaded.in_rooms):
        return problems.clinic_not_found()
    return compose_queue(loaded, request)
