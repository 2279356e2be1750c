"""The data of events: which members the event of each name has.

docs/schemas is generated from it (`make contract`). A member that a later version adds is `NotRequired`:
events of before, in the journal and its stream, do not have it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads those of `typing` from Python 3.12 on

from common.domain.absences import AbsenceReason
from common.domain.cancellations import CancelledBy, CancelReason
from common.domain.event_names import EventName
from common.domain.lanes import Lane
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import CallReason

KNOWN_VALUES: Final = "x-known-values"
"""In a schema: the values that there are today, of which later versions may have more."""


def _known(kind: type[StrEnum], description: str | None = None) -> Any:
    # Texts in the code too: to write an enumeration as JSON takes longer.
    return Field(description=description, json_schema_extra={KNOWN_VALUES: [each.value for each in kind]})


Number = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]
DisplayNumber = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,10}-[0-9]{3,}$")]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Visit = Annotated[str, Field(description="the same in all events of one visit, and in no other")]
Status = Annotated[str, _known(TicketStatus)]


class ClinicData(TypedDict):
    """Of a clinic's own event: its queue, as the event left it."""

    waiting: Count
    now_serving: DisplayNumber | None


class BackData(ClinicData):
    """Of a room, or (`room` null) the whole clinic, that is back."""

    room: Number | None
    room_name: str | None


class AwayData(BackData):
    """Of one that is away: why, and until when (null: nobody knows)."""

    reason: Annotated[str, _known(AbsenceReason)]
    until: Moment | None


class TicketData(TypedDict):
    """Of a ticket's event: the ticket and its queue, as the event left them."""

    number: Number
    display_number: DisplayNumber
    status: Status
    lane: Annotated[str, _known(Lane)]
    room: NotRequired[Number | None]
    room_name: NotRequired[str | None]
    waiting: Count
    now_serving: DisplayNumber | None


class OtherTicket(TypedDict):
    """Another ticket of the same patient, by its number."""

    clinic: str
    service_date: Day
    display_number: DisplayNumber


class CalledData(TicketData):
    """Of a call; `out_of_turn` is why it was not in turn."""

    out_of_turn: NotRequired[Annotated[str, _known(CallReason, "why it was not called in turn")]]


class MovedData(TicketData):
    """Of a ticket that was put behind others; `places` says behind how many."""

    places: NotRequired[Annotated[Count, Field(description="behind how many of the lane it was put")]]


class CorrectedData(TicketData):
    """Of a correction: which members were corrected, never a value."""

    corrected: Annotated[list[str], Field(description="the members that were corrected, never a value")]


class CancelledData(TicketData):
    """Of a cancellation: who gave the ticket up and, where the staff did, why."""

    cancelled_by: NotRequired[Annotated[str, _known(CancelledBy, "who gave it up")]]
    cancel_reason: NotRequired[Annotated[str, _known(CancelReason, "why the staff gave it up")]]


class RegisteredData(TicketData):
    """Of a new ticket; of a station of a visit also the ticket from which the patient was sent on."""

    visit: NotRequired[Visit]
    sent_from: NotRequired[OtherTicket]


class SentData(TicketData):
    """Of a patient who goes on to another clinic, with the ticket there."""

    visit: Visit
    sent_to: OtherTicket


EventData = TicketData | ClinicData

_WITH_MORE: Final[Mapping[EventName, type]] = {
    EventName.TICKET_CALLED: CalledData,
    EventName.TICKET_REINSTATED: MovedData,
    EventName.TICKET_SKIPPED: MovedData,
    EventName.TICKET_CORRECTED: CorrectedData,
    EventName.TICKET_CANCELLED: CancelledData,
    EventName.TICKET_REGISTERED: RegisteredData,
    EventName.TICKET_SENT: SentData,
    EventName.CLINIC_AWAY: AwayData,
    EventName.CLINIC_BACK: BackData,
}

DATA_OF: Final[Mapping[EventName, type]] = MappingProxyType(
    {
        name: _WITH_MORE.get(name, TicketData if name.startswith("ticket.") else ClinicData)
        for name in EventName
        if name is not EventName.CLINIC_TICK
    }
)
"""What the data of each event are; ticks have none."""
