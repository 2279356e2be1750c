"""Which `reply_to` addresses are used: well-formed addresses of RabbitMQ's direct reply-to, nothing else.

A `reply_to` is a stranger's word. One that names a queue of ours would be obeyed, and a malformed direct
reply-to address makes the broker close the connection that publishes to it (541, RabbitMQ 3.10 to 4.0).
So both parts are decoded as strictly as the broker would: a process id in Erlang's external term format
(NEW_PID_EXT or PID_EXT, https://www.erlang.org/doc/apps/erts/erl_ext_dist.html) and a random key.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from functools import lru_cache

_ADDRESS = re.compile(r"amq\.rabbitmq\.reply-to\.([A-Za-z0-9+/]{16,340}={0,2})\.([A-Za-z0-9+/]{22}==)")
_ADDRESS_LENGTH_MAX = 255
_KNOWN_MAX = 4096  # a client keeps its address for as long as its connection lasts

_VERSION = 131
_KEY_BYTES = 16

# Tag of a process id -> bytes that follow its node's name: id, serial and creation.
_PID_TAIL_BYTES = {ord("X"): 12, ord("g"): 9}
# Tag of an atom -> bytes of its length.
_ATOM_LENGTH_BYTES = {ord("v"): 2, ord("w"): 1, ord("d"): 2, ord("s"): 1}
_NODE = re.compile(rb"[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+")


@lru_cache(_KNOWN_MAX)
def is_reply_address(reply_to: str | None) -> bool:
    """Whether a reply may be published to this address."""
    if reply_to is None or len(reply_to) > _ADDRESS_LENGTH_MAX:
        return False
    match = _ADDRESS.fullmatch(reply_to)
    if match is None:
        return False
    try:
        pid, key = (b64decode(part, validate=True) for part in match.groups())
    except (Base64Error, ValueError):
        return False
    return len(key) == _KEY_BYTES and _is_process_id(pid)


def _is_process_id(term: bytes) -> bool:
    if len(term) < 4 or term[0] != _VERSION:
        return False
    tail_bytes = _PID_TAIL_BYTES.get(term[1])
    length_bytes = _ATOM_LENGTH_BYTES.get(term[2])
    if tail_bytes is None or length_bytes is None:
        return False
    name_at = 3 + length_bytes
    name_ends = name_at + int.from_bytes(term[3:name_at], "big")
    return len(term) == name_ends + tail_bytes and _NODE.fullmatch(term[name_at:name_ends]) is not None
