"""The addresses of the interface for programs: which request of the protocol each one is.

Both the routes and docs/openapi.json are made from this table.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from common.messages.limits import SHORT_LIST_MAX
from common.messages.message import Request
from common.messages.patients import (
    Cancel,
    ClinicQueueRequest,
    ListClinics,
    ListHospitals,
    Register,
    TicketStatusRequest,
)
from patient_web.admission import Use

PREFIX: Final = "/api/v1"
REQUEST_ID_HEADER: Final = "Idempotency-Key"
REQUESTED_AT_HEADER: Final = "Antrean-Requested-At"
CODES_MAX: Final = SHORT_LIST_MAX
"""Tickets of one look-up, or one stream: more than a family has."""

STREAM_TOKEN_SECONDS: Final = 15 * 60
"""How long after it was made a stream can be opened with a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A method and a path, whose parts in braces are members of the `request`. The other members stand in the
    query of a GET, else in the body. `reply` is the reply's name, and `use` what the visitor's bounds are."""

    name: str
    method: Literal["GET", "POST"]
    path: str
    request: type[Request]
    reply: str
    use: Use = Use.LOOK_UP
    status: int = 200

    @property
    def in_path(self) -> tuple[str, ...]:
        """The members in the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """The members in query or body."""
        if self.is_of_one_ticket:
            return ()
        fields = self.request.model_fields.items()
        members = (field.alias or name for name, field in fields)
        return tuple(name for name in members if name not in self.in_path)

    @property
    def is_change(self) -> bool:
        """Whether it changes something, and so needs a request id."""
        return self.use is Use.CHANGE

    @property
    def is_of_one_ticket(self) -> bool:
        """Whether it is a look-up of tickets with one code, which stands in the path."""
        return self.request is TicketStatusRequest and "ticket_code" in self.in_path


TICKET_EVENTS: Final = Endpoint(
    name="ticket_events",
    method="GET",
    path="/tickets/{ticket_code}/events",
    request=TicketStatusRequest,
    reply="ticket",
    use=Use.STREAM,
)
NEW_STREAM: Final = Endpoint(
    name="new_stream",
    method="POST",
    path="/tickets/streams",
    request=TicketStatusRequest,
    reply="stream",
    status=201,
)
STREAM_PATH: Final = "/streams/{token}"
OPENAPI_PATH: Final = "/openapi.json"

ENDPOINTS: Final = (
    Endpoint(
        name="list_hospitals", method="GET", path="/hospitals", request=ListHospitals, reply="hospitals"
    ),
    Endpoint(
        name="list_clinics",
        method="GET",
        path="/hospitals/{hospital}/clinics",
        request=ListClinics,
        reply="clinics",
    ),
    Endpoint(
        name="clinic_queue",
        method="GET",
        path="/hospitals/{hospital}/clinics/{clinic}/queue",
        request=ClinicQueueRequest,
        reply="clinic_queue",
    ),
    Endpoint(
        name="register",
        method="POST",
        path="/tickets",
        request=Register,
        reply="ticket",
        use=Use.CHANGE,
        status=201,
    ),
    Endpoint(
        name="ticket_status",
        method="POST",
        path="/tickets/status",
        request=TicketStatusRequest,
        reply="tickets",
    ),
    Endpoint(
        name="ticket",
        method="GET",
        path="/tickets/{ticket_code}",
        request=TicketStatusRequest,
        reply="ticket",
    ),
    Endpoint(
        name="cancel",
        method="POST",
        path="/tickets/{ticket_code}/cancel",
        request=Cancel,
        reply="ticket",
        use=Use.CHANGE,
    ),
)
"""Those that are one request and its reply."""
