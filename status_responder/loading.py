"""Loads what a batch of patients' look-ups is about, from one snapshot of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.domain.clinic_day import ClinicDay
from common.domain.queue import Queue
from common.domain.queue_advance import Waiter
from common.domain.ticket_states import TicketStatus
from common.messages.message import Request
from common.messages.patients import ClinicQueueRequest, ListClinics, TicketStatusRequest
from common.storage.catalog import CatalogCache, CatalogChanged, read_version
from common.storage.engine import Engine, snapshot
from common.storage.queues import read_queues
from common.storage.service_times import Learned, read_service_times
from common.storage.ticket_views import (
    Occupants,
    TicketView,
    read_rooms,
    read_ticket_views,
)
from common.storage.visits import Visits, read_visits
from common.storage.waiters import next_waiters

_ATTEMPTS_MAX = 5

NEXT_SHOWN = 5
"""Numbers that a clinic's queue shows as the next to be called."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a batch of look-ups is about, at the moment `now`: tickets by their codes; the queues of today of
    the clinics asked for, without those in which nobody has stood; who is in their rooms and who waits; the
    visits of the tickets."""

    now: datetime
    tickets: Mapping[str, TicketView]
    queues: Mapping[ClinicDay, Queue]
    occupants: Occupants
    learned: Learned
    waiters: Mapping[ClinicDay, Sequence[Waiter]]
    visits: Visits


def load(engine: Engine, catalog: CatalogCache, requests: Sequence[Request], now: datetime) -> Loaded:
    """Reads everything in one read-only transaction, and brings `catalog` up to date.

    The number of statements does not depend on how many requests there are. Raises StoreUnavailable.
    """
    for _ in range(_ATTEMPTS_MAX - 1):
        try:
            return _load(engine, catalog, requests, now)
        except CatalogChanged:
            with snapshot(engine) as connection:
                catalog.refresh(connection)
    return _load(engine, catalog, requests, now)


def _load(engine: Engine, catalog: CatalogCache, requests: Sequence[Request], now: datetime) -> Loaded:
    codes = {code for each in requests if isinstance(each, TicketStatusRequest) for code in each.ticket_codes}
    with snapshot(engine, pipelined=True) as connection:
        # Sent before the first result is waited for: one round trip.
        version, views = read_version(connection), read_ticket_views(connection, codes)
        catalog.catch_up(connection, version())
        tickets = views()
        waited_in = {view.clinic_day for view in tickets.values() if view.status is TicketStatus.WAITING}
        asked_for, listed = _queues_asked_for(catalog, requests, now), _queues_listed(catalog, requests, now)
        shown = asked_for | listed | waited_in
        visits = read_visits(connection, {view.visit for view in tickets.values() if view.visit is not None})
        occupants = read_rooms(connection, shown)
        learned = read_service_times(connection, map(catalog.clinic_of, shown))
        queues = read_queues(connection, asked_for | listed)
        waiters = next_waiters(connection, asked_for, NEXT_SHOWN)
    # What was sent last has come with the answer to the end.
    return Loaded(now, tickets, queues, occupants(), learned(), waiters, visits())


def _queues_asked_for(catalog: CatalogCache, requests: Sequence[Request], now: datetime) -> set[ClinicDay]:
    """Today's queues of the clinics whose queue is asked for."""
    keys = {(each.hospital, each.clinic) for each in requests if isinstance(each, ClinicQueueRequest)}
    return {clinic.clinic_day(now) for key in keys if (clinic := catalog.clinic(*key)) is not None}


def _queues_listed(catalog: CatalogCache, requests: Sequence[Request], now: datetime) -> set[ClinicDay]:
    """Today's queues of all clinics of the hospitals whose clinics are asked for."""
    hospitals = {each.hospital for each in requests if isinstance(each, ListClinics)}
    return {clinic.clinic_day(now) for code in hospitals for clinic in catalog.clinics_of(code)}
