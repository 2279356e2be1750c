"""How connections to the broker are described and opened, and what their failures mean."""

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from common.errors import BrokerUnavailable, SettingsError
from common.installation import start_command
from common.messaging.header_tables import read_any_header_table

CONNECT_SECONDS_MAX = 5
_EXAMPLE = "amqp://user:password@host:5672/"
BLOCKED_SECONDS_MAX = 60
"""How long a connection may be blocked by a resource alarm before it is given up."""


def connection_parameters(amqp_url: str, name: str, heartbeat_seconds: int) -> pika.URLParameters:
    """How to connect to `amqp_url`; `name` is what operators see in the broker's list of connections.

    Raises SettingsError where the address cannot be used.
    """
    read_any_header_table()
    try:
        parameters = pika.URLParameters(amqp_url)
    except Exception as error:  # pika evaluates parts of the address as Python literals
        sentence = f"ANTREAN_AMQP_URL cannot be used: write {_EXAMPLE}."
        raise SettingsError(
            sentence, "settings.url", variable="ANTREAN_AMQP_URL", example=_EXAMPLE
        ) from error
    parameters.heartbeat = heartbeat_seconds
    parameters.blocked_connection_timeout = BLOCKED_SECONDS_MAX
    parameters.socket_timeout = CONNECT_SECONDS_MAX
    parameters.stack_timeout = CONNECT_SECONDS_MAX
    parameters.client_properties = {"connection_name": name, "product": "antrean"}
    return parameters


def blocking_connection(
    amqp_url: str, name: str = "antrean", timeout_seconds: float = CONNECT_SECONDS_MAX
) -> pika.BlockingConnection:
    """An open connection for one caller who can wait; `timeout_seconds` bounds the connecting, and later
    how long a publish may be blocked by a resource alarm.

    Raises BrokerUnavailable where the broker cannot be reached or refuses the user.
    """
    # pika notices a broker that is frozen, or a dead line, after at most twice (heartbeat + 5 s).
    parameters = connection_parameters(amqp_url, name, max(int(timeout_seconds) // 3, 1))
    parameters.blocked_connection_timeout = timeout_seconds
    parameters.socket_timeout = parameters.stack_timeout = min(timeout_seconds, CONNECT_SECONDS_MAX)
    where = f"{parameters.host}:{parameters.port}"
    try:
        return pika.BlockingConnection(parameters)
    except (AuthenticationError, ProbableAuthenticationError, ProbableAccessDeniedError) as error:
        raise BrokerUnavailable(
            f"RabbitMQ at {where} refuses this user: check the user and password in ANTREAN_AMQP_URL."
        ) from error
    except (AMQPError, AMQPConnectorException, OSError) as error:
        start = start_command()
        raise BrokerUnavailable(
            f"RabbitMQ at {where} cannot be reached: start it (`{start}`) or correct ANTREAN_AMQP_URL."
        ) from error
