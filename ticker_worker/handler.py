"""What moves queues: ticks, and what the staff at a clinic's desk ask for. A batch is one transaction, unless
thousands of tickets change in it."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from common.clock import Clock
from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.errors import StoreConflict
from common.messages.desk_requests import (
    Away,
    Back,
    CallNext,
    CallTicket,
    CloseClinic,
    Complete,
    Correct,
    DeskCancel,
    DeskRequest,
    MarkNoShow,
    OpenClinic,
    Park,
    Recall,
    Reinstate,
    Send,
    SetMode,
    SetPriority,
    SetRooms,
    Skip,
    Start,
    Transfer,
    Undo,
    Unpark,
)
from common.messages.events import Tick, decode_tick
from common.messages.message import Request
from common.messages.problems import Problem
from common.messaging.delivery import Delivery, Outcome
from common.messaging.received_requests import ReceivedRequest, read_request
from common.messaging.stopwatch import Part, Stopwatch
from common.messaging.topology import DESK_EXCHANGE, EVENTS_EXCHANGE
from common.storage.catalog import CatalogCache, CatalogChanged
from common.storage.engine import Engine, transaction
from common.storage.queues import QueuesMissing, create_queues
from ticker_worker.advancing import advance_queues
from ticker_worker.deciding import Answer, TooMuchAtOnce, decide
from ticker_worker.desk_replies import closing_done
from ticker_worker.earlier_decisions import Decisions
from ticker_worker.loading import QueuesNeeded, load
from ticker_worker.saving import save

_ATTEMPTS_MAX = 5
_CHANGES: tuple[type[DeskRequest], ...] = (
    OpenClinic,
    CloseClinic,
    CallNext,
    CallTicket,
    Recall,
    Start,
    Complete,
    Send,
    MarkNoShow,
    Reinstate,
    Skip,
    Park,
    Unpark,
    SetPriority,
    Transfer,
    DeskCancel,
    Correct,
    Away,
    Back,
    SetRooms,
    SetMode,
    Undo,
)
_REQUEST_TYPES: dict[str, type[Request]] = {each.name: each for each in _CHANGES}


@dataclass(frozen=True)
class TickerHandler:
    """Applies ticks and desks' requests to the queues in the database behind `engine`."""

    engine: Engine
    catalog: CatalogCache
    clock: Clock
    stopwatch: Stopwatch = field(default_factory=Stopwatch)

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Everything that the deliveries change is committed; raises StoreUnavailable."""
        read = [_read(delivery) for delivery in deliveries]
        self.stopwatch.lap(Part.PARSE)
        changed = iter(self._apply([each for each in read if not isinstance(each, Outcome)]))
        return [each if isinstance(each, Outcome) else next(changed) for each in read]

    def _apply(self, batch: Sequence[Tick | ReceivedRequest]) -> list[Outcome]:
        """What becomes of a batch; it is divided where one transaction would do too much."""
        attempts = 0
        also: set[ClinicDay] = set()
        while batch:
            attempts += 1
            try:
                return self._apply_once(batch, also)
            except QueuesNeeded as needed:
                attempts -= 1  # each time there are more
                also |= needed.queues
            except TooMuchAtOnce:
                middle = len(batch) // 2
                return [*self._apply(batch[:middle]), *self._apply(batch[middle:])]
            except (QueuesMissing, CatalogChanged, StoreConflict) as changed:
                # The same id in another ticker's hands: looking again finds what the other did.
                if attempts == _ATTEMPTS_MAX:
                    raise
                if isinstance(changed, QueuesMissing):
                    with transaction(self.engine) as connection:
                        create_queues(connection, changed.queues)
        return []

    def _apply_once(self, batch: Sequence[Tick | ReceivedRequest], also: Set[ClinicDay]) -> list[Outcome]:
        is_partial = True
        while is_partial:
            with transaction(self.engine) as connection:
                loaded = load(connection, self.catalog, self.clock, batch, also)
                self.stopwatch.lap(Part.LOAD)
                decisions = Decisions.of(loaded)
                moved = advance_queues(connection, self.catalog, loaded, decisions.undecided.values())
                decided = decide(connection, self.catalog, loaded, decisions, moved)
                self.stopwatch.lap(Part.DECIDE)
                save(connection, loaded, decided)
                self.stopwatch.lap(Part.SAVE)
            self.stopwatch.lap(Part.COMMIT)
            is_partial = decided.is_partial
        answers = iter(decided.answers)
        return [
            self._outcome(next(answers))
            if isinstance(each, ReceivedRequest)
            else Outcome(events=[entry.event for entry in moved.caused.get(each.id, ())])
            for each in batch
        ]

    def _outcome(self, answer: Answer) -> Outcome:
        """The outcome of a request. A closing that it began is finished first, in transactions of its own."""
        outcome, closing = answer
        if closing is None:
            return outcome
        closing.finish(self.engine, self.catalog.clinic_of, self.clock)
        events = [*outcome.events, *(entry.event for entry in closing.entries)]
        return outcome._replace(reply=closing_done(closing.entries), events=events)


def _read(delivery: Delivery) -> Tick | ReceivedRequest | Outcome:
    # What a desk calls a tick is no tick, and must not become a dead letter.
    if delivery.name == EventName.CLINIC_TICK and delivery.exchange == EVENTS_EXCHANGE:
        try:
            return decode_tick(delivery.body)
        except ValueError as error:
            return Outcome(dead_letter=str(error))
    request = read_request(_REQUEST_TYPES if delivery.exchange == DESK_EXCHANGE else {}, delivery)
    return Outcome(reply=request) if isinstance(request, Problem) else request
