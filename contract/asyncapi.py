"""The AsyncAPI document: what Antrean receives and sends over RabbitMQ.

Antrean is the application that it describes: it receives requests, and sends replies and events. Source:
https://www.asyncapi.com/docs/reference/specification/v3.1.0
"""

from importlib.metadata import version
from typing import Any, Final

from contract.channels import channels
from contract.components import messages, shared_schemas
from contract.operations import operations, security_schemes
from contract.schemas import all_schemas

ASYNCAPI: Final = "3.1.0"

_DESCRIPTION: Final = """\
Hospital registration queues over RabbitMQ: patients take a number, the staff call them, and whoever wants to
follow along listens to events.

How a request is sent, answered and repeated, what values look like, and what to rely on is in `protocol.md`
and `desk-protocol.md`, beside this file. It is generated from the code (`make contract`), and the messages of
the acceptance tests are held against it.

Schemas of requests are closed: Antrean refuses members that it does not know. Schemas of replies and events
are open: later versions add members and values. The values that there are today stand in `x-known-values`;
take others as they are.
"""


def document() -> dict[str, Any]:
    """The whole document, as JSON has it."""
    return {
        "asyncapi": ASYNCAPI,
        "id": "urn:antrean:broker",
        "info": {
            "title": "Antrean",
            "version": version("antrean"),
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": channels(),
        "operations": operations(),
        "components": {
            "securitySchemes": security_schemes(),
            "messages": messages(),
            "schemas": shared_schemas() | all_schemas(),
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}:{port}",
        "protocol": "amqp",
        "protocolVersion": "0.9.1",
        "description": "RabbitMQ of the hospitals; virtual host `/`. Over TLS: protocol `amqps`, port 5671.",
        "variables": {
            "host": {"description": "What the operators name.", "default": "localhost"},
            "port": {"default": "5672", "enum": ["5672", "5671"]},
        },
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in security_schemes()],
    }
