"""What moves queues: ticks, and what the staff at a clinic's desk ask for. A batch is one transaction, unless
thousands of tickets change in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.clock import Clock
from common.domain.event_names import EventName
from common.errors import StoreConflict
from common.messages.desks import (
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
    Transfer,
)
from common.messages.events import Tick, decode_tick
from common.messages.message import Request
from common.messages.problems import Problem
from common.messaging.delivery import Delivery, Outcome
from common.messaging.received_requests import ReceivedRequest, read_request
from common.messaging.topology import DESK_EXCHANGE
from common.storage.catalog import CatalogCache, CatalogChanged
from common.storage.engine import Engine, transaction
from common.storage.queues import QueuesMissing, create_queues
from ticker_worker import batch
from ticker_worker.batch import Applied, TooMuchAtOnce
from ticker_worker.desk_replies import closing_done

_ATTEMPTS_MAX = 5
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
        """Everything that the deliveries change is committed; raises StoreUnavailable."""
        read = [_read(delivery) for delivery in deliveries]
        changed = iter(self._change([each for each in read if not isinstance(each, Outcome)]))
        return [each if isinstance(each, Outcome) else next(changed) for each in read]

    def _change(self, asked: Sequence[Tick | ReceivedRequest]) -> list[Outcome]:
        if not asked:
            return []
        try:
            applied = self._apply(asked)
        except TooMuchAtOnce:
            middle = len(asked) // 2
            return [*self._change(asked[:middle]), *self._change(asked[middle:])]
        outcomes = applied.outcomes
        for place, closing in applied.closings.items():
            closing.finish(self.engine, self.clock)
            events = [*outcomes[place].events, *(entry.event for entry in closing.entries)]
            outcomes[place] = outcomes[place]._replace(reply=closing_done(closing.entries), events=events)
        return outcomes

    def _apply(self, asked: Sequence[Tick | ReceivedRequest]) -> Applied:
        for _ in range(_ATTEMPTS_MAX - 1):
            try:
                return self._apply_once(asked)
            except QueuesMissing as missing:
                with transaction(self.engine) as connection:
                    create_queues(connection, missing.queues)
            except (CatalogChanged, StoreConflict):
                # The same id in another ticker's hands: looking again finds what the other did.
                continue
        return self._apply_once(asked)

    def _apply_once(self, asked: Sequence[Tick | ReceivedRequest]) -> Applied:
        applied = None
        while applied is None:
            with transaction(self.engine) as connection:
                applied = batch.apply(connection, self.catalog, self.clock, asked)
        return applied


def _read(delivery: Delivery) -> Tick | ReceivedRequest | Outcome:
    if delivery.name == EventName.CLINIC_TICK:
        try:
            return decode_tick(delivery.body)
        except ValueError as error:
            return Outcome(dead_letter=str(error))
    asked = read_request(_REQUEST_TYPES if delivery.exchange == DESK_EXCHANGE else {}, delivery)
    return Outcome(reply=asked) if isinstance(asked, Problem) else asked
