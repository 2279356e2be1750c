"""Decides the desks' requests of a batch, one after the other in the order of arrival: what a request did
before (found in the journal by its id), else what it may do now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.learning import Lesson
from common.domain.queue import Queue
from common.domain.refusals import ActionRefused
from common.domain.ticket_states import IN_ROOM
from common.messages import problems
from common.messages.desk_requests import DeskRequest, OpenClinic, Undo
from common.messages.events import Event
from common.messages.message import EncodedReply, Reply, encode_reply
from common.messages.problems import Problem
from common.messaging.delivery import Outcome
from common.messaging.received_requests import ReceivedRequest
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.new_tickets import keep_told
from common.storage.remembered_refusals import Refusal
from common.storage.ticket_rows import tickets_in_state
from ticker_worker import desk_replies
from ticker_worker.advancing import Advanced
from ticker_worker.cancelling_waiting import CancelWaiting, cancels_waiting
from ticker_worker.desk import Desk, StaffCall, problem_of
from ticker_worker.earlier_decisions import Decision, Decisions
from ticker_worker.loading import Loaded, find_clinic
from ticker_worker.rules.passing_time import awaits_handover

CHANGES_AT_ONCE_MAX = 2_000
"""Changes in one transaction of several requests and ticks: as many as take about half a second."""


class TooMuchAtOnce(Exception):
    """More happens than one transaction should do: nothing was done, divide the batch."""


@dataclass(frozen=True, slots=True)
class DecidedBatch:
    """What is to be saved of a batch, and the `answers` to its requests, in order.

    Where it `is_partial`, these are only changes that come before a single request, which is then to be
    taken up again.
    """

    queues: Mapping[ClinicDay, Queue]
    entries: Sequence[JournalEntry]
    answers: Sequence["Answer"] = ()
    refusals: Sequence[Refusal] = ()
    calls: Sequence[StaffCall] = ()
    unlearned: Sequence[tuple[Clinic, date, Lesson]] = ()
    clinic_values: Mapping[tuple[str, str], Mapping[str, Any]] | None = None
    is_partial: bool = False


def decide(
    connection: Connection, catalog: CatalogCache, loaded: Loaded, decisions: Decisions, moved: Advanced
) -> DecidedBatch:
    """Decides what is undecided of a batch, in queues that were moved to its moment. The changes of tickets
    are saved, each before the next request is decided. Raises TooMuchAtOnce for a batch of several."""
    undecided = decisions.undecided.values()
    if any(_needs_the_rest_saved(each, loaded, moved, catalog) for each in undecided):
        if not loaded.is_alone:
            raise TooMuchAtOnce
        if moved.entries:
            return DecidedBatch(moved.queues, moved.entries, is_partial=True)
    desk = Desk(connection, catalog, loaded.now, moved.queues)
    deciding = _Deciding(desk, loaded, moved, decisions)
    answers = [deciding.answer(each) for each in loaded.requests]
    entries = [*moved.entries, *desk.entries]
    if len(entries) > CHANGES_AT_ONCE_MAX and not loaded.is_alone:
        raise TooMuchAtOnce
    refusals = _refused(loaded, decisions)
    return DecidedBatch(
        desk.queues,
        entries,
        answers,
        refusals,
        desk.calls,
        desk.unlearned,
        desk.clinic_values,
    )


def _needs_the_rest_saved(
    received: ReceivedRequest, loaded: Loaded, moved: Advanced, catalog: CatalogCache
) -> bool:
    """Whether a request cannot be decided beside others, nor before what time has changed is saved: it takes
    back what the journal tells, or some of the day before are still to come over, the first ones of each
    queue, and all of those whom it cancels."""
    if isinstance(received.request, Undo):
        return True
    keys = loaded.days[received.identity]
    if cancels_waiting(received.request):
        return any(
            awaits_handover(moved.queues.get(key.day_before), catalog.clinic_of(key), loaded.now)
            for key in keys
            if key in moved.queues
        )
    return any(key.day_before in moved.cut_short for key in keys)


class Answer(NamedTuple):
    """The outcome of a request; and the closing that it began, which completes the outcome."""

    outcome: Outcome
    closing: CancelWaiting | None = None


@dataclass(frozen=True, slots=True)
class _Deciding:
    """Decides the requests of a batch, one after the other, in queues that were moved to its moment."""

    desk: Desk
    loaded: Loaded
    moved: Advanced
    decisions: Decisions

    def answer(self, received: ReceivedRequest) -> Answer:
        """Decides a request, if it is to be decided. The reply describes this moment, and nothing of what
        later requests change."""
        is_new = self.decisions.is_to_decide(received)
        if is_new:
            self.decisions.by_id[received.request_id] = self._decide(received)
        decision = self.decisions.of_request(received, self.loaded.now)
        if decision is not self.decisions.by_id.get(received.request_id):
            return Answer(Outcome(reply=decision.refusal))
        causes = self.loaded.causes[received.identity].values()
        passed = [event for cause_id in causes for event in _events(self.moved.caused.get(cause_id, ()))]
        if decision.closing is not None:
            return Answer(Outcome(events=passed), decision.closing)
        events = [*passed, *_events(decision.entries)]
        return Answer(Outcome(reply=self._reply(received, decision, is_new=is_new), events=events))

    def _reply(self, received: ReceivedRequest, decision: Decision, *, is_new: bool) -> Reply | EncodedReply:
        if decision.refusal is not None:
            return decision.refusal
        request, desk = received.request, self.desk
        assert isinstance(request, DeskRequest)
        reply, told = desk_replies.desk_done(
            desk.connection, desk.clinic_of, desk.queues, request, decision.entries, desk.now
        )
        if is_new:
            keep_told(desk.connection, told)
        return reply

    def _decide(self, received: ReceivedRequest) -> Decision:
        request = received.request
        assert isinstance(request, DeskRequest)
        clinic = find_clinic(self.desk.catalog, request)
        if isinstance(clinic, Problem):
            return Decision(received.digest, refusal=clinic)
        key = self.loaded.days[received.identity][0]
        if clinic.retired and not self._retired_clinic_takes(key, request):
            return Decision(received.digest, refusal=problems.clinic_not_found())
        named = self.loaded.named_days.get(received.identity)
        try:
            entries = self.desk.carry_out(received, named if named in self.desk.queues else key)
        except ActionRefused as refused:
            return Decision(received.digest, refusal=problem_of(refused, clinic, self.loaded.now))
        return Decision(received.digest, entries, closing=self.desk.closings.get(received.request_id))

    def _retired_clinic_takes(self, key: ClinicDay, request: DeskRequest) -> bool:
        """Whether a retired clinic takes this request: any but `open_clinic`, until its queue is empty."""
        queues = self.desk.queues
        if key not in queues or isinstance(request, OpenClinic):
            return False
        return any(
            queues[day].outside or tickets_in_state(self.desk.connection, day, IN_ROOM)
            for day in (key.day_before, key)
            if day in queues
        )


def _refused(loaded: Loaded, decisions: Decisions) -> list[Refusal]:
    """The refusals that were decided now."""
    refused = []
    for request_id, received in decisions.undecided.items():
        refusal = decisions.by_id[request_id].refusal
        if isinstance(refusal, Problem):
            body = encode_reply(refusal)
            refused.append(Refusal(request_id, received.digest, refusal.code, body, loaded.now))
    return refused


def _events(entries: Iterable[JournalEntry]) -> list[Event]:
    return [entry.event for entry in entries]
