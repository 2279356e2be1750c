"""Messages with bad properties, headers or addresses, by what is wrong with each."""

import base64
import json
import struct
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pika

from common.domain.event_names import EventName
from common.messages.events import CONTENT_TYPE, Tick, encode_tick
from common.messages.limits import TICKET_CODES_MAX
from common.messaging.topology import EVENTS_EXCHANGE, REGISTRAR_QUEUE
from tests.deployment import CLINICS, HOSPITAL, MONDAY_MORNING
from tests.workers.requester import REPLY_TO, Message

CLINIC = CLINICS[0]

TOMORROW = int((MONDAY_MORNING + timedelta(days=1)).timestamp())
EXPIRATION_MAX = str(365 * 24 * 60 * 60 * 1000)
"""Milliseconds; RabbitMQ takes no longer one."""

IGNORED: dict[str, dict[str, Any]] = {
    "made tomorrow": {"timestamp": TOMORROW},
    "made beyond all calendars": {"timestamp": 2**63},
    "expires in a year": {"expiration": EXPIRATION_MAX},
    "more urgent than all": {"priority": 255},
    "not to be kept": {"delivery_mode": 1},
    "said to be compressed": {"content_encoding": "gzip"},
    "from some program": {"app_id": "Wulandari" * 28, "cluster_id": "x" * 255},
    "no correlation id": {"correlation_id": None},
    "the longest correlation id": {"correlation_id": "c" * 255},
    "a correlation id from right to left": {"correlation_id": "\u202eWulandari"},
    "a request id in another form": {"message_id": "urn:uuid:{0198C0DE-0000-7000-8000-00000000000A}"},
    "copied to the same workers": {"headers": {"CC": ["cancel"]}},
    "copied to queues": {"headers": {"CC": ["antrean.dead", "antrean.ticker", "#"], "BCC": [1, None]}},
    "nested headers": {"headers": {"a": {"b": [{"c": [[[1, {"d": None}]]]}]}}},
    "large headers": {"headers": {"a": "x" * 3_500}},
    "many headers": {"headers": {f"h{number}": number for number in range(250)}},
    "died before": {"headers": {"x-death": [{"count": 99, "queue": REGISTRAR_QUEUE, "reason": "rejected"}]}},
    "died of nonsense": {"headers": {"x-death": [1, "a"], "x-first-death-reason": "Wulandari"}},
    "delivered often": {"headers": {"x-delivery-count": 1_000_000, "x-acquired-count": -1}},
    "delivered a word": {"headers": {"x-delivery-count": "often"}},
    "set aside before": {"headers": {"x-antrean-reason": "Wulandari in the handler"}},
}
"""A registration with any of these is granted: they are ignored."""

REFUSED_BY_BROKER: dict[str, dict[str, Any]] = {
    "expires in the past": {"expiration": "-1"},
    "expires after a word": {"expiration": "soon"},
    "expires after a fraction": {"expiration": "1.5"},
    "expires after nothing": {"expiration": ""},
    "expires in centuries": {"expiration": "9" * 20},
    "from a worker": {"user_id": "registrar"},
    "from nobody": {"user_id": ""},
    "copied to no list": {"headers": {"CC": "list_hospitals"}},
    "copied blindly to no list": {"headers": {"BCC": 5}},
}
"""The broker closes the sender's channel (406) and delivers the message to no worker."""


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
    "tables nested five hundred deep": nested_table(500),
}


def address_of_unknown_node(genuine: str) -> str:
    """The address with the name of a node that is not in the cluster, and the same length."""
    *prefix, pid, key = genuine.split(".")
    term = base64.b64decode(pid)
    at = term.index(b"@") + 1
    digit = b"1" if term[at : at + 1] != b"1" else b"2"
    other = base64.b64encode(term[:at] + digit + term[at + 1 :]).decode()
    return ".".join([*prefix, other, key])


def address_with(genuine: str, number: int, serial: int) -> str:
    """The address with another process id of the same node."""
    *prefix, pid, key = genuine.split(".")
    term = base64.b64decode(pid)
    other = term[:-12] + struct.pack(">II", number, serial) + term[-4:]
    return ".".join([*prefix, base64.b64encode(other).decode(), key])


MALFORMED: dict[str, Callable[[str], str | bytes]] = {
    "empty": lambda address: "",
    "a path": lambda address: "../../antrean.dead",
    "the queue of some client": lambda address: "amq.gen-JzTY20BRgKO-HjmUJj0wLg",
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
    "as long as can be": lambda address: address.ljust(255, "="),
    "a line feed behind it": lambda address: address + "\n",
    "not UTF-8": lambda address: address.encode() + b"\xff",
    "a node that is unknown": address_of_unknown_node,
    "a process with a number that is too large": lambda address: address_with(address, 1 << 15, 0),
    "a process with a serial number that is too large": lambda address: address_with(address, 7, 1 << 13),
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
    "an unknown code": ("ticket_status", {"ticket_codes": ["7K3F-9QXM-2T5R"]}, "ticket_not_found"),
    "a member too many": ("list_hospitals", {"hospital": HOSPITAL}, "invalid_request"),
    "no hospital": ("list_clinics", {}, "invalid_request"),
    "a text for a truth": ("list_clinics", {"hospital": HOSPITAL, "open_only": "yes"}, "invalid_request"),
    "a number for a truth": ("list_clinics", {"hospital": HOSPITAL, "open_only": 1}, "invalid_request"),
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


def tick_message(body: bytes, **properties: Any) -> Message:
    """What a ticker publishes to a ticker, with any body."""
    given = {"type": EventName.CLINIC_TICK, "content_type": CONTENT_TYPE} | properties
    return Message(
        body, pika.BasicProperties(**given), f"{HOSPITAL}.{CLINIC}.{EventName.CLINIC_TICK}", EVENTS_EXCHANGE
    )


def tick_body(**changes: Any) -> bytes:
    """A tick of a clinic with some attributes changed, or, where `...` is given, left out."""
    tick = Tick("0198c0de-0000-7000-8000-0000000000ff", HOSPITAL, CLINIC, MONDAY_MORNING.date())
    attributes = json.loads(encode_tick(tick, MONDAY_MORNING).body) | changes
    return json.dumps({name: value for name, value in attributes.items() if value is not ...}).encode()


NO_TICKS = {
    "empty": b"",
    "not UTF-8": b"\xff\xfe",
    "an array": b"[]",
    "a text": b'"tick"',
    "null": b"null",
    "arrays nested deep": b"[" * 30_000 + b"]" * 30_000,
    "a huge integer": b"9" * 5_000,
    "no attributes": b"{}",
    "a number for the id": tick_body(id=1),
    "an id too long": tick_body(id="x" * 65),
    "no source": tick_body(source=...),
    "another source": tick_body(source="antrean"),
    "no such day": tick_body(source=f"/hospitals/{HOSPITAL}/clinics/{CLINIC}/2026-11-31"),
    "a longer source": tick_body(source=f"/hospitals/{HOSPITAL}/clinics/{CLINIC}/2026-11-23/x"),
    "another event": tick_body(type="id.antrean.ticket.called.v1"),
    "another version": tick_body(specversion="9.9"),
    "no time": tick_body(time="yesterday"),
    "half a character in the clinic": tick_body(source=f"/hospitals/{HOSPITAL}/clinics/\ud800/2026-11-23"),
}
"""These become dead letters, since a tick has no reply.

The last one makes the handler fail: it is the poison among the others.
"""

IDLE_TICKS = {
    "an unknown hospital": tick_body(source=f"/hospitals/RSZZZ/clinics/{CLINIC}/2026-11-23"),
    "an unknown clinic": tick_body(source=f"/hospitals/{HOSPITAL}/clinics/ZZZ/2026-11-23"),
    "SQL": tick_body(source=f"/hospitals/{HOSPITAL}/clinics/' OR 1=1 --/2026-11-23"),
    "words of a binding": tick_body(source="/hospitals/#/clinics/*/2026-11-23"),
    "a day long ago": tick_body(source=f"/hospitals/{HOSPITAL}/clinics/{CLINIC}/0001-01-01"),
    "a day at the end of the calendar": tick_body(
        source=f"/hospitals/{HOSPITAL}/clinics/{CLINIC}/9999-12-31"
    ),
    "no id": tick_body(id=...),
    "data": tick_body(data={"number": 1, "status": "served", "waiting": -5}),
    "a sequence": tick_body(sequence="0000000001"),
}
"""Valid ticks without any effect."""
