"""Messages that no good client sends, by what is wrong with each."""

import base64
import json
import struct
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pika

from common.limits import TICKET_CODES_MAX
from tests.deployment import CLINICS, HOSPITAL, MONDAY_MORNING, Patient
from tests.workers.requester import REPLY_TO

CLINIC = CLINICS[0]


def body(**changes: Any) -> bytes:
    """A registration's body with some members changed, or, where `...` is given, left out."""
    members = Patient().body(HOSPITAL, CLINIC) | changes
    return json.dumps({name: value for name, value in members.items() if value is not ...}).encode()


BODIES = {
    "empty": b"",
    "no JSON": b"hospital=RSUJI",
    "JSON cut short": body()[:-5],
    "two JSON texts": body() + b"{}",
    "not UTF-8": body(name="Siti").replace(b"Siti", b"Sit\xe9"),
    "UTF-16": body().decode().encode("utf-16"),
    "an array": b"[" + body() + b"]",
    "a string": b'"register"',
    "null": b"null",
    "nested deeper than any parser goes": b"[" * 10_000 + b"]" * 10_000,
    "a member missing": body(clinic=...),
    "all members missing": b"{}",
    "a member too many": body(priority=1),
    "the right members and the code of a ticket": body(ticket_code="7K3F-9QXM-2T5R"),
    "a number for a text": body(medical_record_number=123456),
    "a list for a text": body(name=["Siti"]),
    "null for a text": body(hospital=None),
    "a hospital's code in small letters": body(hospital="rsuji"),
    "a hospital's code with a line feed": body(hospital=f"{HOSPITAL}\n"),
    "a clinic's code for a routing key": body(clinic="C01.#"),
    "a medical record number with other signs": body(medical_record_number="12'; DROP"),
    "a medical record number too long": body(medical_record_number="1" * 21),
    "a medical record number of digits from elsewhere": body(medical_record_number="١٢٣٤"),
    "an empty medical record number": body(medical_record_number="- -"),
    "a name with a line feed": body(name="Siti\nAminah"),
    "a name with a terminal's escape": body(name="Siti\x1b[31m"),
    "a name with a zero byte": body(name="Siti\x00"),
    "a name that turns the text round": body(name="Siti \u202eAminah"),
    "a name with half a character": b'{"hospital":"RSUJI","clinic":"C01","medical_record_number":"1",'
    b'"name":"Siti \\ud800","date_of_birth":"1990-01-31"}',
    "a name of spaces": body(name="   "),
    "a name of digits": body(name="12345"),
    "a name too long": body(name="Siti " * 100),
    "no such day": body(date_of_birth="1990-02-30"),
    "no leap year": body(date_of_birth="1900-02-29"),
    "day first": body(date_of_birth="31-01-1990"),
    "a day and an hour": body(date_of_birth="1990-01-31T00:00:00"),
    "a day as a number": body(date_of_birth=19900131),
    "a day of the year zero": body(date_of_birth="0000-01-01"),
    "born tomorrow": body(date_of_birth=f"{MONDAY_MORNING + timedelta(days=1):%Y-%m-%d}"),
    "born too long ago": body(date_of_birth="1850-01-01"),
}


class RawHeaders(pika.BasicProperties):
    """Properties whose headers are bytes that pika itself would not write."""

    def __init__(self, table: bytes, **properties: Any) -> None:
        super().__init__(headers={}, **properties)  # type: ignore[no-untyped-call]
        self._table = struct.pack(">I", len(table)) + table

    def encode(self) -> list[bytes]:
        no_table = b"\x00\x00\x00\x00"
        pieces: list[bytes] = super().encode()  # type: ignore[no-untyped-call]
        return [self._table if piece == no_table else piece for piece in pieces]


def nested_table(depth: int) -> bytes:
    """A table in a table in a table ..."""
    table = b""
    for _ in range(depth):
        table = b"\x01aF" + struct.pack(">I", len(table)) + table
    return table


HEADERS = {
    "a timestamp beyond all calendars": b"\x01aT" + struct.pack(">Q", 2**60),
    "a short string that is not UTF-8": b"\x02\xff\xfeS\x00\x00\x00\x01\xff",
    "tables nested a thousand deep": nested_table(1500),
}


def address_of_unknown_node(genuine: str) -> str:
    """The address with the name of a node that is not in the cluster, and the same length."""
    *prefix, pid, key = genuine.split(".")
    term = base64.b64decode(pid)
    at = term.index(b"@")
    name = term[at + 1 : at + 4]
    other = base64.b64encode(term.replace(b"@" + name, b"@" + b"zzz"[: len(name)])).decode()
    return ".".join([*prefix, other, key])


MALFORMED: dict[str, Callable[[str], str | bytes]] = {
    "the pseudo-queue itself, made up": lambda address: REPLY_TO + ".",
    "no key": lambda address: address.rpartition(".")[0],
    "no base64": lambda address: f"{REPLY_TO}.!!!!.????",
    "base64 of nothing known": lambda address: (
        f"{REPLY_TO}.{base64.b64encode(b'x' * 40).decode()}." + address.rpartition(".")[2]
    ),
    "a process id cut short": lambda address: ".".join(
        [REPLY_TO, base64.b64encode(base64.b64decode(address.split(".")[3])[:-4]).decode(), address[-24:]]
    ),
    "base64 without its padding": lambda address: address.rstrip("="),
    "a key cut short": lambda address: address[:-8],
    "more behind it": lambda address: address + ".x",
    "a line feed behind it": lambda address: address + "\n",
    "not UTF-8": lambda address: address.encode() + b"\xff",
    "a node that is unknown": address_of_unknown_node,
}


LOOK_UPS: dict[str, tuple[str, dict[str, Any], str]] = {
    "no codes": ("ticket_status", {"ticket_codes": []}, "invalid_request"),
    "too many codes": (
        "ticket_status",
        {"ticket_codes": ["7K3F-9QXM-2T5R"] * (TICKET_CODES_MAX + 1)},
        "invalid_request",
    ),
    "one code for a list": ("ticket_status", {"ticket_codes": "7K3F-9QXM-2T5R"}, "invalid_request"),
    "a malformed code": ("ticket_status", {"ticket_codes": ["7K3F"]}, "invalid_request"),
    "nobody's code": ("ticket_status", {"ticket_codes": ["7K3F-9QXM-2T5R"]}, "ticket_not_found"),
    "a member too many": ("list_hospitals", {"hospital": HOSPITAL}, "invalid_request"),
    "no hospital": ("list_clinics", {}, "invalid_request"),
    "a text for a truth": ("list_clinics", {"hospital": HOSPITAL, "open_only": "yes"}, "invalid_request"),
    "an unknown hospital": ("list_clinics", {"hospital": "RSZZZ"}, "hospital_not_found"),
    "a queue of an unknown hospital": (
        "clinic_queue",
        {"hospital": "RSZZZ", "clinic": CLINIC},
        "hospital_not_found",
    ),
    "a queue of an unknown clinic": (
        "clinic_queue",
        {"hospital": HOSPITAL, "clinic": "ZZZ"},
        "clinic_not_found",
    ),
}
