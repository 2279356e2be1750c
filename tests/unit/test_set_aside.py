"""What the publisher does with deliveries that are set aside, and with what is too large to be published."""

import json

import pytest
from pika.frame import Method
from pika.spec import Basic

from common.messages.limits import MESSAGE_BYTES_MAX
from common.messages.message import EncodedReply, encode_reply
from common.messages.problems import ProblemCode, problem
from common.messaging.outgoing import SetAside
from common.messaging.publisher import REFUSALS_MAX, Publisher
from common.messaging.topology import DEAD_QUEUE
from tests.builders import registration
from tests.unit.publishing import OWN_ADDRESS as REPLY_ADDRESS
from tests.unit.publishing import Connection, Loop, called, opened, refuse


class Aside:
    """What became of a delivery that is set aside."""

    def __init__(self, publisher: Publisher, queue: str = DEAD_QUEUE, *, insists: bool = True) -> None:
        self.taken = self.refused = 0
        self.void = False
        publisher.set_aside(
            SetAside(registration(1), queue, "a reason"),
            self._confirmed,
            self._refused,
            insists=insists,
            is_void=lambda: self.void,
        )

    def _confirmed(self) -> None:
        self.taken += 1

    def _refused(self) -> None:
        self.refused += 1


def test_a_dead_letter_is_never_let_go(
    connections: list[Connection], capsys: pytest.CaptureFixture[str]
) -> None:
    """One of those that are refused tries whether there is room, for all."""
    loop = Loop()
    publisher, connection = opened(loop, connections, [], drops_refused=True)
    connection.set_up()
    letters = [Aside(publisher) for _ in range(5)]
    refuse(connection, 5)
    for _ in range(3 * REFUSALS_MAX):
        sent = len(connection.published)
        loop.fire()
        assert connection.published[sent:] == [DEAD_QUEUE]
        refuse(connection, 1)
    assert [(each.taken, each.refused) for each in letters] == [(0, 1)] * 5, "each is told once"
    assert publisher.pending == 0, "nothing else waits for them"
    assert capsys.readouterr().out.count("dead letters refused") == 1

    loop.fire()
    connection.confirm(Method(1, Basic.Ack(len(connection.published))))
    assert connection.published[-4:] == [DEAD_QUEUE] * 4
    assert sum(each.taken for each in letters) == 1
    connection.confirm(Method(1, Basic.Ack(len(connection.published), multiple=True)))
    assert [each.taken for each in letters] == [1] * 5


def test_what_no_queue_takes_comes_back_and_is_kept(
    connections: list[Connection], capsys: pytest.CaptureFixture[str]
) -> None:
    """The broker confirms it all the same, after it has returned it."""
    loop = Loop()
    publisher, connection = opened(loop, connections, [], drops_refused=True)
    connection.set_up()
    first, letter = Aside(publisher), Aside(publisher)
    assert all(message.mandatory for message in connection.messages)
    connection.come_back(connection.messages[1])
    connection.confirm(Method(1, Basic.Ack(2, multiple=True)))
    assert (first.taken, first.refused) == (1, 0)
    assert (letter.taken, letter.refused) == (0, 1)
    assert "broker declare" in capsys.readouterr().out

    loop.fire()
    connection.confirm(Method(1, Basic.Ack(3)))
    assert letter.taken == 1


def test_what_does_not_insist_is_given_back_at_once(connections: list[Connection]) -> None:
    loop = Loop()
    publisher, connection = opened(loop, connections, [], drops_refused=True)
    connection.set_up()
    full, missing = Aside(publisher, "full", insists=False), Aside(publisher, "missing", insists=False)
    refuse_first = Method(1, Basic.Nack(1))
    connection.come_back(connection.messages[1])
    connection.confirm(refuse_first)
    connection.confirm(Method(1, Basic.Ack(2)))
    assert (full.refused, missing.refused) == (1, 1)
    assert (full.taken, missing.taken) == (0, 0)
    assert not loop.timers, "and is not sent again"
    assert publisher.pending == 0


def test_what_comes_again_anyhow_is_not_kept(connections: list[Connection]) -> None:
    """Else each lost connection would add a copy of every letter that waits for room."""
    loop = Loop()
    publisher, connection = opened(loop, connections, [], drops_refused=True)
    connection.set_up()
    kept, sent = Aside(publisher), Aside(publisher)
    connection.confirm(Method(1, Basic.Nack(1)))
    kept.void = sent.void = True
    connection.gone("closed")
    loop.fire()
    again = connections[-1]
    again.opened(again)
    again.set_up()
    loop.fire()
    assert again.published == []
    assert publisher.pending == 0


def test_nothing_larger_than_the_broker_takes_is_published(
    connections: list[Connection], capsys: pytest.CaptureFixture[str]
) -> None:
    """It would close the connection, and neighbours would lose their replies with it."""
    publisher, connection = opened(Loop(), connections, [], drops_refused=True)
    connection.set_up()
    confirmed: list[str] = []
    asked = registration(1)._replace(reply_to=REPLY_ADDRESS, correlation_id="theirs")
    good, name = problem(ProblemCode.CLINIC_CLOSED, "Closed."), "Siti Aminah"
    largest = EncodedReply("tickets", b"x" * MESSAGE_BYTES_MAX)
    larger = EncodedReply("tickets", name.encode() + b"x" * MESSAGE_BYTES_MAX)
    modelled = problem(ProblemCode.CLINIC_CLOSED, name * MESSAGE_BYTES_MAX)
    (event,) = called(1)
    too_large = event._replace(body=name.encode() * MESSAGE_BYTES_MAX)

    replies = [(asked, each) for each in (good, larger, modelled, largest, good)]
    publisher.publish([too_large, event], lambda: confirmed.append("both"), replies)
    publisher.publish([too_large], lambda: confirmed.append("alone"))

    bodies = [message.body for message in connection.replies]
    assert [bodies[0], bodies[3], bodies[4]] == [encode_reply(good), largest.body, encode_reply(good)]
    for message in (connection.replies[1], connection.replies[2]):
        assert json.loads(message.body)["code"] == "internal_error"
        properties = message.properties
        assert (properties.type, properties.correlation_id) == ("problem", "theirs")
    assert [message.body for message in connection.messages] == [event.body]
    assert confirmed == ["alone"], "the event is in the journal"
    connection.confirm(Method(1, Basic.Ack(1)))
    assert confirmed == ["alone", "both"]
    logged = capsys.readouterr().out
    assert logged.count("reply too large") == 2
    assert logged.count("event too large") == 2
    assert name not in logged
