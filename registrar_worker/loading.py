"""Loads what a batch of requests is about: the queues, under their locks, the tickets and patients named, and
what the same requests did before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from common.authorisation import refusal
from common.domain.catalog import Clinic, Identity
from common.domain.clinic_day import ClinicDay
from common.domain.partial_dates import PartialDate
from common.domain.person_names import Person, is_same_person
from common.domain.queue import Queue
from common.messages import problems
from common.messages.desk_requests import DeskRegister
from common.messages.patients import Cancel, Register
from common.messages.problems import Problem
from common.messaging.received_requests import ReceivedRequest
from common.registry_key import RegistryKey
from common.storage import journal
from common.storage.born_alike import BornAlike, find_born_alike
from common.storage.catalog import CatalogCache, CatalogChanged
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.queues import lock_all_queues
from common.storage.registries import RegistryAnswers, RegistryEntry, find_registered
from common.storage.remembered_refusals import Refusal, find_refusals
from common.storage.service_times import Learned, read_service_times
from common.storage.ticket_views import Occupants, TicketView, read_rooms, read_ticket_views
from registrar_worker import store
from registrar_worker.registrants import Registrant, registrant_of
from registrar_worker.store import HeldTicket, LookedFor, NumberOfDay, Patient, number_of_day

ClinicKey = tuple[str, str]
"""Hospital code and clinic code."""

RequestIdentity = tuple[str, bytes]
"""The id of a request, and what it asks for."""


@dataclass(frozen=True, slots=True)
class ClinicToday:
    """A clinic that takes patients, at the moment of a batch, and its queue of that service day. Who still
    waits on the day before, `goes_over`, is handed over to it; None where they expire."""

    clinic: Clinic
    day: ClinicDay
    is_open: bool
    goes_over: ClinicDay | None = None


class Registering(NamedTuple):
    """A registration of somebody in a clinic. `places` are where the patient can hold a ticket for this day,
    the queue of the day first. `is_at_desk`: by the staff, who see whom they register; `has_to_be_known`: the
    hospital registers by this way only whom its registry knows."""

    today: ClinicToday
    registrant: Registrant
    places: tuple[Patient, ...]
    is_at_desk: bool
    has_to_be_known: bool

    @property
    def patient(self) -> Patient:
        """Who is registered, and in which queue."""
        return self.places[0]

    @property
    def registry_entry(self) -> RegistryEntry | None:
        """The patient as a registry knows it; None for a newborn without a number, whom none knows."""
        (number, birth_order), _, born = self.registrant
        return None if birth_order else (self.today.day.hospital, number, born)


def registering(request: Register, today: ClinicToday) -> Registering | Problem:
    """What a request asks for in a clinic, or what it has to correct."""
    registrant = registrant_of(request, today.clinic.hospital, today.day.service_date)
    if isinstance(registrant, Problem):
        return registrant
    key, before = registrant.patient, today.goes_over
    places: tuple[Patient, ...] = ((today.day, key),) if before is None else ((today.day, key), (before, key))
    is_at_desk = isinstance(request, DeskRegister)
    has_to_be_known = not is_at_desk and today.clinic.hospital.identity is Identity.REGISTRY
    return Registering(today, registrant, places, is_at_desk, has_to_be_known)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A batch at the moment `now`.

    `not_permitted` are the requests that their users may not make, with the answer: for them nothing is
    locked or looked for but what they did before. `clinics` are those that registrations name, or why
    there is none, and `registrations` what those that can be made ask for; `queues` are locked, and as
    they were read. `recorded` is what requests have changed before, by their ids, and `recorded_tickets`
    are the codes of the tickets that were changed. `held` are the active tickets of the patients who
    register, those that wait to be handed over to the same queue among them, `ended` how many others they
    had in the same queue. `mismatches` is how often data did not match a number, where it is known: under
    a lock, where it may become one more. `registered` is what the registries say of the patients whom
    they have to know, and `born_alike` who was born on the day of somebody whom a desk registers.
    `tickets` are all that replies can show, by their codes, with what was `learned` of their clinics and
    who is in the rooms.
    """

    now: datetime
    not_permitted: Mapping[RequestIdentity, Problem]
    clinics: Mapping[ClinicKey, ClinicToday | Problem]
    registrations: Mapping[RequestIdentity, Registering]
    queues: Mapping[ClinicDay, Queue]
    recorded: Mapping[str, Sequence[JournalEntry]]
    recorded_tickets: Mapping[str, str]
    refusals: Sequence[Refusal]
    held: Mapping[Patient, HeldTicket]
    ended: Mapping[Patient, int]
    mismatches: Mapping[NumberOfDay, int]
    registered: RegistryAnswers
    born_alike: BornAlike
    tickets: Mapping[str, TicketView]
    occupants: Occupants
    learned: Learned


def load(
    connection: Connection,
    catalog: CatalogCache,
    requests: Sequence[ReceivedRequest],
    now: datetime,
    registry_key: RegistryKey | None = None,
) -> Loaded:
    """Locks the queues of a batch, then reads all that its decisions and replies depend on.

    Raises QueuesMissing, and CatalogChanged where other queues are to be locked, or registries to be asked.
    """
    codes = [each.request.ticket_code for each in requests if isinstance(each.request, Cancel)]
    clinics = _clinics_named(catalog, requests, now)
    not_permitted = _not_permitted(requests, catalog)
    asked = _registrations(requests, not_permitted, clinics)
    days = {each.today.day for each in asked if each is not None}
    days |= {*store.queues_of_tickets(connection, codes).values()}
    # All of these are sent before the first result is waited for: one round trip. The locks come first.
    locked = lock_all_queues(connection, days, catalog.day_start, now)
    views, in_rooms = read_ticket_views(connection, codes), read_rooms(connection, days)
    locked_clinics = (catalog.clinic(*day.clinic_key) for day in days)
    service_times = read_service_times(connection, filter(None, locked_clinics))
    looked_for = _looked_for(asked)
    ids = (each.request_id for each in requests)
    what_is_known = store.find_known(connection, zip(ids, looked_for, strict=True))
    to_be_known, seen_at_desk = _to_be_known(asked), _seen_at_desk(asked)
    what_is_registered = find_registered(connection, registry_key, to_be_known)
    born_alike = find_born_alike(connection, seen_at_desk)
    queues, known = locked(), what_is_known()
    if catalog.catch_up(connection, known.catalog_version) & clinics.keys():
        # Under the lock on its queue, the clinic stays as it is now.
        clinics = _clinics_named(catalog, requests, now)
        asked = _registrations(requests, not_permitted, clinics)
        now_wanted = _looked_for(asked), _to_be_known(asked), _seen_at_desk(asked)
        if (looked_for, to_be_known, seen_at_desk) != now_wanted:
            raise CatalogChanged  # other queues are to be locked, or other tickets and patients looked for
    if not_permitted != _not_permitted(requests, catalog):
        raise CatalogChanged
    tickets, occupants, learned = views(), in_rooms(), service_times()
    registered, others_born_then = what_is_registered(), born_alike()
    held = store.find_held_tickets(connection, known.held)
    unknown = {entry for entry in to_be_known if registered.knows(entry) is False}
    mismatches = store.lock_mismatches(connection, _may_mismatch(asked, held, unknown))
    refusals = find_refusals(connection, known.refused)
    recorded = journal.find_by_causes(connection, known.done) if known.done else {}
    recorded_tickets = _recorded_tickets(connection, recorded)
    shown = {*known.held, *recorded_tickets.values()}
    tickets |= read_ticket_views(connection, shown - tickets.keys())()
    others = {view.clinic_day for view in tickets.values()} - queues.keys()
    other_occupants, other_learned = _read_unlocked(connection, catalog, others)
    given = zip(requests, asked, strict=True)
    return Loaded(
        now=now,
        not_permitted=not_permitted,
        clinics=clinics,
        registrations={each.identity: found for each, found in given if found is not None},
        queues=queues,
        recorded=recorded,
        recorded_tickets=recorded_tickets,
        refusals=refusals,
        held=held,
        ended=known.ended,
        mismatches={**known.mismatches, **mismatches},
        registered=registered,
        born_alike=others_born_then,
        tickets=tickets,
        occupants={**occupants, **other_occupants},
        learned={**other_learned, **learned},
    )


def _clinics_named(
    catalog: CatalogCache, requests: Sequence[ReceivedRequest], now: datetime
) -> dict[ClinicKey, ClinicToday | Problem]:
    """The clinics that registrations name, each worked out once."""
    keys = {_clinic_key(each.request) for each in requests if isinstance(each.request, Register)}
    return {key: _clinic_today(catalog, key, now) for key in keys}


def _clinic_key(request: Register) -> ClinicKey:
    return (request.hospital, request.clinic)


def _clinic_today(catalog: CatalogCache, key: ClinicKey, now: datetime) -> ClinicToday | Problem:
    clinic = catalog.clinic(*key)
    if clinic is None or clinic.retired:
        return problems.no_such_clinic(has_hospital=catalog.hospital(key[0]) is not None)
    day = clinic.clinic_day(now)
    before = day.day_before
    # Whatever the time: the handover may be late.
    goes_over = before if clinic.expires_at(before.service_date) is None else None
    return ClinicToday(clinic, day, clinic.is_open(now), goes_over)


def _not_permitted(
    requests: Sequence[ReceivedRequest], catalog: CatalogCache
) -> dict[RequestIdentity, Problem]:
    """The requests of staff that are not permitted, with the answer."""
    found = {}
    for each in requests:
        problem = None if each.user is None else refusal(catalog, each.user, each.request)
        if problem is not None:
            found[each.identity] = problem
    return found


def _registrations(
    requests: Sequence[ReceivedRequest],
    not_permitted: Mapping[RequestIdentity, Problem],
    clinics: Mapping[ClinicKey, ClinicToday | Problem],
) -> list[Registering | None]:
    """What each request asks for; None for others, and where a registration cannot be."""
    found: list[Registering | None] = []
    for each in requests:
        asked = None
        if isinstance(each.request, Register) and each.identity not in not_permitted:
            today = clinics[_clinic_key(each.request)]
            asked = None if isinstance(today, Problem) else registering(each.request, today)
        found.append(None if isinstance(asked, Problem) else asked)
    return found


def _looked_for(asked: Sequence[Registering | None]) -> list[LookedFor | None]:
    """The patients, each with the day of which tickets go over to that of the registration."""
    found: list[LookedFor | None] = []
    for each in asked:
        if each is None:
            found.append(None)
        else:
            before = each.today.goes_over
            day_before = None if before is None else before.service_date
            found.append((each.today.day, day_before, each.registrant.patient))
    return found


def _to_be_known(asked: Sequence[Registering | None]) -> set[RegistryEntry]:
    """Whom the registries of their hospitals have to know."""
    entries = (each.registry_entry for each in asked if each is not None and each.has_to_be_known)
    return {entry for entry in entries if entry is not None}


def _seen_at_desk(asked: Sequence[Registering | None]) -> set[tuple[ClinicDay, PartialDate]]:
    """Where desks register, and when those were born whom they do."""
    at_desk = (each for each in asked if each is not None and each.is_at_desk)
    return {(each.today.day, each.registrant.date_of_birth) for each in at_desk}


def _may_mismatch(
    asked: Sequence[Registering | None],
    held: Mapping[Patient, HeldTicket],
    unknown: Collection[RegistryEntry],
) -> set[NumberOfDay]:
    """The numbers with which one batch sees two different people in one queue, or somebody whom the registry
    does not know: only of these may it decide that data do not match."""
    first: dict[Patient, Person] = {**held}
    found = set()
    for each in asked:
        if each is None:
            continue
        person, (patient, *before) = each.registrant, each.places
        others = [first.setdefault(patient, person), *(held[place] for place in before if place in held)]
        is_another = any(other is not person and not is_same_person(other, person) for other in others)
        is_unknown = each.has_to_be_known and (each.registry_entry is None or each.registry_entry in unknown)
        if is_another or is_unknown:
            found.add(number_of_day(patient))
    return found


def _recorded_tickets(
    connection: Connection, recorded: Mapping[str, Sequence[JournalEntry]]
) -> dict[str, str]:
    """The code of the ticket that each request has changed. (Several may be about one ticket: its
    registration, and its cancellation.) What opened or closed a clinic changed none."""
    places = {
        request_id: (first.clinic_day, first.number)
        for request_id, (first, *_) in recorded.items()
        if first.number is not None
    }
    codes = store.tickets_by_number(connection, {*places.values()})
    return {request_id: codes[place] for request_id, place in places.items()}


def _read_unlocked(
    connection: Connection, catalog: CatalogCache, days: Collection[ClinicDay]
) -> tuple[Occupants, Learned]:
    """What tickets of other queues than the locked ones show: who is in their rooms, and what was learned."""
    occupants = read_rooms(connection, days)
    learned = read_service_times(connection, map(catalog.clinic_of, days))
    return occupants(), learned()
