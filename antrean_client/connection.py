"""How connections to the broker are described and opened, and what their failures mean."""

import ssl
from collections.abc import Callable, Mapping
from typing import Final

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    IncompatibleProtocolError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from antrean_client.errors import BrokerRefused, BrokerUnavailable, Refusal, SettingsError

CONNECT_SECONDS_MAX = 5
_EXAMPLE = "amqp://user:password@host:5672/"
BLOCKED_SECONDS_MAX = 60
"""How long a connection may be blocked by a resource alarm before it is given up."""


def connection_parameters(amqp_url: str, name: str, heartbeat_seconds: int) -> pika.URLParameters:
    """How to connect to `amqp_url`; `name` is what operators see in the broker's list of connections.

    Raises SettingsError where the address cannot be used.
    """
    try:
        parameters = pika.URLParameters(amqp_url)
    except Exception as error:  # pika evaluates parts of the address as Python literals
        unusable = "{variable} cannot be used: write {example}"
        raise SettingsError(unusable, variable="ANTREAN_AMQP_URL", example=_EXAMPLE) from error
    parameters.heartbeat = heartbeat_seconds
    parameters.blocked_connection_timeout = BLOCKED_SECONDS_MAX
    parameters.socket_timeout = CONNECT_SECONDS_MAX
    parameters.stack_timeout = CONNECT_SECONDS_MAX
    parameters.client_properties = {"connection_name": name, "product": "antrean"}
    return parameters


def blocking_connection(
    amqp_url: str,
    name: str = "antrean",
    timeout_seconds: float = CONNECT_SECONDS_MAX,
    opened: Callable[[pika.URLParameters], pika.BlockingConnection] = pika.BlockingConnection,
) -> pika.BlockingConnection:
    """An open connection for one caller who can wait; `timeout_seconds` bounds the connecting, and later
    how long a publish may be blocked by a resource alarm. `opened` opens it.

    Raises BrokerUnavailable where the broker cannot be reached, BrokerRefused where it refuses.
    """
    # pika notices a broker that is frozen, or a dead line, after at most twice (heartbeat + 5 s).
    parameters = connection_parameters(amqp_url, name, max(int(timeout_seconds) // 3, 1))
    parameters.blocked_connection_timeout = timeout_seconds
    parameters.socket_timeout = parameters.stack_timeout = min(timeout_seconds, CONNECT_SECONDS_MAX)
    where = _where(parameters)
    try:
        return opened(parameters)
    except (AMQPError, AMQPConnectorException, OSError) as error:
        raise not_connected(error, where) from error


def not_connected(error: BaseException, where: str) -> BrokerUnavailable:
    """The error that says why there is no connection to the broker at `where`, and what to do."""
    if refusal := _refusal_in(error):
        return refused(refusal, where)
    return BrokerUnavailable(f"RabbitMQ at {where} cannot be reached: start it or correct ANTREAN_AMQP_URL.")


def where_of(amqp_url: str) -> str:
    """Host and port of an address; raises SettingsError where it cannot be used."""
    return _where(connection_parameters(amqp_url, "", CONNECT_SECONDS_MAX))


def user_of(amqp_url: str) -> str | None:
    """The user of an address, None where it names none; raises SettingsError where it cannot be used."""
    credentials = connection_parameters(amqp_url, "", CONNECT_SECONDS_MAX).credentials
    user: str | None = vars(credentials).get("username")
    return user


def _where(parameters: pika.URLParameters) -> str:
    return f"{parameters.host}:{parameters.port}"


def refused(refusal: Refusal, where: str) -> BrokerRefused:
    """The error that says why the broker at `where` refuses, and what to do."""
    return BrokerRefused(f"RabbitMQ at {where} {_ADVICE[refusal]}", refusal, where)


_ADVICE: Final[Mapping[Refusal, str]] = {
    Refusal.USER: "refuses this user: check the user and password in ANTREAN_AMQP_URL.",
    Refusal.VHOST: "has no such virtual host for this user: check the end of ANTREAN_AMQP_URL.",
    Refusal.PERMISSION: "does not let this user send requests: check the user in ANTREAN_AMQP_URL.",
    Refusal.READING: "does not let this user read the events: check the user in ANTREAN_AMQP_URL.",
    Refusal.FULL: "takes no further connection of this user now: try again in a minute.",
    Refusal.ENCRYPTION: "does not speak TLS on this port: check amqps:// and the port in ANTREAN_AMQP_URL.",
    Refusal.CERTIFICATE: "shows a certificate that is not trusted here: see ssl_options in ANTREAN_AMQP_URL.",
    Refusal.PROTOCOL: "does not answer as a broker: check port and TLS (amqps://) in ANTREAN_AMQP_URL.",
    Refusal.NOT_SET_UP: "lacks Antrean's exchanges: declare them with `antrean-admin broker declare`.",
}


def _refusal_in(error: BaseException) -> Refusal | None:
    """Why a broker refused a connection; None where it was not reached."""
    match error:
        case ProbableAccessDeniedError() if "limit" in str(error):
            return Refusal.FULL  # the broker says so with the code of a virtual host that is closed
        case ProbableAccessDeniedError():
            return Refusal.VHOST
        case AuthenticationError() | ProbableAuthenticationError():
            return Refusal.USER
        case ssl.SSLCertVerificationError():
            return Refusal.CERTIFICATE
        case ssl.SSLError():
            return Refusal.ENCRYPTION
        case IncompatibleProtocolError():
            return Refusal.PROTOCOL
    return None
