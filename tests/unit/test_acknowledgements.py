"""Deliveries are acknowledged up to the first that is not done, each once, in any order."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from common.messaging.acknowledgements import AckWindow


def test_what_is_done_early_waits_for_what_came_before() -> None:
    window = AckWindow()
    assert window.settle([2, 3]) is None
    assert window.settle([1]) == 3
    assert window.settle([5]) is None
    assert window.settle([4]) == 5


def test_nothing_new_is_nothing_to_acknowledge() -> None:
    window = AckWindow()
    assert window.settle([]) is None
    assert window.settle([1]) == 1
    assert window.settle([]) is None


@given(st.permutations(range(1, 31)), st.lists(st.integers(0, 30), max_size=5))
def test_in_any_order_each_is_acknowledged_once_and_never_too_early(tags: list[int], cuts: list[int]) -> None:
    window = AckWindow()
    done: set[int] = set()
    acknowledged = 0
    edges = sorted({0, *cuts, len(tags)})
    for start, end in pairwise(edges):
        done.update(tags[start:end])
        upto = window.settle(tags[start:end])
        if upto is not None:
            assert upto > acknowledged
            acknowledged = upto
        first_open = next(tag for tag in range(1, 32) if tag not in done)
        assert acknowledged == first_open - 1
    assert acknowledged == len(tags)
