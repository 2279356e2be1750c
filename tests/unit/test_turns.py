"""Who is whose turn among what waits at a worker."""

from base64 import b64encode
from collections import Counter, defaultdict
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from common.messaging.delivery import Delivery
from common.messaging.topology import DESK_EXCHANGE, EVENTS_EXCHANGE, PATIENT_EXCHANGE
from common.messaging.turns import Sender, Turns, sender_of
from tests.builders import delivery
from tests.unit.publishing import OWN_ADDRESS

_PID = OWN_ADDRESS.split(".")[3]
_SHARE = 2


def address(channel: int) -> str:
    """The reply address of this channel of a client."""
    return OWN_ADDRESS.replace(_PID, _PID[:24] + f"{channel:02d}" + _PID[26:])


def sent(
    tag: int,
    channel: int | None = None,
    *,
    user_id: str | None = None,
    exchange: str = PATIENT_EXCHANGE,
    redeliveries: int = 0,
) -> Delivery:
    """A request of somebody."""
    return delivery("register", {}, exchange=exchange)._replace(
        tag=tag,
        reply_to=None if channel is None else address(channel),
        user_id=user_id,
        redeliveries=redeliveries,
    )


def waiting(*deliveries: Delivery) -> Turns:
    """All of these, which have arrived in this order."""
    turns = Turns(sender)
    turns.add(deliveries)
    return turns


def sender(delivery: Delivery) -> Sender:
    """Who sent it, where every address can be used."""
    return sender_of(delivery, lambda _: True)


def tags(deliveries: list[Delivery]) -> list[int]:
    """Their tags."""
    return [each.tag for each in deliveries]


def test_who_sent_it() -> None:
    usable = {address(1)}

    def by(delivery: Delivery) -> Sender:
        return sender_of(delivery, lambda reply_to: reply_to in usable)

    assert by(sent(1, 1)) == by(sent(2, 1)._replace(reply_to=address(1)))
    assert by(sent(1, 1)) != by(sent(2, 1, exchange=DESK_EXCHANGE))
    assert by(sent(1, 2)) == by(sent(2, 3)) == by(sent(3)), "addresses that cannot be used are all one"
    assert by(sent(1, 1, user_id="gateway")) == by(sent(2, 2, user_id="gateway")) != by(sent(3, 1))
    assert by(sent(1, 1, user_id="patient")) == by(sent(2, 1)), "everybody is this user"
    at_desk = partial(sent, exchange=DESK_EXCHANGE)
    assert by(at_desk(1, 1, user_id="siti")) == by(at_desk(2, 1, user_id="siti"))
    assert by(at_desk(1, 1, user_id="siti")) != by(at_desk(2, 1, user_id="budi"))
    assert by(at_desk(1, 1, user_id="siti")).channel is not None, "one program of hers may send too much"
    assert by(sent(1, 1, exchange=EVENTS_EXCHANGE)) == by(sent(2, exchange=EVENTS_EXCHANGE))


def test_who_does_not_know_the_key_of_a_channel_is_somebody_else() -> None:
    """Else a flood in its name would have its requests refused."""
    key = b64encode(bytes(range(16))).decode()
    other = f"{address(1).rpartition('.')[0]}.{key}"
    assert sender(sent(1)._replace(reply_to=other)) != sender(sent(2, 1))


def test_each_sender_in_turn() -> None:
    turns = waiting(*(sent(tag, 1) for tag in range(5)), sent(5, 2), sent(6, 3), sent(7, 2))
    assert tags(turns.take(4)) == [0, 5, 6, 1]
    assert tags(turns.take(9)) == [7, 2, 3, 4]
    assert not turns
    assert turns.take(1) == []


def test_each_user_in_turn_however_many_strangers_there_are() -> None:
    strangers = [sent(channel, channel) for channel in range(9)]
    turns = waiting(*strangers, *(sent(20 + n, 50, user_id="gateway") for n in range(3)))
    assert tags(turns.take(8)) == [0, 20, 1, 21, 2, 22, 3, 4]


def test_what_is_put_back_comes_first() -> None:
    turns = waiting(sent(1, 1), sent(2, 1), sent(3, 2))
    batch = turns.take(2)
    turns.put_back(batch)
    assert len(turns) == 3
    assert tags(turns.take(3)) == [*tags(batch), 2]


def test_a_surplus_is_what_waited_longest_of_who_has_too_much() -> None:
    many = [sent(tag, 1) for tag in range(5)]
    turns = waiting(*many, sent(10, 2), sent(11, 2), sent(12, 3))

    assert tags(turns.take_surplus(_SHARE)) == [0, 1, 2]
    assert turns.of_others == 3
    assert len(turns) == 5
    assert turns.take_surplus(_SHARE) == []
    assert turns.of_others == 5


def test_no_surplus_of_who_is_alone_behind_a_user_of_events_and_of_what_came_back() -> None:
    gateway = [sent(tag, 1, user_id="gateway") for tag in range(5)]
    ticks = [sent(tag, exchange=EVENTS_EXCHANGE) for tag in range(10, 15)]
    again = [sent(tag, 2, redeliveries=1) for tag in range(20, 25)]
    turns = waiting(*gateway, *ticks, *again)

    assert turns.take_surplus(_SHARE) == []
    assert sorted(tags(turns.take(99))) == sorted(tags([*gateway, *ticks, *again]))


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from([None, "gateway", "patient"])), max_size=60),
    st.lists(st.tuples(st.sampled_from(["take", "put back", "surplus"]), st.integers(1, 9)), max_size=30),
)
def test_each_delivery_is_taken_once_and_in_its_senders_order(
    senders: list[tuple[int, str | None]], steps: list[tuple[str, int]]
) -> None:
    deliveries = [sent(tag, channel, user_id=user) for tag, (channel, user) in enumerate(senders)]
    turns, taken, refused = waiting(*deliveries), list[Delivery](), list[Delivery]()
    for step, count in steps:
        before = len(turns)
        if step == "surplus":
            refused += turns.take_surplus(count)
        else:
            batch = turns.take(count)
            assert len(batch) == min(count, before)
            if step == "take":
                taken += batch
            else:
                turns.put_back(batch)
        assert len(turns) == len(deliveries) - len(taken) - len(refused)
    taken += turns.take(len(deliveries))

    assert Counter(tags([*taken, *refused])) == Counter(range(len(deliveries)))
    order: dict[Sender, list[int]] = defaultdict(list)
    for each in taken:
        order[sender(each)].append(each.tag)
    assert all(each == sorted(each) for each in order.values())
