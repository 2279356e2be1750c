"""Examples of every message: those of the documents, which tests hold against the code, and the events and
problems that the code makes of the same ticket."""

import json
from datetime import UTC, date, datetime
from typing import Any, Final

from pydantic import TypeAdapter

from common.domain import refusals
from common.domain.absences import Absence, AbsenceReason
from common.domain.cancellations import Cancellation, CancelledBy, CancelReason
from common.domain.changes import Change
from common.domain.clinic_day import ClinicDay
from common.domain.corrections import Correction
from common.domain.event_names import EventName
from common.domain.lanes import Lane
from common.domain.ticket_states import STATUSES_AFTER, TicketState, TicketStatus
from common.domain.tickets import CallReason, display_number
from common.domain.visits import Neighbour
from common.messages import problems
from common.messages.desk_replies import OtherRoom, TicketAtDesk, at_desk
from common.messages.events import Tick, encode_change, encode_tick
from common.messages.limits import BODY_BYTES_MAX
from common.messages.message import encode_reply
from common.messages.patients import Ticket
from common.messages.problems import Problem, ProblemCode, problem
from contract.descriptions import DESK_PROTOCOL, PROTOCOL

Body = dict[str, Any]

_DAY: Final = ClinicDay("RSHS", "GIG", date(2026, 11, 23))
_LABORATORY: Final = Neighbour("b1946ac92492d234", ClinicDay("RSHS", "LAB", _DAY.service_date), 8)
_AT: Final = datetime(2026, 11, 23, 2, 40, 5, 123000, tzinfo=UTC)
_EVENT_ID: Final = "5d0c7a1e-7a44-4d52-9c1e-5b1f0a6d2e11"
_NUMBER: Final = 17

_BREAK: Final = Absence(2, datetime(2026, 11, 23, 6, tzinfo=UTC), AbsenceReason.BREAK, _AT)

_BESIDES: Final[dict[EventName, dict[str, Any]]] = {
    EventName.TICKET_CALLED: {"out_of_turn": CallReason.RESULTS},
    EventName.TICKET_REINSTATED: {"places": 3},
    EventName.TICKET_SKIPPED: {"places": 3},
    EventName.TICKET_CORRECTED: {"correction": Correction(patient_name="Siti Aminah")},
    EventName.TICKET_CANCELLED: {"cancellation": Cancellation(CancelledBy.STAFF, CancelReason.DUPLICATE)},
    EventName.TICKET_REGISTERED: {"sent_from": _LABORATORY},
    EventName.TICKET_SENT: {"sent_to": _LABORATORY},
    EventName.CLINIC_AWAY: {"absence": _BREAK},
    EventName.CLINIC_BACK: {"absence": _BREAK},
}
"""What the change has beyond ticket and queue, where the event tells of more."""

_UNCHANGED: Final = {
    EventName.TICKET_SENT: TicketStatus.SERVED,
    EventName.TICKET_CORRECTED: TicketStatus.WAITING,
}
_IN_A_ROOM: Final = (TicketStatus.CALLED, TicketStatus.IN_SERVICE, TicketStatus.SERVED)


_REPLIES: Final = [
    *PROTOCOL.examples("reply"),
    *PROTOCOL.examples("integrator-reply"),
    *DESK_PROTOCOL.examples("reply"),
]


def request_examples() -> dict[str, Body]:
    """Of each request, by its name."""
    found = [
        *PROTOCOL.examples("request"),
        *PROTOCOL.examples("integrator"),
        *DESK_PROTOCOL.examples("request"),
    ]
    return {"list_hospitals": {}, **{name: json.loads(text) for name, text in found}}


def reply_examples() -> dict[str, Body]:
    """Of each reply but problems, by the name of its schema."""
    bodies: dict[str, Body] = {name: json.loads(text) for name, text in _REPLIES if name != "problem"}
    return bodies | {"ticket_at_desk": json.loads(encode_reply(_ticket_at_desk()))}


def problem_examples() -> dict[ProblemCode, Body]:
    """Of each problem, by its code."""
    return {each.code: json.loads(encode_reply(each)) for each in _problems()}


def event_example(name: EventName) -> Body:
    """An event with all that events of this name can tell."""
    if name is EventName.CLINIC_TICK:
        event = encode_tick(Tick(_EVENT_ID, _DAY.hospital, _DAY.clinic, _DAY.service_date), _AT)
    else:
        change = _change(name)
        has_room = change.absence or (change.ticket and change.ticket.room)
        event = encode_change(change, _EVENT_ID, "Loket A" if has_room else None)
    body: Body = json.loads(event.body)
    return body


def _change(name: EventName) -> Change:
    ticket = None
    if name.startswith("ticket."):
        status = _UNCHANGED.get(name) or max(STATUSES_AFTER[name])
        room = 2 if status in _IN_A_ROOM else None
        ticket = TicketState(_NUMBER, status, Lane.REGULAR, room)
    change = Change(_DAY, 42, name, _AT, waiting=4, now_serving=12, ticket=ticket)
    return change._replace(**_BESIDES.get(name, {}))


def _ticket() -> Ticket:
    return TypeAdapter(Ticket).validate_json(dict(_REPLIES)["ticket"])


def _ticket_at_desk() -> TicketAtDesk:
    return at_desk(_ticket(), display_number("GIG", 9))


def _problems() -> list[Problem]:
    ticket, elsewhere = _ticket(), OtherRoom(clinic="LAB", clinic_name="Laboratorium", room=1, room_name=None)
    return [
        *(TypeAdapter(Problem).validate_json(text) for name, text in _REPLIES if name == "problem"),
        problem(
            ProblemCode.UNKNOWN_REQUEST,
            "Requests that are answered here: register, cancel.",
        ),
        problem(ProblemCode.MESSAGE_TOO_LARGE, f"Send at most {BODY_BYTES_MAX} bytes."),
        problems.hospital_not_found(),
        problems.clinic_not_found(),
        problem(ProblemCode.QUOTA_REACHED, "Poli Gigi has given out its 60 tickets of today."),
        problems.already_registered(ticket),
        problems.medical_record_mismatch(),
        problems.ask_at_desk(),
        problems.request_id_reused(),
        problems.request_expired(_AT),
        problems.ticket_not_found(),
        problems.not_cancellable(ticket),
        problems.not_staff(),
        problems.not_permitted_now(refusals.holds_ticket("GIG", 9)),
        problem(
            ProblemCode.PATIENT_ELSEWHERE,
            "GIG-017 is in Laboratorium, room 1; call somebody else, or repeat it with anyhow.",
            display_number="GIG-017",
            elsewhere=elsewhere,
        ),
        problems.busy(),
        problems.looks_not_recorded(),
        problem(ProblemCode.INTERNAL_ERROR, "The request could not be carried out; tell the staff."),
    ]
