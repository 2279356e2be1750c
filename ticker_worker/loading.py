"""Loads what a batch of ticks and desks' requests is about: the queues, under their locks, and what the same
ticks and requests did before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.clock import Clock
from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.queue import Queue
from common.messages import problems
from common.messages.desks import DeskRequest, TicketAction, Transfer
from common.messages.events import Tick
from common.messages.problems import Problem
from common.messaging.received_requests import ReceivedRequest
from common.storage import journal
from common.storage.catalog import CatalogCache, CatalogChanged
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.queues import lock_all_queues
from common.storage.refusals import Refusal, find_refusals

_YEARS = (2000, 9000)
"""A tick of a day outside of these years is of no queue."""

Identity = tuple[str, bytes]
"""The id of a request, and what it asks for."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A batch at the moment `now`. `days` are today's queues that each request is about, its own clinic's
    first; `queues` are locked, and as they were read; `recorded` is what causes have changed before."""

    now: datetime
    ticks: Sequence[Tick]
    requests: Sequence[ReceivedRequest]
    days: Mapping[Identity, Sequence[ClinicDay]]
    queues: Mapping[ClinicDay, Queue]
    recorded: Mapping[str, Sequence[JournalEntry]]
    refusals: Sequence[Refusal]

    def passing_causes(self, request: ReceivedRequest) -> dict[ClinicDay, str]:
        """Under which ids time passes in the queues that a request is about, before it is decided."""
        return passing_causes(request, self.days)

    def named_day(self, request: ReceivedRequest) -> ClinicDay | None:
        """The queue of the day before, where a request names it."""
        return _named_day(request, self.days)


def load(
    connection: Connection, catalog: CatalogCache, clock: Clock, batch: Sequence[Tick | ReceivedRequest]
) -> Loaded:
    """Locks the queues of a batch, and reads what was done before under its ids.

    Raises QueuesMissing, and CatalogChanged where other queues are to be locked.
    """
    ticks = [each for each in batch if isinstance(each, Tick)]
    requests = [each for each in batch if isinstance(each, ReceivedRequest)]
    if requests:
        catalog.refresh(connection)  # to know their queues
    now = clock.now()
    days = _days_of(requests, catalog, now)
    queues = _lock(connection, catalog, ticks, requests, days, now)
    # Now that nobody else holds their locks: others may have changed a clinic, and time has passed.
    catalog.refresh(connection)
    now = clock.now()
    if days != _days_of(requests, catalog, now):
        raise CatalogChanged  # or the service day of a request's clinic has ended
    ids = {each.request_id for each in requests}
    passing = [cause_id for each in requests for cause_id in passing_causes(each, days).values()]
    recorded = journal.find_by_causes(connection, [*(tick.id for tick in ticks), *passing, *ids])
    return Loaded(now, ticks, requests, days, queues, recorded, find_refusals(connection, ids))


def tick_day(tick: Tick) -> ClinicDay:
    """The queue that a tick moves."""
    return ClinicDay(tick.hospital, tick.clinic, tick.service_date)


def find_clinic(catalog: CatalogCache, request: DeskRequest) -> Clinic | Problem:
    """The clinic that a desk's request is about, which may be retired."""
    clinic = catalog.clinic(request.hospital, request.clinic)
    if clinic is None:
        found = catalog.hospital(request.hospital)
        return problems.clinic_not_found() if found else problems.hospital_not_found()
    return clinic


def _days_of(
    requests: Iterable[ReceivedRequest], catalog: CatalogCache, now: datetime
) -> dict[Identity, list[ClinicDay]]:
    """Today's queues that each request is about, its own clinic's first; none, if there is no such clinic."""
    return {
        each.identity: [clinic.clinic_day(now) for clinic in _clinics_of(each, catalog)] for each in requests
    }


def _clinics_of(received: ReceivedRequest, catalog: CatalogCache) -> list[Clinic]:
    request = received.request
    assert isinstance(request, DeskRequest)
    own = find_clinic(catalog, request)
    if isinstance(own, Problem):
        return []
    other = catalog.clinic(request.hospital, request.to_clinic) if isinstance(request, Transfer) else None
    return [own] if other is None else [own, other]


def _lock(
    connection: Connection,
    catalog: CatalogCache,
    ticks: Sequence[Tick],
    requests: Sequence[ReceivedRequest],
    days: Mapping[Identity, Sequence[ClinicDay]],
    now: datetime,
) -> dict[ClinicDay, Queue]:
    """Locks the queues of the requests; those of the ticks and of retired clinics, where they exist; of the
    days before, those that are not over yet; and of the ticks' days that are over, those that follow."""
    keys = {key for of_request in days.values() for key in of_request}
    retired = {key for key in keys if catalog.clinic_of(key).retired}
    ticked = {tick_day(tick) for tick in ticks if _YEARS[0] < tick.service_date.year < _YEARS[1]}
    named = {key for each in requests if (key := _named_day(each, days)) is not None}
    following = {key.day_after for key in ticked if _has_ended(key, catalog, now)}
    return lock_all_queues(
        connection,
        keys - retired,
        catalog.day_start,
        now,
        besides=ticked | named | following | retired,
        if_due={key.day_before for key in keys | ticked},
    )()


def _has_ended(key: ClinicDay, catalog: CatalogCache, now: datetime) -> bool:
    clinic = catalog.clinic(key.hospital, key.clinic)
    return clinic is not None and clinic.day_end(key.service_date) <= now


def _named_day(received: ReceivedRequest, days: Mapping[Identity, Sequence[ClinicDay]]) -> ClinicDay | None:
    for key in days[received.identity][:1]:
        request = received.request
        if isinstance(request, TicketAction) and request.service_date == key.day_before.service_date:
            return key.day_before
    return None


def passing_causes(
    received: ReceivedRequest, days: Mapping[Identity, Sequence[ClinicDay]]
) -> dict[ClinicDay, str]:
    """Under which ids time passes in the queues that a request is about, before it is decided."""
    return {key: f"{received.request_id}.{key.hospital}.{key.clinic}" for key in days[received.identity]}
