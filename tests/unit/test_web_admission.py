"""What visitors of antrean-web may ask: honest ones beside those who flood, guess and make up addresses."""

import sys
from collections import Counter
from contextlib import ExitStack
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antrean_client.requests import Answer
from common.domain.ticket_codes import format_ticket_code
from common.errors import RequestNotTaken
from patient_web import admission
from patient_web.admission import KEYS_MAX, Admission, Use, Visitor, normal_address
from patient_web.known_codes import KNOWN_MAX, KnownCodes
from patient_web.places import CHANGES_OF_ADDRESS_MAX, LOOK_UPS_MAX, LOOK_UPS_OF_ADDRESS_MAX, Places
from patient_web.tokens import Tokens

ADDRESS = "203.0.113.7"
HONEST = Visitor(ADDRESS, "honest")


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_one_device_that_floods_leaves_its_neighbour_alone() -> None:
    clock = Clock()
    found = Admission(clock)
    flooding = Visitor(ADDRESS, "flooding")
    waits = [found.admit(flooding, Use.LOOK_UP) for _ in range(500)]
    assert waits.count(0) == admission.OF_DEVICE[Use.LOOK_UP].burst
    assert found.admit(HONEST, Use.LOOK_UP) == 0


@pytest.mark.parametrize("use", Use)
def test_who_shows_no_device_is_bounded_as_one_of_the_address(use: Use) -> None:
    found = Admission(Clock())
    waits = [found.admit(Visitor(ADDRESS, None), use) for _ in range(500)]
    assert waits.count(0) == admission.OF_DEVICE[use].burst
    assert found.admit(HONEST, use) == 0


@pytest.mark.parametrize("use", Use)
def test_an_address_is_bounded_however_many_devices_it_has(use: Use) -> None:
    found = Admission(Clock())
    waits = [found.admit(Visitor(ADDRESS, f"device {number}"), use) for number in range(5_000)]
    assert waits.count(0) == admission.OF_ADDRESS[use].burst
    assert found.admit(Visitor("203.0.113.8", None), use) == 0


def test_who_waits_as_long_as_told_is_let_in() -> None:
    clock = Clock()
    found = Admission(clock)
    while (wait := found.admit(HONEST, Use.CHANGE)) == 0:
        pass
    clock.seconds += wait
    assert found.admit(HONEST, Use.CHANGE) == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 20), st.integers(0, 20), st.floats(0, 9))))
def test_however_requests_overlap_no_more_wrong_codes_are_answered_than_is_said(
    steps: list[tuple[int, int, int, float]],
) -> None:
    """Each step is somebody who asks; answers come later, in any order, and time passes."""
    clock = Clock()
    found, began = Admission(clock), clock.seconds
    under_way: list[tuple[Visitor, int, int]] = []
    wrong_of: Counter[str] = Counter()

    def answered(visitor: Visitor, guesses: int, wrong: int) -> None:
        found.codes_checked(visitor, guesses, wrong=wrong)
        wrong_of.update({visitor.sender: wrong, ADDRESS: wrong})

    for device, guesses, wrong, seconds in steps:
        clock.seconds += seconds
        visitor = Visitor(ADDRESS, f"device {device}")
        if found.admit_codes(visitor, [], guesses) == 0:
            under_way.append((visitor, guesses, min(wrong, guesses)))
        if under_way and seconds > 4:
            answered(*under_way.pop(device % len(under_way)))
    for each in under_way:
        answered(*each)
    passed = clock.seconds - began
    for sender, wrong in wrong_of.items():
        bound = admission.WRONG_CODES_OF_ADDRESS if sender == ADDRESS else admission.WRONG_CODES_OF_DEVICE
        assert wrong <= bound.burst + bound.per_second * passed + 1
    assert not found._wrong_of_device._reserved
    assert not found._wrong_of_address._reserved


def test_many_guesses_at_once_are_no_more_than_one_after_the_other() -> None:
    found = Admission(Clock())
    guessers = [Visitor(ADDRESS, f"device {number // 50}") for number in range(2_000)]
    admitted = [each for each in guessers if found.admit_codes(each, [], 15) == 0]
    assert len(admitted) == admission.WRONG_CODES_OF_ADDRESS.burst // 15
    assert Counter(admitted).most_common(1)[0][1] == admission.WRONG_CODES_OF_DEVICE.burst // 15


def test_nobody_waits_longer_than_a_whole_burst_takes() -> None:
    clock = Clock()
    found = Admission(clock)
    for number in range(1_000):
        if found.admit_codes(visitor := Visitor(ADDRESS, f"device {number}"), [], 10) == 0:
            found.codes_checked(visitor, 10, wrong=10)
    bound = admission.WRONG_CODES_OF_ADDRESS
    clock.seconds += bound.burst / bound.per_second
    assert found.admit_codes(HONEST, [], 20) == 0


def test_right_codes_cost_nothing_once_they_are_answered() -> None:
    found = Admission(Clock())
    for _ in range(1_000):
        assert found.admit_codes(HONEST, [], 15) == 0
        found.codes_checked(HONEST, 15, wrong=0)


def test_who_knows_a_ticket_does_not_wait_for_a_neighbour_who_guesses() -> None:
    found = Admission(Clock())
    for number in range(100):
        found.admit_codes(Visitor(ADDRESS, f"guesser {number}"), [], 10)
    assert found.admit_codes(Visitor(ADDRESS, "newcomer"), ["B"], 1) > 0
    assert found.admit_codes(HONEST, ["A"], 0) == 0


def test_a_device_is_believed_what_it_was_told_and_no_more() -> None:
    own, shown, guessed = (format_ticket_code(f"ZZZZZZZ{number:05d}") for number in range(3))
    known = KnownCodes()
    known.learn(Answer("problem", {"code": "busy"}, "", 0.0))
    assert not known.is_changed
    known.learn(Answer("ticket", {"ticket_code": own, "transferred_to": None}, "", 0.0))
    known.learn(Answer("tickets", {"tickets": [{"ticket_code": shown}], "not_found": [guessed]}, "", 0.0))
    assert known.is_changed
    carried = KnownCodes(known.packed())
    assert carried.unknown([own, own.lower(), shown, guessed, guessed]) == [guessed]
    assert not carried.is_changed
    assert own.encode() not in known.packed()


def test_a_device_is_believed_the_latest_of_many_codes() -> None:
    codes = [format_ticket_code(f"ZZZZZZZ{number:05d}") for number in range(3 * KNOWN_MAX)]
    known = KnownCodes()
    for code in codes:
        known.learn(Answer("ticket", {"ticket_code": code}, "", 0.0))
    assert KnownCodes(known.packed()).unknown(codes) == codes[:-KNOWN_MAX]


def test_one_code_is_not_asked_for_without_end_whoever_asks() -> None:
    found = Admission(Clock())
    waits = [found.admit_codes(Visitor(f"198.51.100.{n}", None), ["SAME"], 0) for n in range(250)]
    assert waits.count(0) == admission.OF_CODE.burst
    assert found.admit_codes(HONEST, ["ANOTHER"], 1) == 0


def test_streams_are_bounded_by_device_and_address_and_free_again_when_closed() -> None:
    found = Admission(Clock())
    taken = [found.take_stream(HONEST) for _ in range(20)]
    assert taken.count(True) == admission.STREAMS_OF_DEVICE_MAX
    found.release_stream(HONEST)
    assert found.take_stream(HONEST)
    others = [found.take_stream(Visitor(ADDRESS, f"device {number}")) for number in range(1_000)]
    assert others.count(True) == admission.STREAMS_OF_ADDRESS_MAX - admission.STREAMS_OF_DEVICE_MAX
    assert found.take_stream(Visitor("203.0.113.8", None))


def test_a_flood_of_addresses_fills_no_memory() -> None:
    found = Admission(Clock())
    for number in range(KEYS_MAX + 20_000):
        visitor = Visitor(f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::", None)
        found.admit(visitor, Use.LOOK_UP)
        found.admit_codes(visitor, [], 1)
        found.codes_checked(visitor, 1, wrong=1)
    tables = [found._of_device[Use.LOOK_UP], found._wrong_of_address]
    assert all(len(each) <= KEYS_MAX for each in tables)


def test_what_was_closed_leaves_nothing() -> None:
    found = Admission(Clock())
    for number in range(1_000):
        visitor = Visitor(f"198.51.100.{number % 250}", f"device {number}")
        assert found.take_stream(visitor)
        found.release_stream(visitor)
    assert found._streams == Counter()


@given(st.ip_addresses(v=6))
def test_an_address_of_ipv6_is_that_of_its_network(address: IPv6Address) -> None:
    network = normal_address(str(address))
    if address.ipv4_mapped is None:
        assert int(IPv6Address(network)) == int(address) >> 64 << 64


@given(st.ip_addresses(v=4))
def test_an_address_of_ipv4_is_the_same_by_either_way(address: IPv4Address) -> None:
    assert normal_address(f"::ffff:{address}") == normal_address(str(address)) == str(address)


def test_a_token_is_of_one_purpose_and_one_secret() -> None:
    tokens = Tokens("a secret of thirty-two characters")
    token = tokens.seal("stream", b"data")
    assert tokens.open("stream", token, 60) == b"data"
    assert tokens.open("device", token, 60) is None
    assert Tokens("another secret of as many letters").open("stream", token, 60) is None
    assert tokens.open("stream", token, -sys.maxsize) is None


@given(st.text())
def test_no_other_text_is_a_token(text: str) -> None:
    assert Tokens("a secret of thirty-two characters").open("stream", text, 60) is None


def test_no_address_takes_all_places_and_look_ups_none_of_those_of_changes() -> None:
    places = Places()
    with ExitStack() as waiting:
        for number in range(LOOK_UPS_MAX):
            share = number // LOOK_UPS_OF_ADDRESS_MAX
            waiting.enter_context(places.one(f"203.0.113.{share}", is_change=False))
            if number == LOOK_UPS_OF_ADDRESS_MAX - 1:
                with pytest.raises(RequestNotTaken), places.one("203.0.113.0", is_change=False):
                    pass
        with pytest.raises(RequestNotTaken), places.one("203.0.113.99", is_change=False):
            pass
        for _ in range(CHANGES_OF_ADDRESS_MAX):
            waiting.enter_context(places.one("203.0.113.0", is_change=True))
    with places.one(None, is_change=False):
        pass
    assert not +places._taken
