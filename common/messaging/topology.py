"""Exchanges, queues, bindings, policies and permissions of Antrean, as data in `definitions.json`, and the
limits of its broker, in `rabbitmq.conf`.

A broker of our own reads `configuration()` and loads `definitions()` at its start. `deploy()` declares over
AMQP what AMQP can declare, on somebody else's broker too; there, its administrator adds the rest.
"""

import hashlib
import json
import re
import secrets
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from antrean_client import protocol
from common.errors import BrokerUnavailable
from common.messages.limits import FRAME_BYTES_MAX, SHORT_FRAME_BYTES_MAX

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel

PATIENT_EXCHANGE: Final = protocol.PATIENT_EXCHANGE
DESK_EXCHANGE: Final = "antrean.desk"
INTEGRATOR_EXCHANGE: Final = protocol.INTEGRATOR_EXCHANGE
EVENTS_EXCHANGE: Final = "antrean.events"
POISON_EXCHANGE: Final = "antrean.poison"
"""Where the broker sends what reached a queue's delivery limit. It passes on nothing else: a stranger could
fill the queue behind it with requests that merely expire."""
PUSH_EXCHANGE: Final = "antrean.push"
"""Through which web processes put subscriptions to notifications into PUSH_QUEUE."""

REQUEST_EXCHANGES: Final = {
    "patient": PATIENT_EXCHANGE,
    "desk": DESK_EXCHANGE,
    "integrator": INTEGRATOR_EXCHANGE,
}
"""Through which exchange each role that asks sends its requests."""

_HOSPITAL_EXCHANGE: Final = f"{INTEGRATOR_EXCHANGE}."

REGISTRAR_QUEUE: Final = "antrean.registrar"
DESK_REGISTRAR_QUEUE: Final = "antrean.desk-registrar"
TICKER_QUEUE: Final = "antrean.ticker"
REGISTRAR_QUARANTINE: Final = "antrean.registrar.quarantine"
TICKER_QUARANTINE: Final = "antrean.ticker.quarantine"
STATUS_QUEUE: Final = "antrean.status"
DESK_STATUS_QUEUE: Final = "antrean.desk-status"
INTEGRATOR_STATUS_QUEUE: Final = "antrean.integrator-status"
JOURNAL_QUEUE: Final = protocol.JOURNAL_QUEUE
PUSH_QUEUE: Final = "antrean.push"
"""Which telephones are to be notified of which tickets, sealed; each is held by a web process."""
SUBSCRIPTION: Final = "subscription"
"""The routing key of these."""
DEAD_QUEUE: Final = "antrean.dead"
"""What workers set aside: nothing else gets there, so that nobody else can fill it."""
POISON_QUEUE: Final = "antrean.poison"
"""What the broker gave up by itself. When it is full the oldest are dropped."""

DEAD_LETTER_QUEUES: Final = (DEAD_QUEUE, POISON_QUEUE)
"""Where dead letters lie."""

LOOK_UP_QUEUES: Final = (STATUS_QUEUE, DESK_STATUS_QUEUE, INTEGRATOR_STATUS_QUEUE)
"""What status responders consume: look-ups of patients, of desks, and of integrators."""

REGISTRATION_QUEUES: Final = (REGISTRAR_QUEUE, DESK_REGISTRAR_QUEUE)
"""What registrars consume: the requests of patients, and of desks."""

QUARANTINES: Final = {REGISTRAR_QUARANTINE: REGISTRAR_QUEUE, TICKER_QUARANTINE: TICKER_QUEUE}
"""Where workers isolate what may be what kills them, and the queue that each is the quarantine of."""

MANAGEMENT_ROLE: Final = "deploy"
"""The role that may look at the management API, and change nothing there."""

ACCOUNTS_USER: Final = "accounts"
"""The user as whom operators make users of staff at the management API; it does nothing over AMQP."""

SHARED_DESK_USER: Final = "desk"
"""The user that all staff shared before each had one."""

STAFF_PERMISSION: Final = {"configure": "^$", "write": r"^antrean\.desk$", "read": "^$"}
"""What a user of staff may `configure`, `write` and `read`."""

STAFF_LIMITS: Final = {"max-connections": 20, "max-channels": 40}
"""What a user of staff may have at once: each desk and each command is one connection."""

HASHING_ALGORITHM: Final = "rabbit_password_hashing_sha256"
"""RabbitMQ's name of what `password_hash` does."""

DEFAULT_EXCHANGE: Final = "amq.default"
"""What permissions call the exchange that is named "" where one publishes."""

INTEGRATORS_PREFIX: Final = "antrean.sub."
"""How the names of integrators' queues and exchanges begin."""

_INTEGRATORS_POLICY = "antrean.sub"
_INTEGRATORS_STREAMS_POLICY = "antrean.sub.streams"
_BINDINGS_BEFORE: Final = (
    (DESK_EXCHANGE, "list_hospitals", STATUS_QUEUE),
    (DESK_EXCHANGE, "list_clinics", STATUS_QUEUE),
    (DESK_EXCHANGE, "desk_queue", TICKER_QUEUE),
    (DESK_EXCHANGE, "clinic_report", TICKER_QUEUE),
    (DESK_EXCHANGE, "desk_register", REGISTRAR_QUEUE),
)
_EXCHANGES_BEFORE: Final = ("antrean.dead-letters",)
_TOPOLOGY = ("exchanges", "queues", "bindings")
_LONG_FRAMES_FROM = (4, 1)  # RabbitMQ's first version that refuses shorter ones
_SALT_BYTES = 4  # RabbitMQ's length of a salt


@cache
def _definitions() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files("common.messaging").joinpath("definitions.json").read_text())
    return loaded


def configuration(version: str = "") -> str:
    """What belongs into the `rabbitmq.conf` of a broker of this `version` ("" where it is not known): the
    limits that are no policies."""
    content = files("common.messaging").joinpath("rabbitmq.conf").read_text()
    return content.replace(f"frame_max = {FRAME_BYTES_MAX}", f"frame_max = {frame_bytes_max(version)}")


def frame_bytes_max(version: str) -> int:
    """The longest frame that a broker of this version should take: the shortest that it lets one choose."""
    found = re.match(r"(\d+)\.(\d+)", version)
    is_older = found is not None and (int(found[1]), int(found[2])) < _LONG_FRAMES_FROM
    return SHORT_FRAME_BYTES_MAX if is_older else FRAME_BYTES_MAX


def roles() -> tuple[str, ...]:
    """The users of AMQP that `definitions.json` gives permissions to, each named after the role it plays.
    The staff, each of whom has a user, are none of them."""
    users = (permission["user"] for permission in _definitions()["permissions"])
    return tuple(user for user in users if user != ACCOUNTS_USER)


def queues() -> tuple[str, ...]:
    """The names of all queues."""
    return tuple(queue["name"] for queue in _definitions()["queues"])


def exchanges() -> tuple[str, ...]:
    """The names of all exchanges."""
    return tuple(exchange["name"] for exchange in _definitions()["exchanges"])


def exchange_types() -> dict[str, str]:
    """The type of each exchange: `direct`, `topic` or `headers`. All are durable."""
    return {exchange["name"]: exchange["type"] for exchange in _definitions()["exchanges"]}


def queue_types() -> dict[str, str]:
    """The type of each queue: `quorum`, `classic` or `stream`."""
    return {queue["name"]: queue["arguments"]["x-queue-type"] for queue in _definitions()["queues"]}


def bindings() -> tuple[tuple[str, str, str], ...]:
    """Every binding as (exchange, routing key, queue)."""
    rows = _definitions()["bindings"]
    return tuple((row["source"], row["routing_key"], row["destination"]) for row in rows)


def names_in(queues: Collection[str]) -> frozenset[str]:
    """The names of requests and events that lead to these queues: what a message in them may be called."""
    return frozenset(
        ".".join(key.split(".")[-2:]) if exchange == EVENTS_EXCHANGE else key
        for exchange, key, queue in bindings()
        if queue in queues
    )


def policies() -> dict[str, dict[str, Any]]:
    """What the policy of each queue should come to: each has one policy, of the same name."""
    named = _policies_by_name()
    return {queue: named[queue] for queue in queues()}


def integrators_policies() -> dict[str, dict[str, Any]]:
    """What the policy of an integrator's queue should come to, for each type of queue.

    RabbitMQ applies a policy only to queues whose type takes every key of it. So two policies with one
    pattern divide the types between them; `apply-to` can do that from RabbitMQ 3.12 on only.
    """
    named = _policies_by_name()
    queue, stream = named[_INTEGRATORS_POLICY], named[_INTEGRATORS_STREAMS_POLICY]
    return {"classic": queue, "quorum": queue, "stream": stream}


def _policies_by_name() -> dict[str, dict[str, Any]]:
    return {policy["name"]: policy["definition"] for policy in _definitions()["policies"]}


def permissions() -> dict[str, dict[str, str]]:
    """For each role the regular expressions of what it may `configure`, `write` and `read`."""
    return {
        row["user"]: {action: row[action] for action in ("configure", "write", "read")}
        for row in _definitions()["permissions"]
    }


def tags() -> dict[str, list[str]]:
    """For each role what it may do in the management API."""
    return {user["name"]: user["tags"] for user in _definitions()["users"]}


def user_limits() -> dict[str, dict[str, int]]:
    """For each role how many connections and channels its user may have at once: `max-connections` and
    `max-channels`."""
    return {user["name"]: user["limits"] for user in _definitions()["users"]}


def vhost_limits() -> dict[str, int]:
    """What the virtual host may hold at most: `max-queues`."""
    (row,) = _definitions()["parameters"]
    limits: dict[str, int] = row["value"]
    return limits


def routing_keys(exchange: str) -> dict[str, str]:
    """The routing keys with which `exchange` is bound, each with the queue that it leads to."""
    return {key: queue for source, key, queue in bindings() if source == exchange}


def hospital_exchange(hospital: str) -> str:
    """The exchange for what integrators who are restricted to a hospital ask. It is declared for the first of
    them: who may write to it decides whose events one may ask for."""
    return f"{_HOSPITAL_EXCHANGE}{hospital}"


def hospital_asked_through(exchange: str) -> str | None:
    """The hospital whose exchange this is; None where it is another exchange."""
    is_hospitals = exchange.startswith(_HOSPITAL_EXCHANGE)
    return exchange.removeprefix(_HOSPITAL_EXCHANGE) if is_hospitals else None


def definitions(passwords: Mapping[str, str], staff: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A file for `load_definitions`: policies, and a user with its permissions for each role in `passwords`,
    and for each member of `staff`, whose passwords are given by their names.

    Permissions of roles without a password are left out, since RabbitMQ refuses permissions of unknown users.
    Passwords are contained only as salted SHA-256 hashes.

    Exchanges, queues and bindings are left to `deploy`: a RabbitMQ 4 that loads a binding to a stream which
    is there already does not boot, because the stream recovers later.
    """
    users = [_user(role, password, tags()[role], user_limits()[role]) for role, password in passwords.items()]
    permissions = [row for row in _definitions()["permissions"] if row["user"] in passwords]
    for name, password in (staff or {}).items():
        users.append(_user(name, password, [], STAFF_LIMITS))
        permissions.append({"user": name, "vhost": "/", **STAFF_PERMISSION})
    kept = {key: rows for key, rows in _definitions().items() if key not in _TOPOLOGY}
    return {**kept, "users": users, "permissions": permissions}


def _user(name: str, password: str, tags: list[str], limits: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": name,
        "password_hash": password_hash(password),
        "hashing_algorithm": HASHING_ALGORITHM,
        "tags": tags,
        "limits": dict(limits),
    }


def password_hash(password: str) -> str:
    """RabbitMQ's form of a password: base64 of a random salt and the SHA-256 of salt and password.

    Source: https://www.rabbitmq.com/docs/passwords#computing-password-hash
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    return b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def declare(channel: "BlockingChannel") -> None:
    """Declares every exchange, queue and binding, and removes those bindings of earlier versions with which a
    request would be answered twice, or strangers could fill `antrean.dead`; what else is there already stays
    as it is.

    The channel's user needs the permissions of the role `deploy`. Raises pika's ChannelClosedByBroker where
    the user lacks one (403) or something stands there with other arguments (406).
    """
    for exchange in exchanges():
        declare_exchange(channel, exchange)
    for queue in queues():
        declare_queue(channel, queue)
    for row in _definitions()["bindings"]:
        channel.queue_bind(row["destination"], row["source"], row["routing_key"], row["arguments"])
    for exchange, routing_key, queue in _BINDINGS_BEFORE:
        channel.queue_unbind(queue, exchange, routing_key)
    for exchange in _EXCHANGES_BEFORE:
        channel.exchange_delete(exchange)


def declare_exchange(channel: "BlockingChannel", name: str) -> None:
    """Declares one of our exchanges; raises as `declare` does."""
    exchange = next(each for each in _definitions()["exchanges"] if each["name"] == name)
    channel.exchange_declare(name, exchange["type"], durable=exchange["durable"])


def declare_queue(channel: "BlockingChannel", name: str) -> None:
    """Declares one of our queues; raises as `declare` does."""
    queue = next(each for each in _definitions()["queues"] if each["name"] == name)
    channel.queue_declare(name, durable=queue["durable"], arguments=queue["arguments"])


def deploy(amqp_url: str) -> None:
    """Connects to `amqp_url` and declares the topology there. Blocks while it does.

    Raises BrokerUnavailable where the broker cannot be reached, or refuses the user or a declaration (a node
    that starts again does so for about a second, until its stream has recovered), and SettingsError where the
    address cannot be used.
    """
    with _channel(amqp_url) as channel:
        declare(channel)


def purge(amqp_url: str) -> None:
    """Takes everything out of every queue at `amqp_url`, except for the journal, which only ages.

    Raises BrokerUnavailable as `deploy` does.
    """
    with _channel(amqp_url) as channel:
        for queue in queues():
            if queue != JOURNAL_QUEUE:
                channel.queue_purge(queue)


def consumer_counts(amqp_url: str) -> dict[str, int]:
    """How many consumers each queue has; raises BrokerUnavailable as `deploy` does."""
    with _channel(amqp_url) as channel:
        return {name: channel.queue_declare(name, passive=True).method.consumer_count for name in queues()}


@contextmanager
def _channel(amqp_url: str) -> Iterator["BlockingChannel"]:
    # Imported here, so that a command that needs nothing but a queue's name stays quick.
    from pika.exceptions import AMQPError

    from antrean_client.connection import blocking_connection

    connection = blocking_connection(amqp_url, "antrean-deploy")
    try:
        yield connection.channel()
    except AMQPError as error:
        raise BrokerUnavailable(f"RabbitMQ refuses the exchanges and queues of Antrean: {error}.") from error
    finally:
        if connection.is_open:
            connection.close()
