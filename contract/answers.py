"""What each request is answered with: its reply, and the problems that it can be refused with."""

from collections.abc import Iterator
from typing import Final

from antrean_client.protocol import LOOK_UPS
from common.domain.staff import StaffRole
from common.messages.desk_requests import DeskRegister, DeskRequest, TicketAction, Undo
from common.messages.message import Request
from common.messages.problems import ProblemCode
from common.messaging.topology import DESK_EXCHANGE
from contract.messages import REPLIES

_REPLIES: Final = {
    "list_hospitals": "hospitals",
    "list_clinics": "clinics",
    "clinic_queue": "clinic_queue",
    "ticket_status": "tickets",
    "register": "ticket",
    "cancel": "ticket",
    "desk_register": "ticket_at_desk",
    "find_tickets": "found_tickets",
    "events_since": "events",
}
"""What look-ups of the same name as their reply, and what else desks ask, are answered with is plain."""

OF_EVERY_REQUEST: Final = (
    ProblemCode.INVALID_REQUEST,
    ProblemCode.UNKNOWN_REQUEST,
    ProblemCode.MESSAGE_TOO_LARGE,
    ProblemCode.BUSY,
    ProblemCode.INTERNAL_ERROR,
)
_OF_A_CLINIC: Final = (ProblemCode.HOSPITAL_NOT_FOUND, ProblemCode.CLINIC_NOT_FOUND)
_OF_CHANGES: Final = (ProblemCode.REQUEST_ID_REUSED, ProblemCode.REQUEST_EXPIRED)
_OF_REGISTERING: Final = (
    *_OF_A_CLINIC,
    ProblemCode.CLINIC_CLOSED,
    ProblemCode.QUOTA_REACHED,
    ProblemCode.ALREADY_REGISTERED,
    ProblemCode.MEDICAL_RECORD_MISMATCH,
    *_OF_CHANGES,
)
_OF_NAMES: Final = (ProblemCode.TEMPORARILY_UNAVAILABLE,)
_OF_ANOTHER_CLINIC: Final = (ProblemCode.CLINIC_CLOSED, ProblemCode.QUOTA_REACHED)

_OWN_PROBLEMS: Final[dict[str, tuple[ProblemCode, ...]]] = {
    "list_clinics": (ProblemCode.HOSPITAL_NOT_FOUND,),
    "clinic_queue": _OF_A_CLINIC,
    "ticket_status": (ProblemCode.TICKET_NOT_FOUND,),
    "register": (*_OF_REGISTERING, ProblemCode.ASK_AT_DESK),
    "cancel": (ProblemCode.TICKET_NOT_FOUND, ProblemCode.NOT_CANCELLABLE, ProblemCode.REQUEST_ID_REUSED),
    "desk_register": (*_OF_REGISTERING, ProblemCode.NOT_PERMITTED_NOW),
    "desk_queue": _OF_NAMES,
    "find_tickets": _OF_NAMES,
    "desk_ticket": _OF_NAMES,
    "desk_history": (ProblemCode.TICKET_NOT_FOUND,),
    "events_since": (*_OF_A_CLINIC, ProblemCode.NOT_PERMITTED),
    "call_next": (ProblemCode.PATIENT_ELSEWHERE,),
    "call_ticket": (ProblemCode.PATIENT_ELSEWHERE, ProblemCode.TICKET_NOT_FOUND),
    "transfer": _OF_ANOTHER_CLINIC,
    "send": _OF_ANOTHER_CLINIC,
}
"""Beyond what is true of the request's kind."""


def reply_of(name: str) -> str:
    """The schema of the reply to a request that is carried out."""
    return _REPLIES.get(name) or (name if name in REPLIES else "desk_done")


def problems_of(exchange: str, kind: type[Request]) -> list[ProblemCode]:
    """What a request that comes over an exchange can be refused with, in the order of the codes."""
    found = {*OF_EVERY_REQUEST, *_OWN_PROBLEMS.get(kind.name, ()), *_of_desks(exchange, kind)}
    return [code for code in ProblemCode if code in found]


def _of_desks(exchange: str, kind: type[Request]) -> Iterator[ProblemCode]:
    if exchange != DESK_EXCHANGE:
        return
    yield ProblemCode.NOT_PERMITTED
    if issubclass(kind, DeskRequest):
        yield from _OF_A_CLINIC
        if kind.name not in LOOK_UPS:
            yield from (*_OF_CHANGES, ProblemCode.NOT_PERMITTED_NOW)
        if issubclass(kind, TicketAction | Undo):
            yield ProblemCode.TICKET_NOT_FOUND


def roles_of(kind: type[Request]) -> list[StaffRole]:
    """The roles of the staff who may ask it; all of them where it is about no clinic."""
    roles = kind.roles if issubclass(kind, DeskRequest | DeskRegister) else StaffRole
    return [role for role in StaffRole if role in roles]
