"""Attacks on the broker itself: headers, transactions, connections, and replies that nobody reads."""

import resource
import time
from contextlib import suppress

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

from common.messages.limits import BODY_BYTES_MAX
from common.messaging.introduction import introduction
from common.messaging.topology import PATIENT_EXCHANGE
from tests.hostile.attacks.attackers import Pouring, request
from tests.hostile.attacks.findings import Findings
from tests.hostile.scene import LARGE_HOSPITAL, Scene
from tests.workers.bad_messages import nested_table

_LEVEL_BYTES = 7
_OTHER_BYTES = 512
_DEEP_LEVELS = 14_000
_DEEP_EVERY_SECONDS = 1.0
_CHUNK = b"x" * BODY_BYTES_MAX
_UNCOMMITTED_BYTES_MAX = 1 << 30
_CHANNELS_WANTED = 64
_CONNECTIONS_WITH_CHANNELS = 30
_CONNECTIONS_WANTED = 4000
_RECEIVE_BUFFER_BYTES = 4096
_CONNECT_SECONDS_MAX = 5.0


def nested_headers(scene: Scene, seconds: float) -> Findings:
    """Headers nested 14,000 deep once a second, and as deep as a frame may be at full speed."""
    until = time.monotonic() + seconds
    deep_next, disconnected, poured = 0.0, 0, 0
    frame_bytes_max = introduction(scene.urls["patient"], "pouring").frame_bytes_max
    allowed = request(
        "list_hospitals", {}, table=nested_table((frame_bytes_max - _OTHER_BYTES) // _LEVEL_BYTES)
    )
    pouring = Pouring(scene.urls["patient"])
    while (now := time.monotonic()) < until:
        if now >= deep_next:
            deep_next = now + _DEEP_EVERY_SECONDS
            disconnected += _is_disconnected_by_deep_headers(scene)
        try:
            pouring.pour(allowed, until=min(until, deep_next))
        except OSError:
            poured += pouring.sent
            pouring = Pouring(scene.urls["patient"])
    deep = "disconnected" if disconnected else "taken"
    return Findings(f"14,000 deep: {deep}; as deep as allowed: {poured + pouring.sent:,} sent")


def _is_disconnected_by_deep_headers(scene: Scene) -> bool:
    connection = Pouring(scene.urls["patient"])
    deep = request("list_hospitals", {}, table=nested_table(_DEEP_LEVELS))
    try:
        connection.pour(deep, until=time.monotonic() + _DEEP_EVERY_SECONDS / 2, messages_max=1)
        connection.receive(time.monotonic() + _DEEP_EVERY_SECONDS / 2)
    except OSError:
        return True
    finally:
        connection.abort()
    return False


def uncommitted(scene: Scene, seconds: float) -> Findings:
    """A transaction that is never committed; ends after 1 GiB, to be kind to this machine."""
    parameters = pika.URLParameters(scene.urls["patient"])
    parameters.blocked_connection_timeout = seconds
    connection = pika.BlockingConnection(parameters)
    _kept.append(connection)
    until, sent, ended = time.monotonic() + seconds / 2, 0, False
    while time.monotonic() < until and sent < _UNCOMMITTED_BYTES_MAX:
        with suppress(AMQPError):
            channel = connection.channel()
            channel.tx_select()
            while time.monotonic() < until and sent < _UNCOMMITTED_BYTES_MAX:
                channel.basic_publish(PATIENT_EXCHANGE, "register", _CHUNK)
                sent += len(_CHUNK)
                connection.process_data_events(0)
            break
        ended = True
        sent = 0
        if not connection.is_open:
            break
    said = f"{sent >> 20:,} MiB not committed"
    return Findings(f"{said}; ended by the broker" if ended else said)


def idle_connections(scene: Scene, seconds: float) -> Findings:
    """As many connections as it gets, the first ones with many channels each."""
    _, files_max = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files_max, files_max))
    until = time.monotonic() + seconds
    held: list[pika.BlockingConnection] = []
    channels, refused = 0, ""
    while time.monotonic() < until and len(held) < _CONNECTIONS_WANTED and not refused:
        parameters = pika.URLParameters(scene.urls["patient"])
        parameters.socket_timeout = parameters.stack_timeout = _CONNECT_SECONDS_MAX
        try:
            held.append(pika.BlockingConnection(parameters))
            _kept.append(held[-1])
        except (AMQPError, AMQPConnectorException, OSError):
            refused = ", then refused"
            break
        with suppress(AMQPError, ValueError):
            for _ in range(_CHANNELS_WANTED if len(held) <= _CONNECTIONS_WITH_CHANNELS else 0):
                held[-1].channel()
                channels += 1
    return Findings(f"{len(held):,} connections{refused}; {channels:,} channels")


def unread_replies(scene: Scene, seconds: float) -> Findings:
    """Asks for the largest replies at full speed and reads none."""
    connection = Pouring(scene.urls["patient"])
    connection.read_little(_RECEIVE_BUFFER_BYTES)
    _kept.append(connection)
    large = request("list_clinics", {"hospital": LARGE_HOSPITAL}, delivery_mode=1)
    try:
        connection.pour(large, until=time.monotonic() + seconds, reads=False)
    except OSError:
        return Findings(f"disconnected after {connection.sent:,} requests")
    return Findings(f"{connection.sent:,} requests")


_kept: list[object] = []
"""Connections that stay until the process ends."""
