"""Lets pika take every message that RabbitMQ passes on, whatever its headers hold.

pika decodes headers before anybody asks for them, and drops the connection where it cannot: for a timestamp
in the year 40000, or tables nested a thousand deep. The message would come again, to the next worker, and
would take its neighbours along each time. A table that pika cannot decode is empty here: none of our
decisions depends on a stranger's headers.
"""

import struct
from typing import Any

import pika.data

_decode_strictly = pika.data.decode_table


def read_any_header_table() -> None:
    """Makes pika read such tables as empty from now on; calling it again changes nothing."""
    pika.data.decode_table = _decode_table


def _decode_table(encoded: bytes, offset: int) -> tuple[dict[str | bytes, Any], int]:
    try:
        return _decode_strictly(encoded, offset)
    except Exception:  # noqa: BLE001 - OverflowError, OSError, RecursionError, struct.error ...
        (size,) = struct.unpack_from(">I", encoded, offset)
        return {}, offset + 4 + size
