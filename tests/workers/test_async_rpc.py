"""The client for asyncio against a real broker: many requests at once, faults, and what callers are told."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from antrean_client.async_rpc import AsyncRpcClient
from antrean_client.connection import user_of
from antrean_client.errors import AntreanError, ProblemReply
from antrean_client.requests import Answer
from common.errors import (
    BrokerRefused,
    BrokerUnavailable,
    MessagingError,
    NoQueue,
    NoReply,
    Refusal,
    RequestNotTaken,
    SettingsError,
)
from common.messages.limits import BODY_BYTES_MAX
from common.messaging.topology import DESK_EXCHANGE, PATIENT_EXCHANGE, REGISTRAR_QUEUE, STATUS_QUEUE
from tests.broker import RunningBroker
from tests.deployment import CLINICS, HOSPITAL, Deployment, Patient, deployed, full_queue
from tests.processes import SECONDS_MAX, eventually
from tests.tcp_proxy import proxy_to
from tests.workers.proxied_registrars import ticket_numbers


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A deployment; each test has the workers that it starts."""
    with deployed(broker, module_database_url, tmp_path_factory.mktemp("async")) as deployment:
        yield deployment


@pytest.fixture(autouse=True)
def _no_workers_left(deployment: Deployment) -> Iterator[None]:
    yield
    deployment.stop()
    with deployment.channel() as channel:
        channel.queue_purge(STATUS_QUEUE)
        channel.queue_purge(REGISTRAR_QUEUE)


@asynccontextmanager
async def client_of(
    url: Callable[[], str] | str,
    exchange: str = PATIENT_EXCHANGE,
    *,
    in_flight_max: int = 500,
    user_id: bool = False,
) -> AsyncIterator[AsyncRpcClient]:
    """A client that has tried to connect."""
    lost: list[Exception] = []
    client = AsyncRpcClient(url, exchange, user_id=user_id, in_flight_max=in_flight_max, on_lost=lost.append)
    client.start()
    try:
        while not client.is_connected and not lost:
            await asyncio.sleep(0.01)
        yield client
    finally:
        await client.close()


async def registrations(
    client: AsyncRpcClient, clinic: str, count: int, seconds: float = SECONDS_MAX
) -> list[Answer]:
    """The answers to so many registrations, all at once."""
    bodies = [Patient().body(HOSPITAL, clinic) for _ in range(count)]
    return await asyncio.gather(*(client.call("register", body, timeout_seconds=seconds) for body in bodies))


async def failures(client: AsyncRpcClient, name: str, count: int, seconds: float) -> list[MessagingError]:
    """The errors of so many requests at once, of which none is answered."""
    calls = [client.call(name, {}, timeout_seconds=seconds) for _ in range(count)]
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(each, MessagingError) for each in found), found
    return [each for each in found if isinstance(each, MessagingError)]


def kinds(errors: Sequence[object]) -> set[type]:
    return {type(each) for each in errors}


def test_every_reply_finds_its_request(deployment: Deployment) -> None:
    deployment.start_consuming("status")
    found: dict[str, str] = {}

    async def ask_all() -> None:
        async with client_of(deployment.urls["patient"]) as client:

            async def ask(number: int) -> None:
                clinic = CLINICS[number % len(CLINICS)]
                body = {"hospital": HOSPITAL, "clinic": clinic}
                answer = await client.call("clinic_queue", body, timeout_seconds=SECONDS_MAX)
                found[f"{number} {answer.request_id}"] = answer.body["clinic"]
                assert answer.body["clinic"] == clinic

            await asyncio.gather(*(ask(number) for number in range(200)))
            assert client.in_flight == 0

    asyncio.run(ask_all())
    assert len(found) == 200


def test_a_refusal_is_an_answer(deployment: Deployment) -> None:
    deployment.start_consuming("status")

    async def ask() -> None:
        async with client_of(deployment.urls["patient"]) as client:
            with pytest.raises(ProblemReply) as raised:
                await client.ask(
                    "clinic_queue", {"hospital": "RSX", "clinic": "GIG"}, timeout_seconds=SECONDS_MAX
                )
            assert raised.value.code == "hospital_not_found"
            large = await client.call("register", {"name": "a" * BODY_BYTES_MAX}, timeout_seconds=1)
            assert large.body["code"] == "message_too_large"

    asyncio.run(ask())


def test_connections_that_break_lose_and_double_nothing(deployment: Deployment) -> None:
    """Each time with requests under way, whose replies are lost with the connection."""
    clinic, url = CLINICS[0], deployment.urls["patient"]
    deployment.start_consuming("registrar")
    with proxy_to(url) as proxy:

        async def register() -> list[Answer]:
            async with client_of(proxy.url(url)) as client:
                calls = asyncio.ensure_future(registrations(client, clinic, 50))
                for _ in range(3):
                    (link,) = proxy.links
                    link.to_client.hold()
                    await asyncio.sleep(0.3)
                    link.cut()
                    while not (client.is_connected and proxy.links):
                        await asyncio.sleep(0.02)
                return await calls

        answers = asyncio.run(register())

    assert sorted(answer.body["number"] for answer in answers) == [*range(1, 51)]
    assert ticket_numbers(deployment, clinic) == [*range(1, 51)]


def test_the_same_request_gets_the_same_answer(deployment: Deployment) -> None:
    deployment.start_consuming("registrar")
    body, request_id = Patient().body(HOSPITAL, CLINICS[1]), str(uuid.uuid4())

    async def register_twice() -> list[dict[str, Any]]:
        async with client_of(deployment.urls["patient"]) as client:
            calls = [
                client.ask("register", body, timeout_seconds=SECONDS_MAX, request_id=request_id)
                for _ in range(2)
            ]
            return await asyncio.gather(*calls)

    first, second = asyncio.run(register_twice())
    assert first["ticket_code"] == second["ticket_code"]
    assert ticket_numbers(deployment, CLINICS[1]) == [1]


def test_a_request_is_sent_again_until_somebody_answers(deployment: Deployment) -> None:
    clinic = CLINICS[2]

    async def register() -> list[Answer]:
        async with client_of(deployment.urls["patient"]) as client:
            calls = asyncio.ensure_future(registrations(client, clinic, 5))
            await asyncio.to_thread(
                eventually, lambda: deployment.ready(REGISTRAR_QUEUE) == 5, "the requests wait"
            )
            with deployment.channel() as channel:
                channel.queue_purge(REGISTRAR_QUEUE)
            await asyncio.to_thread(deployment.start_consuming, "registrar")
            return await calls

    assert sorted(answer.body["number"] for answer in asyncio.run(register())) == [1, 2, 3, 4, 5]
    assert ticket_numbers(deployment, clinic) == [1, 2, 3, 4, 5]


def test_a_full_queue_takes_nothing_and_then_everything(deployment: Deployment) -> None:
    clinic = CLINICS[3]

    async def register() -> list[Answer]:
        async with client_of(deployment.urls["patient"]) as client:
            with full_queue(deployment):
                # Without a reply are those whose time was over before the broker's word came back.
                assert kinds(await failures(client, "register", 10, 1)) <= {RequestNotTaken, NoReply}
                calls = asyncio.ensure_future(registrations(client, clinic, 10))
                await asyncio.sleep(0.5)
                assert not calls.done()
            await asyncio.to_thread(deployment.start_consuming, "registrar")
            return await calls

    assert sorted(answer.body["number"] for answer in asyncio.run(register())) == [*range(1, 11)]


@pytest.mark.long
def test_a_line_that_freezes_is_left_for_another(deployment: Deployment) -> None:
    """Missing heartbeats tell of it; what was sent over it is sent again."""
    clinic, url = CLINICS[4], deployment.urls["patient"]
    deployment.start_consuming("registrar")
    with proxy_to(url) as proxy:

        async def register() -> list[Answer]:
            async with client_of(proxy.url(url)) as client:
                proxy.hold()
                with pytest.raises(NoReply):
                    await client.call("register", {}, timeout_seconds=0.5)
                return await registrations(client, clinic, 10)

        answers = asyncio.run(register())

    assert sorted(answer.body["number"] for answer in answers) == [*range(1, 11)]
    assert ticket_numbers(deployment, clinic) == [*range(1, 11)]


def test_who_may_not_send_is_told_and_nobody_else(broker: RunningBroker, deployment: Deployment) -> None:
    """The broker closes the channel that all share, and does not say because of whom."""
    if not broker.has_roles:
        pytest.skip("this broker has no users of our roles")
    deployment.start_consuming("status")

    async def ask() -> None:
        async with client_of(deployment.urls["patient"], DESK_EXCHANGE) as client:
            errors = await failures(client, "call_next", 20, SECONDS_MAX)
            assert kinds(errors) == {BrokerRefused}
            for error in errors:
                assert isinstance(error, BrokerRefused)
                assert error.refusal is Refusal.PERMISSION
                assert not error.sent_before
        url = deployment.urls["deploy"]
        async with client_of(url, "antrean.missing") as client:
            (error,) = await failures(client, "list_hospitals", 1, SECONDS_MAX)
            assert isinstance(error, BrokerRefused)
            assert error.refusal is Refusal.NOT_SET_UP

    asyncio.run(ask())


def test_a_request_that_nobody_takes_is_returned_among_others(deployment: Deployment) -> None:
    deployment.start_consuming("status")

    async def ask() -> None:
        async with client_of(deployment.urls["patient"]) as client:
            bodies = [{"hospital": HOSPITAL, "clinic": clinic} for clinic in CLINICS]
            good = [client.ask("clinic_queue", body, timeout_seconds=SECONDS_MAX) for body in bodies]
            bad = [client.call("fly", {}, timeout_seconds=SECONDS_MAX) for _ in bodies]
            mixed = [each for pair in zip(good, bad, strict=True) for each in pair]
            found = await asyncio.gather(*mixed, return_exceptions=True)
            assert [each["clinic"] for each in found[::2]] == [*CLINICS]  # type: ignore[index]
            assert kinds(found[1::2]) == {NoQueue}

    asyncio.run(ask())


def test_a_request_names_its_user_where_that_is_wanted(deployment: Deployment) -> None:
    async def ask(user_id: bool) -> None:
        async with client_of(deployment.urls["patient"], user_id=user_id) as client:
            assert kinds(await failures(client, "list_hospitals", 1, 0.5)) == {NoReply}

    for named in (True, False):
        asyncio.run(ask(named))
        with deployment.channel() as channel:
            _, properties, _ = channel.basic_get(STATUS_QUEUE, auto_ack=True)
        assert properties is not None
        assert properties.user_id == (user_of(deployment.urls["patient"]) if named else None)


def test_no_more_wait_than_may(deployment: Deployment) -> None:
    async def ask() -> None:
        async with client_of(deployment.urls["patient"], in_flight_max=20) as client:
            waiting = asyncio.ensure_future(failures(client, "list_hospitals", 20, 1))
            await asyncio.sleep(0.1)
            began = time.monotonic()
            assert kinds(await failures(client, "list_hospitals", 30, SECONDS_MAX)) == {RequestNotTaken}
            assert time.monotonic() - began < 1
            assert kinds(await waiting) == {NoReply}
            assert client.in_flight == 0

    asyncio.run(ask())
    assert deployment.ready(STATUS_QUEUE) == 20


def test_late_answers_are_dropped(deployment: Deployment) -> None:
    body = {"hospital": HOSPITAL, "clinic": CLINICS[0]}

    async def ask() -> None:
        async with client_of(deployment.urls["patient"]) as client:
            assert kinds(await failures(client, "list_hospitals", 10, 0.5)) == {NoReply}
            await asyncio.to_thread(deployment.start_consuming, "status")
            answer = await client.call("clinic_queue", body, timeout_seconds=SECONDS_MAX)
            assert answer.body["clinic"] == CLINICS[0]

    asyncio.run(ask())


def test_without_a_broker_nothing_was_sent() -> None:
    with proxy_to("amqp://127.0.0.1:1/") as proxy:
        proxy.refuse()

        async def ask() -> None:
            async with client_of(proxy.url("amqp://patient:x@127.0.0.1/")) as client:
                began = time.monotonic()
                assert kinds(await failures(client, "register", 20, SECONDS_MAX)) == {BrokerUnavailable}
                assert time.monotonic() - began < 5, "nobody waits for the next attempt to connect"

        asyncio.run(ask())


def test_a_broker_that_refuses_the_user_or_has_no_address(deployment: Deployment) -> None:
    async def ask(url: str) -> AntreanError:
        async with client_of(url) as client:
            with pytest.raises((MessagingError, SettingsError)) as raised:
                await client.call("list_hospitals", {}, timeout_seconds=SECONDS_MAX)
            return raised.value

    refused = asyncio.run(ask(deployment.urls["patient"].replace("@", "-wrong@")))
    assert isinstance(refused, BrokerRefused)
    assert refused.refusal is Refusal.USER
    assert "-wrong" not in str(refused)
    assert isinstance(asyncio.run(ask("amqp://patient:x@127.0.0.1:port/")), SettingsError)


def test_a_password_that_changes_is_used_at_the_next_connecting(deployment: Deployment) -> None:
    good = deployment.urls["patient"]
    addresses = iter([good.replace("@", "-old@"), good, good])

    async def ask() -> None:
        async with client_of(lambda: next(addresses)) as client:
            while not client.is_connected:
                await asyncio.sleep(0.02)
            assert kinds(await failures(client, "list_hospitals", 1, 0.3)) == {NoReply}

    asyncio.run(ask())


def test_closing_ends_what_waits(deployment: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> list[MessagingError]:
        async with client_of(deployment.urls["patient"]) as client:
            waiting = asyncio.ensure_future(failures(client, "list_hospitals", 5, SECONDS_MAX))
            await asyncio.sleep(0.2)
            began = time.monotonic()
        found = await waiting
        assert time.monotonic() - began < SECONDS_MAX / 2
        return found

    assert kinds(asyncio.run(ask())) == {NoReply}
    assert not [each for each in caplog.records if each.levelname == "ERROR"]
