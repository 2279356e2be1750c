"""A batch of ticks and of desks' requests, applied in one transaction.

What the batch is about is loaded under the locks of its queues. Time passes in them, then each request is
decided in the order of arrival: what it did before (found in the journal by its id), else what it may do now.
All that changed is saved before the transaction ends.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from common.clock import Clock
from common.domain.clinic_day import ClinicDay
from common.domain.passing_time import awaits_handover
from common.domain.queue import Queue, new_queue
from common.domain.refusals import ActionRefused
from common.domain.ticket_states import IN_ROOM
from common.messages import problems
from common.messages.desks import DeskRequest, OpenClinic
from common.messages.events import Event, Tick
from common.messages.message import EncodedReply, Reply, encode_reply
from common.messages.problems import Problem
from common.messaging.delivery import Outcome
from common.messaging.received_requests import ReceivedRequest
from common.storage import journal
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from common.storage.journal import Cause, JournalEntry, entries_of
from common.storage.queues import QueuesMissing, write_changed_queues
from common.storage.refusals import Refusal, remember_refusals
from common.storage.service_times import learn_service_times
from common.storage.ticket_rows import tickets_in_state
from ticker_worker import desk_replies
from ticker_worker.closing import Closing
from ticker_worker.day_ends import end_days
from ticker_worker.decisions import Decision, Decisions
from ticker_worker.desk import Desk, cancels_waiting, problem_of
from ticker_worker.loading import Loaded, find_clinic, load, tick_day
from ticker_worker.moving import MovingQueues, days_needed

CHANGES_AT_ONCE_MAX = 2_000
"""Changes in one transaction of several requests and ticks: as many as take about half a second."""


class TooMuchAtOnce(Exception):
    """More happens than one transaction should do: nothing was done, divide the batch."""


class Applied(NamedTuple):
    """The outcomes in their order; those at the places of `closings` are still to be completed."""

    outcomes: list[Outcome]
    closings: dict[int, Closing]


class Moved(NamedTuple):
    """The queues of a batch at its moment, and what that has changed: `caused` is all that each cause has
    changed, before or now, `entries` what is to be recorded. Of the days `cut_short` some are still to come
    over to the next day."""

    queues: dict[ClinicDay, Queue]
    caused: Mapping[str, Sequence[JournalEntry]]
    entries: list[JournalEntry]
    cut_short: set[ClinicDay]


def apply(
    connection: Connection, catalog: CatalogCache, clock: Clock, batch: Sequence[Tick | ReceivedRequest]
) -> Applied | None:
    """Saves all that happened; None where this is a part of what comes before a single request, which is
    then to be applied again. Raises TooMuchAtOnce for a batch of several, CatalogChanged, QueuesMissing."""
    loaded = load(connection, catalog, clock, batch)
    decisions = Decisions.of(loaded)
    moved = _move(connection, catalog, loaded, decisions)
    if any(_comes_too_early(each, loaded, moved, catalog) for each in decisions.undecided.values()):
        if len(batch) > 1:
            raise TooMuchAtOnce
        if moved.entries:
            _save(connection, loaded, moved.queues, moved.entries)
            return None
    desk = Desk(connection, catalog, loaded.now, moved.queues)
    deciding = _Deciding(desk, loaded, moved, decisions)
    answers = [deciding.answer(each) for each in loaded.requests]
    entries = [*moved.entries, *desk.entries]
    if len(entries) > CHANGES_AT_ONCE_MAX and len(batch) > 1:
        raise TooMuchAtOnce
    learn_service_times(connection, desk.ended_calls)
    _save(connection, loaded, desk.queues, entries)
    remember_refusals(connection, _refused(loaded, decisions))
    desk.write_clinics()
    return _applied(batch, moved, iter(answers))


# --- time -----------------------------------------------------------------------------------------------


def _move(connection: Connection, catalog: CatalogCache, loaded: Loaded, decisions: Decisions) -> Moved:
    """Time passes in the queues of the batch; raises QueuesMissing."""
    causes = _causes(loaded, decisions)
    queues = {**loaded.queues}
    moving = [key for keys in causes.values() for key in keys]
    if needed := days_needed(catalog, queues, moving, loaded.now):
        raise QueuesMissing([new_queue(key, catalog.day_start(key), loaded.now) for key in needed])
    cause_of = {key: cause_id for cause_id, keys in causes.items() for key in keys}
    mover = MovingQueues.load(connection, catalog, loaded.now, queues, cause_of)
    # A day that is over, and has nothing left to come, is left alone.
    due = [key for key in moving if queues[key].next_change_at is not None or not mover.is_over(key)]
    due.sort(key=lambda key: key.service_date)  # a day looks at the day before it
    over = [key for key in due if mover.is_over(key)]
    undecided = [key for key in over if queues[key].ending is None]
    mover.advance(undecided)
    mover.begin_endings(undecided)
    cut_short = end_days(mover, [key for key in over if queues[key].ending is not None])
    mover.advance([key for key in due if not mover.is_over(key)])
    entries: list[JournalEntry] = []
    caused = {cause_id: [*recorded] for cause_id, recorded in loaded.recorded.items()}
    for cause_id, changes in mover.changes.items():
        new = entries_of(changes, Cause(cause_id), len(caused.get(cause_id, ())))
        caused.setdefault(cause_id, []).extend(new)
        entries += new
    return Moved(queues, caused, entries, cut_short)


def _causes(loaded: Loaded, decisions: Decisions) -> dict[str, list[ClinicDay]]:
    """Which queues each tick and request moves: a queue is moved once per batch, by the first that has not
    moved it before; with it, and before it, what is left of the day before."""
    new = [(tick_day(tick), tick.id) for tick in loaded.ticks if not _has_moved(tick, loaded)]
    new += [item for each in decisions.undecided.values() for item in loaded.passing_causes(each).items()]
    causes: dict[str, list[ClinicDay]] = defaultdict(list)
    free = set(loaded.queues)
    for key, cause_id in new:
        moved = [each for each in (key.day_before, key) if each in free] if key in loaded.queues else []
        causes[cause_id] += moved
        free -= {*moved}
    return causes


def _has_moved(tick: Tick, loaded: Loaded) -> bool:
    """Whether a tick was applied to its clinic before."""
    clinic = (tick.hospital, tick.clinic)
    return any(entry.clinic_day.clinic_key == clinic for entry in loaded.recorded.get(tick.id, ()))


def _comes_too_early(received: ReceivedRequest, loaded: Loaded, moved: Moved, catalog: CatalogCache) -> bool:
    """Whether some of the day before are still to come over, without whom a request cannot be decided: the
    first ones of each queue, and all of those whom it cancels."""
    keys = loaded.days[received.identity]
    if cancels_waiting(received.request):
        return any(
            awaits_handover(moved.queues.get(key.day_before), catalog.clinic_of(key), loaded.now)
            for key in keys
            if key in moved.queues
        )
    return any(key.day_before in moved.cut_short for key in keys)


# --- requests -------------------------------------------------------------------------------------------


class _Answer(NamedTuple):
    """What becomes of a request, and the closing that is told of step by step, if it began one."""

    outcome: Outcome
    closing: Closing | None = None


@dataclass(frozen=True, slots=True)
class _Deciding:
    """Decides the requests of a batch, one after the other, in queues that were moved to its moment."""

    desk: Desk
    loaded: Loaded
    moved: Moved
    decisions: Decisions

    def answer(self, received: ReceivedRequest) -> _Answer:
        """Decides a request, if it is to be decided. The reply describes this moment, and nothing of what
        later requests change."""
        if self.decisions.is_to_decide(received):
            self.decisions.by_id[received.request_id] = self._decide(received)
        decision = self.decisions.of_request(received, self.loaded.now)
        if decision is not self.decisions.by_id.get(received.request_id):
            return _Answer(Outcome(reply=decision.refusal))
        causes = self.loaded.passing_causes(received).values()
        passed = [event for cause_id in causes for event in _events(self.moved.caused.get(cause_id, ()))]
        if decision.closing is not None:
            return _Answer(Outcome(events=passed), decision.closing)
        events = [*passed, *_events(decision.entries)]
        return _Answer(Outcome(reply=self._reply(received, decision), events=events))

    def _reply(self, received: ReceivedRequest, decision: Decision) -> Reply | EncodedReply:
        if decision.refusal is not None:
            return decision.refusal
        request, desk = received.request, self.desk
        assert isinstance(request, DeskRequest)
        return desk_replies.desk_done(
            desk.connection, desk.clinic_of, desk.queues, request, decision.entries, desk.now
        )

    def _decide(self, received: ReceivedRequest) -> Decision:
        request = received.request
        assert isinstance(request, DeskRequest)
        clinic = find_clinic(self.desk.catalog, request)
        if isinstance(clinic, Problem):
            return Decision(received.digest, refusal=clinic)
        key = self.loaded.days[received.identity][0]
        if clinic.retired and not self._goes_on(key, request):
            return Decision(received.digest, refusal=problems.clinic_not_found())
        named = self.loaded.named_day(received)
        try:
            entries = self.desk.carry_out(received, named if named in self.desk.queues else key)
        except ActionRefused as refused:
            return Decision(received.digest, refusal=problem_of(refused, self.loaded.now))
        return Decision(received.digest, entries, closing=self.desk.closings.get(received.request_id))

    def _goes_on(self, key: ClinicDay, request: DeskRequest) -> bool:
        """Whether a retired clinic still does what is asked: until its queue is empty, all but open."""
        queues = self.desk.queues
        if key not in queues or isinstance(request, OpenClinic):
            return False
        return any(
            queues[day].waiting or tickets_in_state(self.desk.connection, day, IN_ROOM)
            for day in (key.day_before, key)
            if day in queues
        )


# --- saving ---------------------------------------------------------------------------------------------


def _save(
    connection: Connection,
    loaded: Loaded,
    queues: Mapping[ClinicDay, Queue],
    entries: Sequence[JournalEntry],
) -> None:
    write_changed_queues(connection, loaded.queues, queues)
    journal.record(connection, entries, loaded.now)


def _refused(loaded: Loaded, decisions: Decisions) -> list[Refusal]:
    """The refusals that were decided now."""
    refused = []
    for request_id, received in decisions.undecided.items():
        refusal = decisions.by_id[request_id].refusal
        if isinstance(refusal, Problem):
            body = encode_reply(refusal)
            refused.append(Refusal(request_id, received.digest, refusal.code, body, loaded.now))
    return refused


def _applied(batch: Sequence[Tick | ReceivedRequest], moved: Moved, answers: Iterator[_Answer]) -> Applied:
    outcomes, closings = [], {}
    for place, each in enumerate(batch):
        if isinstance(each, Tick):
            outcomes.append(Outcome(events=_events(moved.caused.get(each.id, ()))))
            continue
        outcome, closing = next(answers)
        outcomes.append(outcome)
        if closing is not None:
            closings[place] = closing
    return Applied(outcomes, closings)


def _events(entries: Iterable[JournalEntry]) -> list[Event]:
    return [entry.event for entry in entries]
