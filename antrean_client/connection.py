"""How connections to the broker are described and opened, and what their failures mean."""

import ssl
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.credentials import ExternalCredentials
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    IncompatibleProtocolError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
    StreamLostError,
)

from antrean_client.errors import BrokerRefused, BrokerUnavailable, Refusal, SettingsError
from antrean_client.tls import client_context, take_files, tls_refusal

CONNECT_SECONDS_MAX = 5
_EXAMPLE = "amqp://user:password@host:5672/"
BLOCKED_SECONDS_MAX = 60
"""How long a connection may be blocked by a resource alarm before it is given up."""


Address = str | Callable[[], str]
"""Where the broker is; may be asked for at each connecting, so that a password that has changed is used."""


def address_now(address: Address) -> str:
    """The address as it is now."""
    return address if isinstance(address, str) else address()


def connection_parameters(amqp_url: str, name: str, heartbeat_seconds: int) -> pika.URLParameters:
    """How to connect to `amqp_url`; `name` is what operators see in the broker's list of connections.

    Over TLS, an address with a certificate and without a password logs in by the certificate (EXTERNAL).
    Raises SettingsError where the address, or a file that it names, cannot be used.
    """
    try:
        bare, files = take_files(amqp_url)
        parts = urlsplit(bare)
        by_certificate = parts.scheme == "amqps" and files.certificate and parts.password is None
        if "ssl_options=" in parts.query:
            raise ValueError("what could leave the broker's certificate unchecked")
        if by_certificate:
            bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        parameters = pika.URLParameters(bare)
    except Exception as error:  # pika evaluates parts of the address as Python literals
        unusable = "{variable} cannot be used: write {example}"
        raise SettingsError(unusable, variable="ANTREAN_AMQP_URL", example=_EXAMPLE) from error
    if parameters.ssl_options is not None:
        parameters.ssl_options = pika.SSLOptions(client_context(files), parameters.host)
    if by_certificate:
        parameters.credentials = ExternalCredentials()
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
    try:
        return opened(parameters)
    except (AMQPError, AMQPConnectorException, OSError) as error:
        raise not_connected(error, parameters) from error


def not_connected(error: BaseException, parameters: pika.connection.Parameters) -> BrokerUnavailable:
    """The error that says why there is no connection to the broker, and what to do."""
    return refusal_in(error, parameters) or BrokerUnavailable(
        f"RabbitMQ at {where(parameters)} cannot be reached: start it or correct ANTREAN_AMQP_URL."
    )


def refusal_in(error: BaseException, parameters: pika.connection.Parameters) -> BrokerRefused | None:
    """The error that says why the broker refuses to be connected to; None where it was not reached."""
    refusal = _refusal_in(_cause(error), over_tls=parameters.ssl_options is not None)
    return None if refusal is None else refused(refusal, where(parameters))


def where_of(amqp_url: str) -> str:
    """Host and port of an address; raises SettingsError where it cannot be used."""
    return where(connection_parameters(amqp_url, "", CONNECT_SECONDS_MAX))


def user_of(amqp_url: str) -> str | None:
    """The user of an address, None where it names none; raises SettingsError where it cannot be used."""
    named = urlsplit(amqp_url).username
    if named is not None:
        return unquote(named)
    credentials = connection_parameters(amqp_url, "", CONNECT_SECONDS_MAX).credentials
    user: str | None = vars(credentials).get("username")
    return user


def where(parameters: pika.connection.Parameters) -> str:
    """Host and port of a broker."""
    return f"{parameters.host}:{parameters.port}"


def refused(refusal: Refusal, at: str) -> BrokerRefused:
    """The error that says why the broker `at` a host and port refuses, and what to do."""
    return BrokerRefused(f"RabbitMQ at {at} {advice_on(refusal)}", refusal, at)


def advice_on(refusal: Refusal, setting: str = "ANTREAN_AMQP_URL") -> str:
    """What a server does that refuses, and what to do, in words that follow its name; `setting` has its
    address."""
    return _ADVICE[refusal].replace("ANTREAN_AMQP_URL", setting)


_ADVICE: Final[Mapping[Refusal, str]] = {
    Refusal.USER: "refuses this user: check the user and password in ANTREAN_AMQP_URL.",
    Refusal.VHOST: "has no such virtual host for this user: check the end of ANTREAN_AMQP_URL.",
    Refusal.PERMISSION: "does not let this user send requests: check the user in ANTREAN_AMQP_URL.",
    Refusal.READING: "does not let this user read the events: check the user in ANTREAN_AMQP_URL.",
    Refusal.FULL: "takes no further connection of this user now: try again in a minute.",
    Refusal.ENCRYPTION: "does not speak TLS on this port: check scheme and port in ANTREAN_AMQP_URL.",
    Refusal.CERTIFICATE: "shows a certificate of an authority that is not trusted here: name the right"
    " authority in ANTREAN_TLS_CA_FILE.",
    Refusal.OUTDATED: "shows a certificate that has expired or does not count yet: renew it there, and check"
    " this machine's clock.",
    Refusal.HOST: "shows a certificate of another host: write in ANTREAN_AMQP_URL a name that the"
    " certificate has.",
    Refusal.CLIENT_CERTIFICATE: "does not take this client's certificate, or asks for one: check"
    " ANTREAN_TLS_CERTIFICATE_FILE, and which users and authorities the broker takes.",
    Refusal.PROTOCOL: "does not answer as a broker: check port and TLS (amqps://) in ANTREAN_AMQP_URL.",
    Refusal.NOT_SET_UP: "lacks Antrean's exchanges: declare them with `antrean-admin broker declare`.",
}


def _cause(error: BaseException) -> BaseException:
    """What made connecting fail: pika wraps it, once for each attempt."""
    attempts = getattr(error, "exceptions", None)
    while attempts:
        error = attempts[-1]
        attempts = getattr(error, "exceptions", None)
    inner = getattr(error, "exception", None)
    return error if inner is None else inner


def _refusal_in(error: BaseException, *, over_tls: bool) -> Refusal | None:
    """Why a broker refused a connection; None where it was not reached."""
    match error:
        case ProbableAccessDeniedError() if "limit" in str(error):
            return Refusal.FULL  # the broker says so with the code of a virtual host that is closed
        case ProbableAccessDeniedError():
            return Refusal.VHOST
        case AuthenticationError() | ProbableAuthenticationError():
            by_certificate = ExternalCredentials.TYPE in str(error)
            return Refusal.CLIENT_CERTIFICATE if by_certificate else Refusal.USER
        case ssl.SSLError():
            return tls_refusal(error)
        case IncompatibleProtocolError() if over_tls and StreamLostError.__name__ in str(error):
            return Refusal.CLIENT_CERTIFICATE  # what the broker says of it is lost with the connection
        case IncompatibleProtocolError():
            return Refusal.PROTOCOL
    return None
