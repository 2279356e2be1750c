"""Deliveries are acknowledged up to the first that is not done, each once, in any order."""

from hypothesis import given
from hypothesis import strategies as st

from common.messaging.acknowledgements import AckWindow

TAGS = 20


def upto(tag: int) -> list[tuple[int, bool]]:
    """The acknowledgement of all up to a delivery."""
    return [(tag, True)]


def test_what_is_done_early_waits_for_what_came_before() -> None:
    window = AckWindow()
    assert window.settle([2, 3]) == []
    assert window.settle([1]) == upto(3)
    assert window.settle([5]) == []
    assert window.settle([4]) == upto(5)


def test_nothing_new_is_nothing_to_acknowledge() -> None:
    window = AckWindow()
    assert window.settle([]) == []
    assert window.settle([1]) == upto(1)
    assert window.settle([]) == []


def test_nothing_waits_for_what_is_on_hold() -> None:
    window = AckWindow()
    assert window.settle([2, 5]) == []
    assert window.hold([1]) == [(2, False), (5, False)]
    assert window.settle([3]) == [(3, False)]
    assert window.on_hold == 1
    assert window.settle([1]) == upto(1)
    assert window.on_hold == 0
    assert window.settle([4]) == upto(4)
    assert window.settle([6, 7]) == upto(7)


def test_what_is_on_hold_no_more_is_waited_for_again() -> None:
    window = AckWindow()
    assert window.hold([1, 3]) == []
    window.resume([1])
    assert window.settle([2]) == []
    assert window.settle([4]) == [(4, False)], "it stands behind one that is on hold"
    assert window.settle([1]) == upto(2)
    assert window.settle([3]) == upto(3)
    assert window.settle([5]) == upto(5)


@given(st.permutations(range(1, TAGS + 1)), st.sets(st.integers(1, TAGS)), st.data())
def test_in_any_order_each_is_acknowledged_once_and_never_too_early(
    order: list[int], slow: set[int], data: st.DataObject
) -> None:
    """As RabbitMQ sees it: one that is unknown, or was acknowledged before, would close the channel."""
    window, done, unacknowledged = AckWindow(), set[int](), set(range(1, TAGS + 1))
    for tag in order:
        if tag in slow:
            acknowledgements = window.hold([tag])
        else:
            done.add(tag)
            acknowledgements = window.settle([tag])
        for acknowledged, multiple in acknowledgements:
            assert acknowledged in unacknowledged
            taken = {each for each in unacknowledged if each <= acknowledged} if multiple else {acknowledged}
            assert taken <= done
            unacknowledged -= taken
        first_on_hold = min(slow & set(order[: order.index(tag) + 1]), default=TAGS + 1)
        assert not {each for each in done & unacknowledged if each > first_on_hold}
    for tag in data.draw(st.permutations(sorted(slow))):
        done.add(tag)
        for acknowledged, multiple in window.settle([tag]):
            assert acknowledged in unacknowledged
            unacknowledged -= (
                {each for each in unacknowledged if each <= acknowledged} if multiple else {acknowledged}
            )
    assert not unacknowledged
    assert window.on_hold == 0
