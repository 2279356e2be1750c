"""A batch of ticks and of desks' requests, applied in one transaction.

The rows of the service days are locked first. Time passes in them, then each request is decided in the order
of arrival: what it did before (found in the journal by its id), else what it may do now.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from common.clock import Clock
from common.domain.catalog import Clinic
from common.domain.ticket_states import IN_ROOM
from common.messages import problems
from common.messages.desks import CloseClinic, DeskRequest, OpenClinic, TicketAction, Transfer, WaitingFate
from common.messages.events import Event, Tick
from common.messages.message import EncodedReply, Reply, Request, encode_reply
from common.messages.problems import Problem
from common.messaging.delivery import Outcome
from common.messaging.received_requests import ReceivedRequest
from common.storage import journal
from common.storage.catalog import CatalogCache, CatalogChanged
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.queues import (
    ClinicDay,
    QueuesMissing,
    QueueState,
    day_after,
    day_before,
    lock_all_queues,
    new_queue,
    write_queues,
)
from common.storage.refusals import Refusal, find_refusals, remember_refusals
from common.storage.service_times import learn_service_times
from common.storage.ticket_rows import tickets_in_state
from ticker_worker import desk_replies
from ticker_worker.closing import Closing
from ticker_worker.desk import Desk
from ticker_worker.passing import PassingTime, days_needed
from ticker_worker.refused import Refused

CHANGES_AT_ONCE_MAX = 2_000
"""Changes in one transaction of several requests and ticks: as many as take about half a second."""

_YEARS = (2000, 9000)
"""A tick of a day outside of these years is of no queue."""


class TooMuchAtOnce(Exception):
    """More happens than one transaction should do: nothing was done, divide the batch."""


class Applied(NamedTuple):
    """The outcomes in their order; those at the places of `closings` are still to be completed."""

    outcomes: list[Outcome]
    closings: dict[int, Closing]


def find_clinic(catalog: CatalogCache, request: DeskRequest) -> Clinic | Problem:
    """The clinic that a desk's request is about, which may be retired."""
    clinic = catalog.clinic(request.hospital, request.clinic)
    if clinic is None:
        found = catalog.hospital(request.hospital)
        return problems.clinic_not_found() if found else problems.hospital_not_found()
    return clinic


@dataclass(frozen=True, slots=True)
class _Decision:
    """What a request did, when it came first, or why it did nothing."""

    digest: bytes
    entries: Sequence[JournalEntry] = ()
    refusal: Problem | EncodedReply | None = None
    closing: Closing | None = None


class _Answer(NamedTuple):
    """What becomes of a request, and the closing that is told of step by step, if it began one."""

    outcome: Outcome
    closing: Closing | None = None


@dataclass
class Batch:
    """Applies ticks and carries out requests in one transaction."""

    connection: Connection
    catalog: CatalogCache
    clock: Clock
    # Of each request id that was carried out or refused.
    decisions: dict[str, _Decision] = field(default_factory=dict)
    # What came too late, and has not kept its id.
    expired: set[tuple[str, bytes]] = field(default_factory=set)
    # What each tick, and the passing of time before a request, has changed.
    caused: dict[str, list[JournalEntry]] = field(default_factory=lambda: defaultdict(list))

    def apply(self, asked: Sequence[Tick | ReceivedRequest]) -> Applied | None:
        """Writes all that happened; None where this is a part of what comes before a single request, which is
        then to be applied again. Raises TooMuchAtOnce for a batch of several, CatalogChanged and
        QueuesMissing."""
        connection, now = self.connection, self.clock.now()
        ticks = [each for each in asked if isinstance(each, Tick)]
        requests = [each for each in asked if isinstance(each, ReceivedRequest)]
        if requests:
            self.catalog.refresh(connection)  # to know their queues
        self.keys = {each.identity: self._keys(each, now) for each in requests}
        self.queues = self._lock(ticks, requests, now)
        # Now that nobody else holds their locks: others may have changed a clinic, and time has passed.
        self.catalog.refresh(connection)
        self.now = self.clock.now()
        if self.keys != {each.identity: self._keys(each, self.now) for each in requests}:
            raise CatalogChanged  # or the service day of a request's clinic has ended
        self._recall(ticks, requests)
        undecided = self._undecided(requests)
        self._pass_time(ticks, undecided)
        if any(self._comes_too_early(each) for each in undecided):
            if len(asked) > 1:
                raise TooMuchAtOnce
            if self.passing.entries:
                self._write(self.passing.entries)
                return None
        self.desk = Desk(connection, self.catalog, self.now, self.queues)
        to_decide = {each.identity for each in undecided}
        answers = [self._answer(each, to_decide) for each in requests]
        entries = [*self.passing.entries, *self.desk.entries]
        if len(entries) > CHANGES_AT_ONCE_MAX and len(asked) > 1:
            raise TooMuchAtOnce
        learn_service_times(connection, self.desk.ended_calls)
        self._write(entries)
        self._remember(undecided)
        self.desk.write_clinics()
        return self._applied(asked, iter(answers))

    # --- before deciding --------------------------------------------------------------------------------

    def _keys(self, asked: ReceivedRequest, now: datetime) -> list[ClinicDay]:
        """The queues of today that a request is about, its own clinic's first; none, if there is no such."""
        request = asked.request
        assert isinstance(request, DeskRequest)
        own = find_clinic(self.catalog, request)
        if isinstance(own, Problem):
            return []
        found = [own]
        if isinstance(request, Transfer):
            there = self.catalog.clinic(request.hospital, request.to_clinic)
            found += [there] if there is not None else []
        return [(*clinic.key, clinic.service_date(now)) for clinic in found]

    def _lock(
        self, ticks: Sequence[Tick], requests: Sequence[ReceivedRequest], now: datetime
    ) -> dict[ClinicDay, QueueState]:
        """The queues of the requests, and those that there are of the ticks and of retired clinics; of the
        days before, those that are not through yet, and of the ticks' days that are over, those to which they
        go over."""
        keys = {key for of_request in self.keys.values() for key in of_request}
        retired = {key for key in keys if self.catalog.clinic_of(key).retired}
        ticked = {_key(tick) for tick in ticks if _YEARS[0] < tick.service_date.year < _YEARS[1]}
        named = {key for each in requests if (key := self._named(each)) is not None}
        following = {day_after(key) for key in ticked if self._is_over(key, now)}
        return lock_all_queues(
            self.connection,
            keys - retired,
            self.catalog.day_start,
            now,
            besides=ticked | named | following | retired,
            if_due={day_before(key) for key in keys | ticked},
        )()

    def _is_over(self, key: ClinicDay, now: datetime) -> bool:
        clinic = self.catalog.clinic(key[0], key[1])
        return clinic is not None and clinic.day_end(key[2]) <= now

    def _named(self, asked: ReceivedRequest) -> ClinicDay | None:
        """The queue of the day before, where a request names it."""
        for key in self.keys[asked.identity][:1]:
            if isinstance(asked.request, TicketAction) and asked.request.service_date == day_before(key)[2]:
                return day_before(key)
        return None

    def _recall(self, ticks: Sequence[Tick], requests: Sequence[ReceivedRequest]) -> None:
        """What these did before becomes their decision again."""
        passed = [cause_id for each in requests for cause_id in self._passing_causes(each).values()]
        ids = {each.request_id for each in requests}
        found = journal.find_by_causes(self.connection, [*(tick.id for tick in ticks), *passed, *ids])
        self.caused.update(found)
        for each in requests:
            entries = found.get(each.request_id)
            if entries is not None:
                digest = entries[0].cause_digest or b""
                if each.digest == digest or each.request_id not in self.decisions:
                    is_same = each.digest == digest
                    closing = Closing(entries[:1]) if is_same and _cancels(each.request) else None
                    self.decisions[each.request_id] = _Decision(digest, entries, closing=closing)
        for refusal in find_refusals(self.connection, ids):
            remembered = _Decision(refusal.digest, refusal=refusal.reply)
            self.decisions.setdefault(refusal.request_id, remembered)

    def _undecided(self, requests: Sequence[ReceivedRequest]) -> list[ReceivedRequest]:
        """What is to be decided now: of several requests with one id, the first."""
        found: dict[str, ReceivedRequest] = {}
        for each in requests:
            if each.request_id in self.decisions or each.request_id in found:
                continue
            if each.is_too_old(self.now):
                self.expired.add(each.identity)
            else:
                found[each.request_id] = each
        return list(found.values())

    def _passing_causes(self, asked: ReceivedRequest) -> dict[ClinicDay, str]:
        """Under which ids time passes in the queues that a request is about, before it is decided."""
        return {key: f"{asked.request_id}.{key[0]}.{key[1]}" for key in self.keys[asked.identity]}

    def _pass_time(self, ticks: Sequence[Tick], undecided: Sequence[ReceivedRequest]) -> None:
        # A queue is moved once per batch, by the first that has not moved it before; with it, and before it,
        # what is left of the day before.
        new = [(_key(tick), tick.id) for tick in ticks if not self._has_moved(tick)]
        new += [item for each in undecided for item in self._passing_causes(each).items()]
        causes: dict[str, list[ClinicDay]] = defaultdict(list)
        free = set(self.queues)
        for key, cause_id in new:
            moved = [each for each in (day_before(key), key) if each in free] if key in self.queues else []
            causes[cause_id] += moved
            free -= {*moved}
        moving = {key: self.queues[key] for keys in causes.values() for key in keys}
        if needed := days_needed(self.catalog, moving, self.now) - self.queues.keys():
            days = [new_queue(key, self.catalog.day_start(key), self.now) for key in needed]
            raise QueuesMissing(days)
        recorded = {cause_id: len(self.caused[cause_id]) for cause_id in causes}
        self.passing = PassingTime(self.connection, self.catalog, self.now, self.queues)
        for cause_id, entries in self.passing.move(causes, recorded).items():
            self.caused[cause_id] += entries

    def _comes_too_early(self, asked: ReceivedRequest) -> bool:
        """Whether some of the day before are still to come over, without whom a request cannot be decided:
        the first ones of each queue, and all of those whom it cancels."""
        keys = self.keys[asked.identity]
        if _cancels(asked.request):
            return any(self.passing.awaits_handover(self.queues[key]) for key in keys if key in self.queues)
        return any(day_before(key) in self.passing.cut_short for key in keys)

    def _has_moved(self, tick: Tick) -> bool:
        """Whether a tick was applied to its clinic before."""
        return any(
            (entry.event.hospital, entry.event.clinic) == (tick.hospital, tick.clinic)
            for entry in self.caused[tick.id]
        )

    # --- deciding ---------------------------------------------------------------------------------------

    def _answer(self, asked: ReceivedRequest, to_decide: set[tuple[str, bytes]]) -> _Answer:
        """Decides a request, if it is one of those that are to be decided. The reply describes this moment,
        and nothing of what later requests change."""
        if asked.request_id not in self.decisions and asked.identity in to_decide:
            self.decisions[asked.request_id] = self._decide(asked)
        decision = self._decision(asked)
        if decision is not self.decisions.get(asked.request_id):
            return _Answer(Outcome(reply=decision.refusal))
        causes = self._passing_causes(asked).values()
        passed = [event for cause_id in causes for event in _events(self.caused[cause_id])]
        if decision.closing is not None:
            return _Answer(Outcome(events=passed), decision.closing)
        return _Answer(
            Outcome(reply=self._reply(asked, decision), events=[*passed, *_events(decision.entries)])
        )

    def _reply(self, asked: ReceivedRequest, decision: _Decision) -> Reply | EncodedReply:
        if decision.refusal is not None:
            return decision.refusal
        assert isinstance(asked.request, DeskRequest)
        return desk_replies.desk_done(
            self.connection, self._clinic_of, self.queues, asked.request, decision.entries, self.now
        )

    def _clinic_of(self, day: ClinicDay) -> Clinic:
        """The clinic of a service day, as this batch has left it until now."""
        return self.desk.changed_clinics.get(day[:2]) or self.catalog.clinic_of(day)

    def _decide(self, asked: ReceivedRequest) -> _Decision:
        request = asked.request
        assert isinstance(request, DeskRequest)
        clinic = find_clinic(self.catalog, request)
        if isinstance(clinic, Problem):
            return _Decision(asked.digest, refusal=clinic)
        key = self.keys[asked.identity][0]
        if clinic.retired and not self._goes_on(key, request):
            return _Decision(asked.digest, refusal=problems.clinic_not_found())
        named = self._named(asked)
        try:
            entries = self.desk.carry_out(asked, named if named in self.queues else key)
        except Refused as refused:
            return _Decision(asked.digest, refusal=refused.problem)
        return _Decision(asked.digest, entries, closing=self.desk.closings.get(asked.request_id))

    def _goes_on(self, key: ClinicDay, request: DeskRequest) -> bool:
        """Whether a retired clinic still does what is asked: until its queue is empty, all but open."""
        if key not in self.queues or isinstance(request, OpenClinic):
            return False
        days = [each for each in (day_before(key), key) if each in self.queues]
        return any(
            self.queues[each].waiting or tickets_in_state(self.connection, each, IN_ROOM) for each in days
        )

    # --- after deciding ---------------------------------------------------------------------------------

    def _applied(self, asked: Sequence[Tick | ReceivedRequest], answers: Iterator[_Answer]) -> Applied:
        outcomes, closings = [], {}
        for place, each in enumerate(asked):
            if isinstance(each, Tick):
                outcomes.append(Outcome(events=_events(self.caused[each.id])))
                continue
            outcome, closing = next(answers)
            outcomes.append(outcome)
            if closing is not None:
                closings[place] = closing
        return Applied(outcomes, closings)

    def _write(self, entries: Sequence[JournalEntry]) -> None:
        write_queues(self.connection, self.queues.values())
        journal.record(self.connection, entries, self.now)

    def _decision(self, asked: ReceivedRequest) -> _Decision:
        decision = self.decisions.get(asked.request_id)
        is_same = decision is not None and decision.digest == asked.digest
        if decision is None or (asked.identity in self.expired and not is_same):
            return _Decision(asked.digest, refusal=problems.request_expired(self.now))
        return decision if is_same else _Decision(asked.digest, refusal=problems.request_id_reused())

    def _remember(self, decided: Sequence[ReceivedRequest]) -> None:
        refused = []
        for each in decided:
            refusal = self.decisions[each.request_id].refusal
            if isinstance(refusal, Problem):
                body = encode_reply(refusal)
                refused.append(Refusal(each.request_id, each.digest, refusal.code, body, self.now))
        remember_refusals(self.connection, refused)


def _key(tick: Tick) -> ClinicDay:
    return (tick.hospital, tick.clinic, tick.service_date)


def _cancels(request: Request) -> bool:
    return isinstance(request, CloseClinic) and request.waiting is WaitingFate.CANCEL


def _events(entries: Iterable[JournalEntry]) -> list[Event]:
    return [entry.event for entry in entries]
