"""What visitors of antrean-web may ask: honest ones beside those who flood, guess and make up addresses."""

import sys
from collections import Counter
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patient_web import admission
from patient_web.admission import KEYS_MAX, Admission, Use, Visitor, normal_address
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
    waits = [found.admit(Visitor(ADDRESS, None), use) for _ in range(200)]
    assert waits.count(0) == admission.OF_DEVICE[use].burst
    assert found.admit(HONEST, use) == 0


@pytest.mark.parametrize("use", Use)
def test_an_address_is_bounded_however_many_devices_it_has(use: Use) -> None:
    found = Admission(Clock())
    waits = [found.admit(Visitor(ADDRESS, f"device {number}"), use) for number in range(3_000)]
    assert waits.count(0) == admission.OF_ADDRESS[use].burst
    assert found.admit(Visitor("203.0.113.8", None), use) == 0


def test_who_waits_as_long_as_told_is_let_in() -> None:
    clock = Clock()
    found = Admission(clock)
    while (wait := found.admit(HONEST, Use.CHANGE)) == 0:
        pass
    clock.seconds += wait
    assert found.admit(HONEST, Use.CHANGE) == 0


def test_names_for_devices_are_bounded_by_address() -> None:
    found = Admission(Clock())
    given_out = [found.admit_new_device(ADDRESS) for _ in range(2_000)]
    assert given_out.count(True) == admission.NEW_DEVICES.burst
    assert found.admit_new_device("203.0.113.8")


def test_guessing_codes_is_bounded_by_device_and_then_by_address() -> None:
    clock = Clock()
    found = Admission(clock)
    tried = 0
    for number in range(10_000):
        guesser = Visitor(ADDRESS, f"device {number // 50}")
        clock.seconds += 0.01
        if found.admit_codes(guesser, [f"code {number}"]) == 0:
            found.codes_checked(guesser, found=0, wrong=1)
            tried += 1
    bound = admission.WRONG_CODES_OF_ADDRESS
    assert bound.burst <= tried <= bound.burst + bound.per_second * 100 + 1


def test_a_list_of_guesses_counts_each_of_them() -> None:
    clock = Clock()
    found = Admission(clock)
    tried = 0
    for _ in range(1_000):
        clock.seconds += 1
        if found.admit_codes(HONEST, []) == 0:
            found.codes_checked(HONEST, found=0, wrong=100)
            tried += 100
    bound = admission.WRONG_CODES_OF_DEVICE
    assert tried <= bound.burst + bound.per_second * 1_000 + 100


def test_who_has_a_ticket_does_not_wait_for_a_neighbour_who_guesses() -> None:
    found = Admission(Clock())
    found.codes_checked(HONEST, found=1, wrong=0)
    for number in range(100):
        found.codes_checked(Visitor(ADDRESS, f"guesser {number}"), found=0, wrong=10)
    assert found.admit_codes(Visitor(ADDRESS, "newcomer"), ["B"]) > 0
    assert found.admit_codes(HONEST, ["A"]) == 0


def test_one_code_is_not_asked_for_without_end_whoever_asks() -> None:
    found = Admission(Clock())
    waits = [found.admit_codes(Visitor(f"198.51.100.{n}", None), ["SAME"]) for n in range(250)]
    assert waits.count(0) == admission.OF_CODE.burst
    assert found.admit_codes(HONEST, ["ANOTHER"]) == 0


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
        found.codes_checked(visitor, found=0, wrong=1)
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
