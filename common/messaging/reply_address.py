"""Which `reply_to` addresses can be used: well-formed addresses of RabbitMQ's direct reply-to, nothing else.

A `reply_to` is a stranger's word. One that names a queue of ours would be obeyed, and a malformed direct
reply-to address makes the broker close the connection that publishes to it (541, RabbitMQ 3.10 to 4.0).
So both parts are decoded as strictly as the broker would: a process id in Erlang's external term format
(NEW_PID_EXT, https://www.erlang.org/doc/apps/erts/erl_ext_dist.html) and a random key. The same
happens where the process id is that of a node that does not exist: see reply_nodes.py.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from functools import lru_cache
from struct import unpack_from

_ADDRESS = re.compile(r"amq\.rabbitmq\.reply-to\.([A-Za-z0-9+/]{16,340}={0,2})\.([A-Za-z0-9+/]{22}==)")
_ADDRESS_LENGTH_MAX = 255
_KNOWN_MAX = 4096  # a client keeps its address for as long as its connection lasts

_VERSION = 131
_KEY_BYTES = 16

# Tag of a process id as RabbitMQ writes it. What Erlang reads besides costs the connection more often.
_NEW_PID = ord("X")
_TAIL_BYTES = 12  # behind the node's name: number, serial number and creation
# Tag of an atom in UTF-8 -> bytes of its length.
_ATOM_LENGTH_BYTES = {ord("v"): 2, ord("w"): 1}
# What Erlang's own process ids held before OTP 26, in bits: its number, its serial number.
_NUMBER_BITS, _SERIAL_BITS = 15, 13

_NODE = re.compile(rb"[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+")

_HASH_BITS = 27


@lru_cache(_KNOWN_MAX)
def reply_node(reply_to: str | None, *, wide: bool = True) -> str | None:
    """The node that an address names, as addresses name nodes: `reply@` and a hash; None where it is no
    address that a reply may be published to. Process ids are `wide` from Erlang/OTP 26 on; before, one that
    is no process id of the broker's own costs the connection as a malformed one does."""
    if reply_to is None or len(reply_to) > _ADDRESS_LENGTH_MAX:
        return None
    match = _ADDRESS.fullmatch(reply_to)
    if match is None:
        return None
    try:
        pid, key = (b64decode(part, validate=True) for part in match.groups())
    except (Base64Error, ValueError):
        return None
    return _node_of_process(pid, wide) if len(key) == _KEY_BYTES else None


def name_in_addresses(node: str) -> str:
    """How addresses name the node that RabbitMQ calls `node`, such as `rabbit@broker-1`.

    Its number is Erlang's `phash2` of an atom: the hash `hashpjw` of the name, of 28 bits, of which phash2
    keeps 27.
    """
    value = 0
    for byte in node.encode("latin-1", "replace"):
        value = (value << 4) + byte
        highest = value & 0xF0000000
        value ^= highest >> 24
        value ^= highest
    return f"reply@{value & ((1 << _HASH_BITS) - 1)}"


def _node_of_process(term: bytes, wide: bool) -> str | None:
    if len(term) < 4 or term[0] != _VERSION or term[1] != _NEW_PID:
        return None
    length_bytes = _ATOM_LENGTH_BYTES.get(term[2])
    if length_bytes is None:
        return None
    name_at = 3 + length_bytes
    name_ends = name_at + int.from_bytes(term[3:name_at], "big")
    if len(term) != name_ends + _TAIL_BYTES or _NODE.fullmatch(term[name_at:name_ends]) is None:
        return None
    number, serial = unpack_from(">II", term, name_ends)
    if not wide and (number >> _NUMBER_BITS or serial >> _SERIAL_BITS):
        return None
    return term[name_at:name_ends].decode("ascii")
