"""What registers patients: a batch of requests in, tickets and refusals out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from common.clock import Clock
from common.errors import StoreConflict
from common.messages.desk_requests import DeskRegister
from common.messages.message import Request
from common.messages.patients import Cancel, Register
from common.messages.problems import Problem
from common.messaging.delivery import Delivery, Outcome
from common.messaging.received_requests import ReceivedRequest, read_request
from common.messaging.stopwatch import Part, Stopwatch
from common.messaging.topology import DESK_EXCHANGE
from common.registry_key import RegistryKey
from common.storage.catalog import CatalogCache, CatalogChanged
from common.storage.engine import Engine, snapshot, transaction
from common.storage.queues import QueuesMissing, create_queues
from common.storage.registries import registry_faults
from registrar_worker.answers import compose_answers
from registrar_worker.decisions import decide
from registrar_worker.loading import load
from registrar_worker.registry_faults import RegistryFaultLog
from registrar_worker.saving import save, save_answered

_ATTEMPTS_MAX = 5
_PATIENT_REQUEST_TYPES: dict[str, type[Request]] = {each.name: each for each in (Register, Cancel)}
_DESK_REQUEST_TYPES: dict[str, type[Request]] = {DeskRegister.name: DeskRegister}


@dataclass(frozen=True)
class RegistrarHandler:
    """Decides requests with the database behind `engine`."""

    engine: Engine
    catalog: CatalogCache
    clock: Clock
    registry_key: RegistryKey | None = None
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    _registry_faults: RegistryFaultLog = field(default_factory=RegistryFaultLog)

    def look_at_registries(self) -> None:
        """Logs which registries cannot be asked; raises StoreUnavailable."""
        with snapshot(self.engine) as connection:
            self._registry_faults.tell(registry_faults(connection, self.registry_key))

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """One transaction for all deliveries; raises StoreUnavailable."""
        read = [_read(delivery) for delivery in deliveries]
        self.stopwatch.lap(Part.PARSE)
        outcomes = iter(self._carry_out([each for each in read if isinstance(each, ReceivedRequest)]))
        return [Outcome(reply=each) if isinstance(each, Problem) else next(outcomes) for each in read]

    def _carry_out(self, requests: Sequence[ReceivedRequest]) -> list[Outcome]:
        if not requests:
            return []
        for _ in range(_ATTEMPTS_MAX - 1):
            try:
                return self._carry_out_once(requests)
            except CatalogChanged:
                with transaction(self.engine) as connection:
                    self.catalog.refresh(connection)
            except QueuesMissing as missing:
                with transaction(self.engine) as connection:
                    create_queues(connection, missing.queues)
            except StoreConflict:
                # The same request id in another registrar's hands, or a ticket code drawn twice. Looking
                # again finds what the other did.
                continue
        return self._carry_out_once(requests)

    def _carry_out_once(self, requests: Sequence[ReceivedRequest]) -> list[Outcome]:
        with transaction(self.engine, pipelined=True) as connection:
            loaded = load(connection, self.catalog, requests, self.clock.now(), self.registry_key)
            self.stopwatch.lap(Part.LOAD)
            decided = decide(loaded, requests, self.catalog.clinic_of)
            self.stopwatch.lap(Part.DECIDE)
            save(connection, loaded, decided)
            answers = compose_answers(loaded, decided, self.catalog.clinic_of)
            save_answered(connection, loaded, decided, requests, answers)
            self.stopwatch.lap(Part.SAVE)
        self.stopwatch.lap(Part.COMMIT)
        self._registry_faults.tell(loaded.registered.faults)
        return [
            Outcome(reply, [entry.event for entry in decision.entries])
            for reply, decision in zip(answers.replies, decided.decisions, strict=True)
        ]


def _read(delivery: Delivery) -> ReceivedRequest | Problem:
    is_desk = delivery.exchange == DESK_EXCHANGE
    return read_request(_DESK_REQUEST_TYPES if is_desk else _PATIENT_REQUEST_TYPES, delivery)
