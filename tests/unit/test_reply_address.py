"""Which addresses are replied to: the broker's own direct reply-to addresses, and nothing that could hurt."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messaging.reply_address import name_in_addresses, reply_node
from tests.unit.publishing import OWN_ADDRESS as SEEN

PREFIX = "amq.rabbitmq.reply-to."
NODE = b"reply@108504564"
TAIL = bytes(12)
KEY = bytes(range(16))


def address(term: bytes, key: bytes = KEY) -> str:
    """The address that these two parts make."""
    return f"{PREFIX}{b64encode(term).decode()}.{b64encode(key).decode()}"


def new_pid(node: bytes = NODE, tail: bytes = TAIL) -> bytes:
    """A process id as NEW_PID_EXT with the node's name as ATOM_UTF8_EXT, as RabbitMQ writes it."""
    return b"\x83X" + b"v" + len(node).to_bytes(2, "big") + node + tail


def test_an_address_as_the_broker_gives_it_is_used() -> None:
    assert reply_node(SEEN) is not None


@pytest.mark.parametrize(
    "term",
    [
        new_pid(),
        b"\x83Xw" + bytes([len(NODE)]) + NODE + TAIL,
        new_pid(b"rabbit@my-host.example.org"),
    ],
)
def test_a_process_id_as_brokers_write_it_is_understood(term: bytes) -> None:
    assert reply_node(address(term)) is not None


@pytest.mark.parametrize(
    "term",
    [
        b"\x83Xd" + len(NODE).to_bytes(2, "big") + NODE + TAIL,
        b"\x83Xs" + bytes([len(NODE)]) + NODE + TAIL,
        b"\x83gv" + len(NODE).to_bytes(2, "big") + NODE + bytes(9),
        b"\x83gw" + bytes([len(NODE)]) + NODE + bytes(9),
        b"\x83gs" + bytes([len(NODE)]) + NODE + bytes(9),
        b"\x83gd" + len(NODE).to_bytes(2, "big") + NODE + bytes(9),
    ],
)
def test_what_no_broker_writes_is_not_used_though_erlang_reads_it(term: bytes) -> None:
    assert reply_node(address(term)) is None


@pytest.mark.parametrize(
    "reply_to",
    [
        None,
        "",
        "amq.rabbitmq.reply-to",
        PREFIX,
        PREFIX + "x",
        "antrean.ticker",
        "antrean.dead",
        "amq.gen-JzTY20BRgKO-HjmUJj0wLg",
        SEEN.removeprefix("amq."),
        SEEN.upper(),
        SEEN + "\n",
        " " + SEEN,
        SEEN + ".more",
        SEEN.removesuffix("=="),
        SEEN[:-4],
        SEEN.replace("=.", "."),
        SEEN.replace("g1h2", "g1h_"),
        SEEN.replace("g1h2", "ĝ1h2"),
        SEEN.replace("+", "-"),
        SEEN.rsplit(".", 1)[0],
        SEEN.replace("reply-to.", "reply-to.AAAA"),
        PREFIX + "." + SEEN.rsplit(".", 1)[1],
        PREFIX + "A" * 400 + "." + SEEN.rsplit(".", 1)[1],
    ],
)
def test_what_is_no_direct_reply_to_address_is_not_used(reply_to: str | None) -> None:
    assert reply_node(reply_to) is None


@pytest.mark.parametrize(
    "term",
    [
        b"\x82" + new_pid()[1:],
        b"\x83a" + new_pid()[2:],
        b"\x83Xa" + new_pid()[3:],
        new_pid(tail=bytes(11)),
        new_pid(tail=bytes(13)),
        new_pid() + b"\x00",
        b"\x83Xv\x00\xff" + NODE + TAIL,
        b"\x83Xv\x00\x00" + TAIL + bytes(8),
        b"\x83g" + new_pid()[2:],
        new_pid(b"no-at-sign-here"),
        new_pid(b"two@at@signs.here"),
        new_pid(b"@nameless-node-xx"),
        new_pid(b"with space@hostname"),
        new_pid(b"control\x00@hostname"),
        new_pid("knoten@schlo\u00df-xx".encode()),
        bytes(28),
    ],
)
def test_what_is_no_process_id_is_not_used(term: bytes) -> None:
    assert reply_node(address(term)) is None


@pytest.mark.parametrize("length", [0, 1, 15, 17, 32])
def test_a_key_of_another_length_is_not_used(length: int) -> None:
    assert reply_node(address(new_pid(), bytes(length))) is None


@given(st.binary(max_size=60))
def test_any_other_term_is_refused_without_an_error(term: bytes) -> None:
    assert reply_node(address(term)) is None


@given(st.text(max_size=60))
def test_any_other_text_is_refused_without_an_error(text: str) -> None:
    assert reply_node(text) is None
    assert reply_node(PREFIX + text) is None


@pytest.mark.parametrize(
    ("name", "hashed"),
    [("lab5741@localhost", 59104884), ("antrean@localhost", 40418420), ("rabbit@" + "a" * 200, 0)],
)
def test_a_nodes_name_becomes_what_its_addresses_say(name: str, hashed: int) -> None:
    """The first two as RabbitMQ 4.0 and 3.10 hash them; the last stays within 27 bits."""
    found = name_in_addresses(name)
    assert found.startswith("reply@")
    if hashed:
        assert found == f"reply@{hashed}"
    assert 0 <= int(found.removeprefix("reply@")) < 1 << 27


@pytest.mark.parametrize(
    ("number", "serial", "is_narrow"),
    [(0x7FFF, 0x1FFF, True), (0x8000, 0, False), (1, 0x2000, False), (0xFFFFFFFF, 0xFFFFFFFF, False)],
)
def test_process_ids_have_more_bits_only_from_erlang_26_on(number: int, serial: int, is_narrow: bool) -> None:
    made = address(new_pid(tail=number.to_bytes(4, "big") + serial.to_bytes(4, "big") + bytes(4)))
    assert (reply_node(made, wide=False) is not None) == is_narrow
    assert reply_node(made, wide=True) is not None
