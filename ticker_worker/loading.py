"""Loads what a batch of ticks and desks' requests is about: the queues, under their locks, and what the same
ticks and requests did before."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from common.authorisation import refusal
from common.clock import Clock
from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.queue import Queue
from common.messages import problems
from common.messages.desk_requests import DeskRequest, TicketAction, ToAnotherClinic, Undo
from common.messages.events import Tick
from common.messages.problems import Problem
from common.messaging.received_requests import ReceivedRequest
from common.storage import journal
from common.storage.catalog import CatalogCache, CatalogChanged
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.queues import lock_all_queues
from common.storage.remembered_refusals import Refusal, find_refusals

_YEARS = (2000, 9000)
"""A tick of a day outside of these years is of no queue."""

Identity = tuple[str, bytes]
"""The id of a request, and what it asks for."""


class QueuesNeeded(Exception):
    """A request turns out to be about queues that are not locked: nothing was done; lock them, too, with all
    others and in the order of all."""

    def __init__(self, queues: Set[ClinicDay]) -> None:
        super().__init__(f"Queues that are not locked: {len(queues)}.")
        self.queues = queues


@dataclass(frozen=True, slots=True)
class Loaded:
    """A batch at the moment `now`.

    `not_permitted` are the requests that their users may not make, with the answer: for them no queue is
    locked, and no time passes. `days` are today's queues that each request is about, its own clinic's first;
    `named_days` the queue of the day before, where a request names it; `causes` the ids under which time
    passes in `days` before the request is decided. `queues` are locked, and as they were read; `recorded` is
    what each cause has changed before, `refusals` what was refused before.
    """

    now: datetime
    ticks: Sequence[Tick]
    requests: Sequence[ReceivedRequest]
    not_permitted: Mapping[Identity, Problem]
    days: Mapping[Identity, Sequence[ClinicDay]]
    named_days: Mapping[Identity, ClinicDay]
    causes: Mapping[Identity, Mapping[ClinicDay, str]]
    queues: Mapping[ClinicDay, Queue]
    recorded: Mapping[str, Sequence[JournalEntry]]
    refusals: Sequence[Refusal]

    @property
    def is_alone(self) -> bool:
        """Whether it is one tick or request, which cannot be divided."""
        return len(self.ticks) + len(self.requests) == 1


def load(
    connection: Connection,
    catalog: CatalogCache,
    clock: Clock,
    batch: Sequence[Tick | ReceivedRequest],
    needed: Set[ClinicDay] = frozenset(),
) -> Loaded:
    """Locks the queues of a batch, and those that turned out to be `needed`, and reads what was done before
    under its ids.

    Raises QueuesMissing, and CatalogChanged where other queues are to be locked.
    """
    ticks = [each for each in batch if isinstance(each, Tick)]
    requests = [each for each in batch if isinstance(each, ReceivedRequest)]
    if requests:
        catalog.refresh(connection)  # to know their queues
    now = clock.now()
    not_permitted = _not_permitted(requests, catalog)
    days = _days_of(requests, catalog, now)
    permitted = [each for each in requests if each.identity not in not_permitted]
    named_days = _named_days(permitted, days)
    asked_for = {key for each in permitted for key in days[each.identity]}
    also = {*named_days.values(), *_days_of_undoings(permitted, days)}
    queues = _lock(connection, catalog, ticks, asked_for | needed, also, now)
    # Under the locks: another process may have changed a clinic meanwhile, and time has passed.
    catalog.refresh(connection)
    now = clock.now()
    if days != _days_of(requests, catalog, now) or not_permitted != _not_permitted(requests, catalog):
        raise CatalogChanged  # or the service day of a request's clinic has ended
    causes = {
        identity: {key: f"{identity[0]}.{key.hospital}.{key.clinic}" for key in keys}
        for identity, keys in days.items()
    }
    ids = {each.request_id for each in requests}
    passing = [cause_id for of_request in causes.values() for cause_id in of_request.values()]
    recorded = journal.find_by_causes(connection, [*(tick.id for tick in ticks), *passing, *ids])
    refusals = find_refusals(connection, ids)
    return Loaded(now, ticks, requests, not_permitted, days, named_days, causes, queues, recorded, refusals)


def tick_day(tick: Tick) -> ClinicDay:
    """The queue that a tick moves."""
    return ClinicDay(tick.hospital, tick.clinic, tick.service_date)


def find_clinic(catalog: CatalogCache, request: DeskRequest) -> Clinic | Problem:
    """The clinic that a desk's request is about, which may be retired."""
    clinic = catalog.clinic(request.hospital, request.clinic)
    if clinic is None:
        return problems.no_such_clinic(has_hospital=catalog.hospital(request.hospital) is not None)
    return clinic


def _not_permitted(requests: Iterable[ReceivedRequest], catalog: CatalogCache) -> dict[Identity, Problem]:
    """The requests that are not permitted, with the answer."""
    found = {each.identity: refusal(catalog, each.user or "", each.request) for each in requests}
    return {identity: problem for identity, problem in found.items() if problem is not None}


def _days_of(
    requests: Iterable[ReceivedRequest], catalog: CatalogCache, now: datetime
) -> dict[Identity, list[ClinicDay]]:
    """Today's queues that each request is about, its own clinic's first; none for an unknown clinic."""
    found: dict[Identity, list[ClinicDay]] = {}
    for each in requests:
        request = each.request
        assert isinstance(request, DeskRequest)
        clinics = [catalog.clinic(request.hospital, request.clinic)]
        if clinics[0] is not None and isinstance(request, ToAnotherClinic):
            clinics.append(catalog.clinic(request.hospital, request.to_clinic))
        found[each.identity] = [clinic.clinic_day(now) for clinic in clinics if clinic is not None]
    return found


def _named_days(
    requests: Iterable[ReceivedRequest], days: Mapping[Identity, Sequence[ClinicDay]]
) -> dict[Identity, ClinicDay]:
    return {
        each.identity: own.day_before
        for each in requests
        for own in days[each.identity][:1]
        if isinstance(each.request, TicketAction | Undo)
        and each.request.service_date == own.day_before.service_date
    }


def _days_of_undoings(
    requests: Iterable[ReceivedRequest], days: Mapping[Identity, Sequence[ClinicDay]]
) -> set[ClinicDay]:
    """The queues of the day before, in which what is taken back may have begun."""
    return {
        key.day_before for each in requests if isinstance(each.request, Undo) for key in days[each.identity]
    }


def _lock(
    connection: Connection,
    catalog: CatalogCache,
    ticks: Sequence[Tick],
    keys: Set[ClinicDay],
    named: Iterable[ClinicDay],
    now: datetime,
) -> dict[ClinicDay, Queue]:
    """Locks the queues `keys` of the requests; those of the ticks and of retired clinics, where they exist;
    of the days before, those that are not over yet; and of the ticks' days that are over, those that
    follow."""
    retired = {key for key in keys if catalog.clinic_of(key).retired}
    ticked = {tick_day(tick) for tick in ticks if _YEARS[0] < tick.service_date.year < _YEARS[1]}
    following = {
        key.day_after
        for key in ticked
        if (clinic := catalog.clinic(key.hospital, key.clinic)) is not None
        and clinic.day_end(key.service_date) <= now
    }
    return lock_all_queues(
        connection,
        keys - retired,
        catalog.day_start,
        now,
        besides={*ticked, *named, *following, *retired},
        if_due={key.day_before for key in keys | ticked},
    )()
