"""The three workers on one database, without a broker: deliveries in, outcomes out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import uuid4

from sqlalchemy import Engine, RowMapping, select

from admin_cli.database.catalog_changes import apply_catalog
from common.messages.events import Event, Tick, encode_tick
from common.messages.message import EncodedReply, Reply, encode_reply
from common.messages.patients import Ticket, Tickets
from common.messages.problems import Problem, ProblemCode
from common.messaging.delivery import Delivery, Handler, Outcome
from common.storage.catalog import CatalogCache
from common.storage.tables import clinic_days, journal, tickets
from registrar_worker.handler import RegistrarHandler
from status_responder.handler import StatusHandler
from tests.builders import (
    JAKARTA,
    SetClock,
    cancellation,
    catalog,
    delivery,
    in_bandung,
    registration,
    tick_delivery,
)
from tests.replies import read_reply
from ticker_worker.handler import TickerHandler
from ticker_worker.tick_emitter import TickEmitter

TICK_SECONDS = 10


@dataclass(frozen=True)
class ReadByClients:
    """A handler whose replies are read as clients read them: each is written as its class describes it."""

    handler: Handler

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """What the handler makes of the deliveries, with replies that were written and read."""
        return [each._replace(reply=_read(each.reply)) for each in self.handler.handle(deliveries)]


def _read(reply: Reply | EncodedReply | None) -> Reply | None:
    if reply is None:
        return None
    kind = Problem if isinstance(reply, EncodedReply) else type(reply)
    assert reply.name == kind.name
    body = encode_reply(reply)
    read = read_reply(kind, body)
    assert encode_reply(read) == body
    return read


@dataclass(frozen=True)
class Workers:
    """A registrar, a ticker and a status responder that share a database and a clock."""

    engine: Engine
    clock: SetClock
    registrar: "ReadByClients"
    ticker: "ReadByClients"
    emitter: TickEmitter
    status: "ReadByClients"

    @classmethod
    def on(cls, engine: Engine, clock: SetClock) -> Self:
        """Workers with empty caches, as processes that have just started."""
        return cls(
            engine,
            clock,
            ReadByClients(RegistrarHandler(engine, CatalogCache(), clock)),
            ReadByClients(TickerHandler(engine, CatalogCache(), clock)),
            TickEmitter(engine, clock, timedelta(seconds=TICK_SECONDS)),
            ReadByClients(StatusHandler(engine, CatalogCache(), clock)),
        )

    # --- patients ---------------------------------------------------------------------------------------

    def outcome(self, request: Delivery) -> Outcome:
        """What becomes of one patient's request."""
        [outcome] = self.registrar.handle([request])
        return outcome

    def ticket(self, request: Delivery) -> Ticket:
        """The ticket that answers a request."""
        return a_ticket(self.outcome(request))

    def refusal(self, request: Delivery) -> Problem:
        """The problem that answers a request, which has changed nothing."""
        return a_problem(self.outcome(request))

    def register(self, who: int | Mapping[str, str], hospital: str = "RSHS", clinic: str = "GIG") -> Ticket:
        """A patient gets a ticket."""
        return self.ticket(registration(who, hospital, clinic))

    def register_many(self, count: int, clinic: str = "GIG", first: int = 1) -> list[Ticket]:
        """The patients from `first` on get tickets, all in one batch."""
        requests = [registration(who, clinic=clinic) for who in range(first, first + count)]
        return [a_ticket(outcome) for outcome in self.registrar.handle(requests)]

    def cancel(self, ticket: Ticket) -> Ticket:
        """A patient gives a ticket up."""
        return self.ticket(cancellation(ticket.ticket_code))

    def ask(self, name: str, **body: Any) -> Reply:
        """The answer to a look-up."""
        [outcome] = self.status.handle([delivery(name, body)])
        assert isinstance(outcome.reply, Reply)
        assert not outcome.events
        return outcome.reply

    # --- time -------------------------------------------------------------------------------------------

    def tick(self) -> list[Event]:
        """Claims what is due now and applies it; the events that this caused."""
        return self.apply(*self.emitter.emit())

    def apply(self, *ticks: Event) -> list[Event]:
        """Applies ticks, as one batch; the events that these caused."""
        outcomes = self.ticker.handle([tick_delivery(tick) for tick in ticks])
        assert all(outcome.dead_letter is None for outcome in outcomes)
        return [event for outcome in outcomes for event in outcome.events]

    def tick_for(self, hospital: str = "RSHS", clinic: str = "GIG") -> Event:
        """A new tick for today's queue of one clinic, due or not."""
        today = self.clock.now().astimezone(JAKARTA).date()
        return encode_tick(Tick(str(uuid4()), hospital, clinic, today), self.clock.now())


def workers_of(engine: Engine, *hospitals: Mapping[str, Any]) -> Workers:
    """Workers on a catalog of these hospitals, by default RSHS with its one clinic GIG.

    The catalog is applied on Monday at 06:00. It is 09:00 now, and the openings until then are announced.
    """
    clock = SetClock(in_bandung("06:00"))
    apply_catalog(engine, catalog(*hospitals), clock.now())
    workers = Workers.on(engine, clock)
    clock.set("09:00")
    workers.tick()
    return workers


def a_ticket(outcome: Outcome) -> Ticket:
    """The ticket that an outcome's reply is."""
    assert isinstance(outcome.reply, Ticket), outcome.reply
    return outcome.reply


def a_problem(outcome: Outcome, code: ProblemCode | None = None) -> Problem:
    """The problem that an outcome's reply is; it comes without events."""
    assert isinstance(outcome.reply, Problem), outcome.reply
    assert not outcome.events
    assert code in (None, outcome.reply.code)
    return outcome.reply


def tickets_shown(workers: Workers, *tickets: Ticket) -> list[Ticket]:
    """What a look-up shows of them."""
    answer = workers.ask("ticket_status", ticket_codes=[ticket.ticket_code for ticket in tickets])
    assert isinstance(answer, Tickets)
    assert answer.not_found == []
    return answer.tickets


def contents(event: Event) -> dict[str, Any]:
    """What is written in an event."""
    read: dict[str, Any] = json.loads(event.body)
    return read


def told(events: Sequence[Event]) -> list[str]:
    """The events as short texts, such as `ticket.called GIG-001`."""
    return [f"{event.name} {contents(event)['subject']}" for event in events]


def ticket_rows(engine: Engine, hospital: str = "RSHS") -> list[RowMapping]:
    """All tickets of a hospital in the database, by clinic, day and number."""
    order = (tickets.c.clinic, tickets.c.service_date, tickets.c.number)
    statement = select(tickets).where(tickets.c.hospital == hospital).order_by(*order)
    with engine.connect() as connection:
        return list(connection.execute(statement).mappings())


def journal_rows(engine: Engine) -> list[RowMapping]:
    """The whole journal, by queue and sequence."""
    order = (journal.c.hospital, journal.c.clinic, journal.c.service_date, journal.c.sequence)
    with engine.connect() as connection:
        return list(connection.execute(select(journal).order_by(*order)).mappings())


def day_rows(engine: Engine) -> list[RowMapping]:
    """All service days in the database."""
    order = (clinic_days.c.hospital, clinic_days.c.clinic, clinic_days.c.service_date)
    with engine.connect() as connection:
        return list(connection.execute(select(clinic_days).order_by(*order)).mappings())
