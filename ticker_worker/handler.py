"""What moves queues: ticks, and what the staff at a clinic's desk ask for. A batch is one transaction.

The rows of the service days are locked first. Time passes in them, then each request is decided in the order
of arrival: what it did before (found in the journal by its id), else what it may do now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common import problems
from common.clock import Clock
from common.desk_messages import (
    CallNext,
    CloseClinic,
    Complete,
    DeskRequest,
    MarkNoShow,
    OpenClinic,
    Recall,
    Reinstate,
    SetMode,
    SetPriority,
    SetRooms,
    Start,
    TicketAction,
    Transfer,
)
from common.domain.catalog import Clinic
from common.errors import StoreConflict
from common.events import Event, EventName, Tick, decode_tick
from common.messages import Problem, Reply, Request, encode_reply
from common.messaging.delivery import Delivery, Outcome
from common.messaging.topology import DESK_EXCHANGE
from common.requests import Asked, read_request
from common.storage import journal
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection, Engine, transaction
from common.storage.journal import JournalEntry
from common.storage.queues import (
    ClinicDay,
    QueuesMissing,
    QueueState,
    create_queues,
    day_after,
    day_before,
    lock_all_queues,
    new_queue,
    write_queues,
)
from common.storage.refusals import Refusal, find_refusals, remember_refusals
from common.storage.service_times import learn_service_times
from ticker_worker import desk_replies
from ticker_worker.desk import Desk, Refused
from ticker_worker.passing import PassingTime, days_needed

_ATTEMPTS_MAX = 5
_YEARS = (2000, 9000)
"""A tick of a day outside of these years is of no queue."""
_CHANGES: tuple[type[DeskRequest], ...] = (
    OpenClinic,
    CloseClinic,
    CallNext,
    Recall,
    Start,
    Complete,
    MarkNoShow,
    Reinstate,
    SetPriority,
    Transfer,
    SetRooms,
    SetMode,
)
_REQUEST_TYPES: dict[str, type[Request]] = {each.name: each for each in _CHANGES}


@dataclass(frozen=True)
class TickerHandler:
    """Applies ticks and desks' requests to the queues in the database behind `engine`."""

    engine: Engine
    catalog: CatalogCache
    clock: Clock

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """One transaction for all deliveries.

        Raises StoreUnavailable, and StoreConflict where two ticks of different clinics have one id: one by
        one they can be applied.
        """
        read = [_read(delivery) for delivery in deliveries]
        changed = iter(self._change([each for each in read if not isinstance(each, Outcome)]))
        return [each if isinstance(each, Outcome) else next(changed) for each in read]

    def _change(self, asked: Sequence[Tick | Asked]) -> list[Outcome]:
        if not asked:
            return []
        for attempt in range(_ATTEMPTS_MAX):
            try:
                with transaction(self.engine) as connection:
                    return _Batch(connection, self.catalog, self.clock).apply(asked)
            except QueuesMissing as missing:
                with transaction(self.engine) as connection:
                    create_queues(connection, missing.queues)
            except _DayTurned:
                continue
            except StoreConflict:
                # The same id in another ticker's hands: looking again finds what the other did.
                if attempt == _ATTEMPTS_MAX - 1:
                    raise
        raise StoreConflict("The rows of queues do not stay.")


def _read(delivery: Delivery) -> Tick | Asked | Outcome:
    if delivery.name == EventName.CLINIC_TICK:
        try:
            return decode_tick(delivery.body)
        except ValueError as error:
            return Outcome(dead_letter=str(error))
    asked = read_request(_REQUEST_TYPES if delivery.exchange == DESK_EXCHANGE else {}, delivery)
    return Outcome(reply=asked) if isinstance(asked, Problem) else asked


def _clinic(catalog: CatalogCache, request: DeskRequest) -> Clinic | Problem:
    clinic = catalog.clinic(request.hospital, request.clinic)
    if clinic is None or clinic.retired:
        found = catalog.hospital(request.hospital)
        return problems.clinic_not_found() if found else problems.hospital_not_found()
    return clinic


class _DayTurned(Exception):
    """While the locks were waited for, the service day of a request's clinic has ended: look again."""


@dataclass(frozen=True, slots=True)
class _Decision:
    """What a request did, when it came first, or why it did nothing."""

    digest: bytes
    entries: Sequence[JournalEntry] = ()
    refusal: Problem | None = None
    # Whether the refusal could turn out otherwise when the request comes again, and must not.
    remember: bool = False


@dataclass
class _Batch:
    """Applies ticks and carries out requests in one transaction."""

    connection: Connection
    catalog: CatalogCache
    clock: Clock
    decisions: dict[str, _Decision] = field(default_factory=dict)

    def apply(self, asked: Sequence[Tick | Asked]) -> list[Outcome]:
        """The outcomes in their order; all that happened is written."""
        connection, now = self.connection, self.clock.now()
        ticks = [each for each in asked if isinstance(each, Tick)]
        requests = [each for each in asked if isinstance(each, Asked)]
        if requests:
            self.catalog.refresh(connection)  # to know their queues
        self.keys = {each.request_id: self._keys(each, now) for each in requests}
        self.queues = self._lock(ticks, requests, now)
        # Now that nobody else holds their locks: others may have changed a clinic, and time has passed.
        self.catalog.refresh(connection)
        self.now = self.clock.now()
        if any(self._keys(each, self.now) != self.keys[each.request_id] for each in requests):
            raise _DayTurned
        self._recall(ticks, requests)
        self._pass_time(ticks, requests)
        self.desk = Desk(connection, self.catalog, self.now, self.queues)
        for each in requests:
            if each.request_id not in self.decisions:
                self.decisions[each.request_id] = self._decide(each)
        learn_service_times(connection, self.desk.ended_calls)
        write_queues(connection, self.queues.values())
        journal.record(connection, [*self.passing.entries, *self.desk.entries], self.now)
        self._remember(requests)
        return [self._outcome(each) for each in asked]

    # --- before deciding --------------------------------------------------------------------------------

    def _keys(self, asked: Asked, now: datetime) -> list[ClinicDay]:
        """The queues of today that a request is about, its own clinic's first; none, if there is no such."""
        request = asked.request
        assert isinstance(request, DeskRequest)
        clinics = [_clinic(self.catalog, request)]
        if isinstance(request, Transfer):
            clinics.append(_clinic(self.catalog, request.model_copy(update={"clinic": request.to_clinic})))
        if isinstance(clinics[0], Problem):
            return []
        found = [clinic for clinic in clinics if isinstance(clinic, Clinic)]
        return [(*clinic.key, clinic.service_date(now)) for clinic in found]

    def _lock(
        self, ticks: Sequence[Tick], asked: Sequence[Asked], now: datetime
    ) -> dict[ClinicDay, QueueState]:
        """The queues of the requests, and those that there are of the ticks; of the days before, those that
        are not through yet, and of the ticks' days that are over, those to which they go over."""
        keys = {key for of_request in self.keys.values() for key in of_request}
        ticked = {_key(tick) for tick in ticks if _YEARS[0] < tick.service_date.year < _YEARS[1]}
        named = {key for each in asked if (key := self._named(each)) is not None}
        following = {day_after(key) for key in ticked if self._is_over(key, now)}
        return lock_all_queues(
            self.connection,
            keys,
            self.catalog.day_start,
            now,
            besides=ticked | named | following,
            if_due={day_before(key) for key in keys | ticked},
        )()

    def _is_over(self, key: ClinicDay, now: datetime) -> bool:
        clinic = self.catalog.clinic(key[0], key[1])
        return clinic is not None and clinic.day_end(key[2]) <= now

    def _named(self, asked: Asked) -> ClinicDay | None:
        """The queue of the day before, where a request names it."""
        for key in self.keys[asked.request_id][:1]:
            if isinstance(asked.request, TicketAction) and asked.request.service_date == day_before(key)[2]:
                return day_before(key)
        return None

    def _recall(self, ticks: Sequence[Tick], asked: Sequence[Asked]) -> None:
        """What these did before becomes their decision again."""
        passed = [cause_id for each in asked for cause_id in self._passing_causes(each).values()]
        ids = [each.request_id for each in asked]
        self.caused = journal.find_by_causes(self.connection, [tick.id for tick in ticks] + passed + ids)
        for request_id in self.caused.keys() & set(ids):
            entries = self.caused[request_id]
            self.decisions[request_id] = _Decision(entries[0].cause_digest or b"", entries)
        for refusal in find_refusals(self.connection, ids):
            answer = Problem.model_validate_json(refusal.problem)
            self.decisions[refusal.request_id] = _Decision(refusal.digest, refusal=answer)

    def _passing_causes(self, asked: Asked) -> dict[ClinicDay, str]:
        """Under which ids time passes in the queues that a request is about, before it is decided."""
        return {key: f"{asked.request_id}.{key[1]}" for key in self.keys[asked.request_id]}

    def _pass_time(self, ticks: Sequence[Tick], asked: Sequence[Asked]) -> None:
        # A queue is moved once per batch, by the first that has not moved it before; with it, and before it,
        # what is left of the day before.
        new = [(_key(tick), tick.id) for tick in ticks if _key(tick) in self.queues]
        for each in asked:
            if each.request_id not in self.decisions and not each.is_too_old(self.now):
                new += self._passing_causes(each).items()
        causes: dict[str, list[ClinicDay]] = {}
        free = set(self.queues)
        for key, cause_id in new:
            if cause_id not in self.caused and cause_id not in causes:
                causes[cause_id] = [each for each in (day_before(key), key) if each in free]
                free -= {*causes[cause_id]}
        moved = {key: self.queues[key] for keys in causes.values() for key in keys}
        if needed := days_needed(self.catalog, moved, self.now) - self.queues.keys():
            days = [new_queue(key, self.catalog.day_start(key), self.now) for key in needed]
            raise QueuesMissing(days)
        self.passing = PassingTime(self.connection, self.catalog, self.now, self.queues)
        self.caused |= self.passing.move(causes)

    # --- deciding ---------------------------------------------------------------------------------------

    def _decide(self, asked: Asked) -> _Decision:
        if asked.is_too_old(self.now):
            return _Decision(asked.digest, refusal=problems.request_expired(self.now))
        assert isinstance(asked.request, DeskRequest)
        clinic = _clinic(self.catalog, asked.request)
        if isinstance(clinic, Problem):
            return _Decision(asked.digest, refusal=clinic, remember=True)
        try:
            named = self._named(asked)
            key = named if named in self.queues else self.keys[asked.request_id][0]
            return _Decision(asked.digest, self.desk.carry_out(asked, key))
        except Refused as refused:
            return _Decision(asked.digest, refusal=refused.problem, remember=True)

    # --- after deciding ---------------------------------------------------------------------------------

    def _outcome(self, each: Tick | Asked) -> Outcome:
        if isinstance(each, Tick):
            return Outcome(events=_events(self.caused.get(each.id, ())))
        decision = self.decisions[each.request_id]
        if decision.digest != each.digest:
            return Outcome(reply=problems.request_id_reused())
        causes = self._passing_causes(each).values()
        passed = [event for cause_id in causes for event in _events(self.caused.get(cause_id, ()))]
        return Outcome(reply=self._reply(each, decision), events=[*passed, *_events(decision.entries)])

    def _reply(self, asked: Asked, decision: _Decision) -> Reply:
        if decision.refusal is not None:
            return decision.refusal
        assert isinstance(asked.request, DeskRequest)
        return desk_replies.desk_done(
            self.connection, self.catalog, asked.request, decision.entries, self.now
        )

    def _remember(self, asked: Sequence[Asked]) -> None:
        refused = {}
        for each in asked:
            decision = self.decisions[each.request_id]
            if decision.remember and decision.refusal is not None:
                code, body = decision.refusal.code, encode_reply(decision.refusal)
                refused[each.request_id] = Refusal(each.request_id, decision.digest, code, body, self.now)
        remember_refusals(self.connection, refused.values())


def _key(tick: Tick) -> ClinicDay:
    return (tick.hospital, tick.clinic, tick.service_date)


def _events(entries: Iterable[JournalEntry]) -> list[Event]:
    return [entry.event for entry in entries]
