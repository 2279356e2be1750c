"""What a process holds is replaced by copies, again and again; nothing is told twice for it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence

import pika
import pytest
from structlog.testing import capture_logs

from common.clock import SystemClock
from common.errors import RequestNotTaken, SettingsError
from common.messaging.topology import PUSH_EXCHANGE, PUSH_QUEUE, SUBSCRIPTION
from patient_web.push.attending import Attending
from patient_web.push.notices import NOTHING_TOLD, Notice
from patient_web.push.sending import Result, Sent
from patient_web.push.subscriptions import Subscription
from patient_web.ticket_streams.hub import TicketStreams
from patient_web.ticket_streams.patches import Ticket
from patient_web.tokens import Tokens
from tests.broker import RunningBroker
from tests.deployment import connected
from tests.processes import SECONDS_MAX, eventually
from tests.shown_tickets import code_of, ticket

_SOON = 0.1
_TOKENS = Tokens("a secret of the tests, long enough for it")


@pytest.fixture
def empty(broker: RunningBroker) -> Iterator[RunningBroker]:
    """Nothing is left in the queue, before and after."""
    broker.purge()
    yield broker
    broker.purge()


class Telephones:
    """Tickets as workers have them, and what a process that attends to them has sent."""

    def __init__(self, broker: RunningBroker, *tickets: Ticket) -> None:
        self.tickets = {each["ticket_code"]: each for each in tickets}
        self.taken_in = 0
        self.sent: list[str] = []
        self.refused: list[SettingsError] = []
        clock = SystemClock()
        hub = TicketStreams(self.look_up, lambda: True, clock)
        self.attending = Attending(
            lambda: broker.urls["web"],
            self.look_up,
            hub,
            self.send,
            _TOKENS,
            clock,
            name="tests",
            renew_seconds=_SOON,
        )

    async def look_up(self, codes: Sequence[str]) -> tuple[list[Ticket], list[str]]:
        if self.refused:
            raise self.refused.pop()
        self.taken_in += len(codes)
        return [{**self.tickets[code]} for code in codes], []

    async def send(self, to: Subscription, notice: Notice) -> Sent:
        self.sent.append(f"{to.code} {notice.title}")
        return Sent(Result.SENT)


def subscription(number: int) -> Subscription:
    """To a ticket's notices, none of which was told."""
    until = int(SystemClock().now().timestamp()) + 3_600
    return Subscription(
        endpoint="https://push.example/1",
        public_key="",
        secret="",
        code=code_of(number),
        language="en",
        until=until,
        told=NOTHING_TOLD,
    )


async def until(condition: Callable[[], bool]) -> None:
    """Waits until it holds."""
    async with asyncio.timeout(SECONDS_MAX):
        while not condition():
            await asyncio.sleep(0.01)


def in_queue(broker: RunningBroker) -> int:
    """How many messages nobody holds."""
    with connected(broker.urls["deploy"]) as connection:
        return int(connection.channel().queue_declare(PUSH_QUEUE, passive=True).method.message_count)


def test_a_subscription_outlives_its_messages_and_each_notice_comes_once(empty: RunningBroker) -> None:
    async def morning() -> None:
        phones = Telephones(empty, ticket(9), ticket(10))
        attending = asyncio.create_task(phones.attending.run())
        await until(lambda: phones.attending.is_connected)
        for number in (9, 10):
            await phones.attending.subscribe(subscription(number))
        await until(lambda: phones.taken_in >= 10)
        phones.tickets[code_of(9)] = ticket(9, people_ahead=2)
        await until(lambda: bool(phones.sent))
        taken_in = phones.taken_in
        await until(lambda: phones.taken_in >= taken_in + 10)
        assert phones.sent == [f"{code_of(9)} GIG-009: 2 people are ahead of you."]
        attending.cancel()
        await asyncio.wait({attending})

    asyncio.run(morning())
    eventually(lambda: in_queue(empty) == 2, "both are given back, each once")


def test_a_file_that_cannot_be_read_for_a_while_ends_nothing(
    empty: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of the broker's address, when the connection of look-ups has to be made again."""
    monkeypatch.setattr("patient_web.push.attending._LOOK_AGAIN_SECONDS", _SOON)

    async def morning() -> None:
        phones = Telephones(empty, ticket(9, people_ahead=2))
        phones.refused = [SettingsError("The file cannot be read.")] * 2
        attending = asyncio.create_task(phones.attending.run())
        await until(lambda: phones.attending.is_connected)
        await phones.attending.subscribe(subscription(9))
        await until(lambda: bool(phones.sent))
        attending.cancel()
        await asyncio.wait({attending})
        assert not phones.refused

    asyncio.run(morning())


def test_a_message_that_was_given_up_costs_no_connection_when_its_confirm_comes(
    empty: RunningBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def morning() -> None:
        phones = Telephones(empty, ticket(9, people_ahead=2))
        attending = asyncio.create_task(phones.attending.run())
        await until(lambda: phones.attending.is_connected)
        with monkeypatch.context() as impatient:
            impatient.setattr("common.messaging.held_queue._PUT_SECONDS_MAX", 0.0)
            with pytest.raises(RequestNotTaken):
                await phones.attending.subscribe(subscription(9))
        await until(lambda: bool(phones.sent))  # the broker has it nevertheless
        await phones.attending.subscribe(subscription(9))
        assert phones.attending.is_connected
        attending.cancel()
        await asyncio.wait({attending})

    with capture_logs() as logs:
        asyncio.run(morning())
    assert not [each for each in logs if each["event"] == "connection lost"]


def test_what_cannot_be_read_and_what_is_over_is_dropped(empty: RunningBroker) -> None:
    with connected(empty.urls["web"]) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for body in (b"", b"\xff", b"sealed by another secret"):
            channel.basic_publish(PUSH_EXCHANGE, SUBSCRIPTION, body, pika.BasicProperties(delivery_mode=2))

    async def morning() -> None:
        phones = Telephones(empty, ticket(1, status="served"))
        attending = asyncio.create_task(phones.attending.run())
        await until(lambda: phones.attending.is_connected)
        await phones.attending.subscribe(subscription(1))
        await until(lambda: phones.taken_in >= 2)  # and once more, before it is let go
        await until(lambda: phones.attending.counts.held == 0)
        attending.cancel()
        await asyncio.wait({attending})
        assert phones.sent == []

    asyncio.run(morning())
    assert in_queue(empty) == 0
