"""The publisher and its link, without a broker: what pika's callbacks do to them."""

import pika
import pytest
from pika.frame import Method
from pika.spec import Basic

from common.messages.events import CONTENT_TYPE
from common.messages.message import encode_reply
from common.messages.problems import ProblemCode, problem
from common.messaging.outgoing import SetAside
from common.messaging.publisher import IN_FLIGHT_MAX, REFUSALS_MAX, UNSENT_BYTES_MAX
from common.messaging.topology import DEAD_QUEUE, EVENTS_EXCHANGE
from tests.builders import registration
from tests.unit.publishing import OWN_ADDRESS as REPLY_ADDRESS
from tests.unit.publishing import Connection, Loop, called, full, opened, refuse, ticks


def test_what_is_refused_is_sent_again_once_for_all(connections: list[Connection]) -> None:
    """Each refusal with a wait of its own would send everything again each time."""
    loop, confirmed = Loop(), list[None]()
    publisher, connection = opened(loop, connections, [])
    connection.set_up()
    publisher.publish(called(100), lambda: confirmed.append(None))
    for _ in range(3):
        sent = len(connection.published)
        for tag in range(sent - 99, sent + 1):
            connection.confirm(Method(1, Basic.Nack(tag)))
        assert len(loop.timers) == 1
        loop.fire()
        assert len(connection.published) == sent + 100
    assert not confirmed

    connection.confirm(Method(1, Basic.Ack(400, multiple=True)))

    assert len(confirmed) == 1
    assert publisher.pending == 0


def test_closed_while_it_is_set_up_it_stays_closed(connections: list[Connection]) -> None:
    loop, closed = Loop(), list[None]()
    publisher, connection = opened(loop, connections, closed)

    publisher.close()
    connection.set_up()
    assert not publisher.is_up
    connection.gone("closed")

    assert len(closed) == 1
    assert not loop.timers, "no new connection is waited for"


def test_an_event_that_is_refused_for_ever_is_let_go(
    connections: list[Connection], capsys: pytest.CaptureFixture[str]
) -> None:
    """And those that follow at once, for nothing shall wait for a queue that stays full."""
    loop, confirmed = Loop(), list[str]()
    publisher, connection = opened(loop, connections, [], drops_refused=True)
    connection.set_up()
    (event,) = called(1)
    publisher.publish([event], lambda: confirmed.append("first"))
    for _ in range(REFUSALS_MAX - 1):
        refuse(connection, 1)
        assert not confirmed
        loop.fire()
    refuse(connection, 1)

    assert confirmed == ["first"]
    assert publisher.pending == 0
    warning = capsys.readouterr().out
    assert event.id in warning
    assert "republish --since" in warning

    publisher.publish([*called(3), *ticks(2)], lambda: confirmed.append("second"))
    refuse(connection, 5)
    assert confirmed == ["first", "second"]
    assert not loop.timers, "none is sent again"
    assert capsys.readouterr().out.count("refused") == 3, "a tick is nothing that anybody misses"


def test_who_must_not_lose_an_event_lets_none_go(connections: list[Connection]) -> None:
    loop, confirmed = Loop(), list[None]()
    publisher, connection = opened(loop, connections, [])
    connection.set_up()
    publisher.publish(called(1), lambda: confirmed.append(None))

    for _ in range(3 * REFUSALS_MAX):
        refuse(connection, 1)
        loop.fire()

    assert not confirmed
    assert publisher.pending == 1


def test_replies_do_not_wait_for_confirms(connections: list[Connection]) -> None:
    """They have a channel of their own: the confirmation of one message is not taken for another's."""
    publisher, connection = opened(Loop(), connections, [])
    connection.set_up()
    confirmed: list[str] = []
    asked = registration(1)._replace(reply_to=REPLY_ADDRESS)
    from_a_stranger = asked._replace(reply_to=DEAD_QUEUE)
    refusal = problem(ProblemCode.CLINIC_CLOSED, "Closed.")
    replies = [(from_a_stranger, refusal), (asked, refusal), (asked, refusal)]

    publisher.publish(called(1), lambda: confirmed.append("first"), replies)
    publisher.publish(called(1), lambda: confirmed.append("second"), replies)

    assert connection.published == [called(1)[0].routing_key] * 2
    assert [message.routing_key for message in connection.replies] == [REPLY_ADDRESS] * 4, (
        "only addresses that can be used are replied to"
    )
    assert not confirmed
    connection.confirm(Method(1, Basic.Ack(1)))
    assert confirmed == ["first"]
    connection.confirm(Method(1, Basic.Ack(2)))
    assert confirmed == ["first", "second"]
    assert publisher.pending == 0


def test_events_that_a_reply_costs_the_connection_are_sent_again(connections: list[Connection]) -> None:
    loop, confirmed = Loop(), list[None]()
    publisher, connection = opened(loop, connections, [])
    connection.set_up()
    asked = registration(1)._replace(reply_to=REPLY_ADDRESS)
    refusal = problem(ProblemCode.CLINIC_CLOSED, "Closed.")
    publisher.publish(called(2), lambda: confirmed.append(None), replies=[(asked, refusal)])

    connection.gone("541")
    loop.fire()
    again = connections[-1]
    again.opened(again)
    again.set_up()

    assert again is not connection
    assert again.published == connection.published == [event.routing_key for event in called(2)]
    assert not again.replies, "who missed a reply asks again"
    again.confirm(Method(1, Basic.Ack(2, multiple=True)))
    assert len(confirmed) == 1


def test_every_message_says_what_it_is(connections: list[Connection]) -> None:
    """And whose it is: clients know a reply by its correlation id, and integrators an event by its id."""
    publisher, connection = opened(Loop(), connections, [])
    connection.set_up()
    asked = registration(1)._replace(reply_to=REPLY_ADDRESS, correlation_id="as they called it")
    nameless = asked._replace(correlation_id=None)
    refusal = problem(ProblemCode.CLINIC_CLOSED, "Closed.")
    (event,) = called(1)

    letters = [SetAside(asked, DEAD_QUEUE, "a reason"), SetAside(nameless, DEAD_QUEUE)]
    publisher.publish([event], lambda: None, replies=[(asked, refusal), (nameless, refusal)])
    for each in letters:
        publisher.set_aside(each, lambda: None, lambda: None, insists=True, is_void=lambda: False)

    reply = {"content_type": "application/json", "type": "problem"}
    way = {"x-antrean-exchange": "antrean.patient"}
    letter = {
        "content_type": asked.content_type,
        "type": asked.name,
        "message_id": asked.message_id,
        "reply_to": REPLY_ADDRESS,
        "timestamp": None if asked.sent_at is None else int(asked.sent_at.timestamp()),
        "delivery_mode": 2,
    }
    sent = [*connection.messages, *connection.replies]
    assert [message.exchange for message in sent] == [EVENTS_EXCHANGE, "", "", "", ""]
    assert [full(each.properties) for each in sent] == [
        pika.BasicProperties(
            content_type=CONTENT_TYPE, type="ticket.called", message_id=event.id, delivery_mode=2
        ),
        pika.BasicProperties(
            **letter,
            correlation_id="as they called it",
            headers=way | {"x-antrean-copy": 1, "x-antrean-reason": "a reason"},
        ),
        pika.BasicProperties(**letter, headers=way | {"x-antrean-copy": 2}),
        pika.BasicProperties(**reply, correlation_id="as they called it"),
        pika.BasicProperties(**reply),
    ]
    bodies = [event.body, asked.body, asked.body, encode_reply(refusal), encode_reply(refusal)]
    assert [message.body for message in sent] == bodies


def test_where_the_broker_does_not_keep_up_nothing_is_added(connections: list[Connection]) -> None:
    loop, ready = Loop(), list[None]()
    publisher, connection = opened(loop, connections, [], on_up=lambda: ready.append(None))
    connection.set_up()
    ready.clear()
    publisher.publish(ticks(IN_FLIGHT_MAX), lambda: None)
    assert not publisher.is_congested
    publisher.publish(ticks(1), lambda: None)
    assert publisher.is_congested

    connection.confirm(Method(1, Basic.Ack(1)))

    assert not publisher.is_congested
    assert len(ready) == 1
    connection.confirm(Method(1, Basic.Ack(IN_FLIGHT_MAX + 1, multiple=True)))
    assert len(ready) == 1, "it is told once"


def test_nor_where_the_line_takes_nothing(connections: list[Connection]) -> None:
    """Replies are confirmed by nobody: a broker that does not read shows in what cannot be sent."""
    loop, ready = Loop(), list[None]()
    publisher, connection = opened(loop, connections, [], on_up=lambda: ready.append(None))
    connection.set_up()
    ready.clear()
    asked = registration(1)._replace(reply_to=REPLY_ADDRESS)
    connection.unsent_bytes = UNSENT_BYTES_MAX + 1
    publisher.publish([], lambda: None, [(asked, problem(ProblemCode.CLINIC_CLOSED, "Closed."))])
    assert publisher.is_congested
    loop.fire()
    assert publisher.is_congested
    assert not ready

    connection.unsent_bytes = 0
    loop.fire()

    assert not publisher.is_congested
    assert len(ready) == 1
    assert not loop.timers, "it is told once"
