"""Floods: requests, expiring ones, addresses at no node, and ticks that a desk forges."""

import json
import multiprocessing
import time
from base64 import b64decode

from common.domain.event_names import EventName
from common.messages.limits import BODY_BYTES_MAX
from common.messaging.topology import DESK_EXCHANGE
from tests.deployment import Patient
from tests.hostile.attacks.attackers import Message, Pouring, address_at, own_address, request
from tests.hostile.attacks.findings import Findings
from tests.hostile.scene import CLOSED_CLINIC, HOSPITAL, Scene
from tests.workers.bad_messages import NO_TICKS

_REPLIES_TO_NOWHERE_A_SECOND = 80
_BACKLOG = 5000
_UNKNOWN_CODE = "7K3F-9QXM-2T5R"
_CODES = 100
_SENDERS = 2000
_PROCESS_TAIL_BYTES = 12
_MEMBERS = 128


def _registration() -> Message:
    """A registration that is refused."""
    return request("register", Patient().body(HOSPITAL, CLOSED_CLINIC))


def _look_up() -> Message:
    """As much work as one look-up can be."""
    codes = [f"{_UNKNOWN_CODE[:-4]}{number:04d}" for number in range(_CODES)]
    return request("ticket_status", {"ticket_codes": codes}, delivery_mode=1)


def _pour(scene: Scene, seconds: float, *messages: Message, role: str = "patient") -> int:
    """Pours from one connection, and opens another where the broker ends it; how many were sent."""
    until, sent = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        pouring = Pouring(scene.urls[role])
        try:
            pouring.pour(*messages, until=until)
        except OSError:
            pass
        finally:
            sent += pouring.sent
            pouring.abort()
    return sent


def addresses_at_no_node(scene: Scene, seconds: float) -> Findings:
    """Eighty requests a second whose replies go to an unknown node."""
    nowhere = address_at("123456789")
    pouring = Pouring(scene.urls["patient"])
    pouring.pour(
        request("cancel", {"ticket_code": _UNKNOWN_CODE}, reply_to=nowhere),
        request("list_hospitals", {}, reply_to=nowhere),
        until=time.monotonic() + seconds,
        per_second=_REPLIES_TO_NOWHERE_A_SECOND,
    )
    return Findings(f"{pouring.sent:,} sent")


def registrations(scene: Scene, seconds: float) -> Findings:
    """One connection registers at full speed, and is refused each time."""
    return Findings(f"{_pour(scene, seconds, _registration()):,} sent")


def look_ups(scene: Scene, seconds: float) -> Findings:
    """One connection looks tickets up at full speed."""
    return Findings(f"{_pour(scene, seconds, _look_up()):,} sent")


def two_connections(scene: Scene, seconds: float) -> Findings:
    """One connection registers, another looks up."""
    messages = (_registration(), _look_up())
    with multiprocessing.Pool(len(messages)) as pool:
        sent = pool.starmap(_pour, [(scene, seconds, message) for message in messages])
    return Findings(f"{sent[0]:,} registrations and {sent[1]:,} look-ups sent")


def made_up_senders(scene: Scene, seconds: float) -> Findings:
    """One connection registers at full speed, with a reply address of the broker's node for each request."""
    process = b64decode(own_address(scene.urls["patient"]).split(".")[3])
    node = process.partition(b"reply@")[2][:-_PROCESS_TAIL_BYTES].decode()
    body = Patient().body(HOSPITAL, CLOSED_CLINIC)
    messages = [request("register", body, reply_to=address_at(node, number)) for number in range(_SENDERS)]
    return Findings(f"{_pour(scene, seconds, *messages):,} sent, as from {_SENDERS:,} channels")


def wrong_all_over(scene: Scene, seconds: float) -> Findings:
    """One connection sends at full speed what is as long as it may be, with as many members as are read."""
    members = dict.fromkeys((f"{number:057x}" for number in range(_MEMBERS)), 0)
    body = json.dumps(members, separators=(",", ":")).encode()
    assert BODY_BYTES_MAX * 0.9 < len(body) <= BODY_BYTES_MAX
    return Findings(f"{_pour(scene, seconds, request('register', body)):,} sent, {len(body):,} bytes each")


def expiring(scene: Scene, seconds: float) -> Findings:
    """A backlog, and behind it what expires at once."""
    until = time.monotonic() + seconds
    pouring = Pouring(scene.urls["patient"])
    pouring.pour(_registration(), until=until, messages_max=_BACKLOG)
    pouring.abort()
    expiring = request("register", Patient().body(HOSPITAL, CLOSED_CLINIC), expiration="1")
    return Findings(f"{_pour(scene, until - time.monotonic(), _registration(), expiring):,} sent")


def forged_ticks(scene: Scene, seconds: float) -> Findings:
    """A desk's user sends what looks like ticks, and cannot be read."""
    ticks = [
        request("call_next", body, DESK_EXCHANGE, type=EventName.CLINIC_TICK)
        for body in (NO_TICKS["empty"], NO_TICKS["no source"], NO_TICKS["an array"])
    ]
    return Findings(f"{_pour(scene, seconds, *ticks, role='desk'):,} sent")
