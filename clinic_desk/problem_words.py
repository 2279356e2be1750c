"""What is said to staff of a problem, where they do other things about it than patients."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from common.translation import N_
from common.words.problems import PATIENT_WORDS

_BY_CODE: Final[Mapping[str, str]] = {
    "unknown_request": N_(
        "The system does not know this request; bring this program to the version of the system."
    ),
    "clinic_closed": N_("That clinic is closed now."),
    "quota_reached": N_("That clinic's quota for today is used up."),
    "already_registered": N_("This patient is already registered in that clinic today; this is the ticket."),
    "medical_record_mismatch": N_(
        "This ticket was taken with that medical record number and another name or date of birth; check the"
        " patient's card."
    ),
    "request_id_reused": N_("That request id was used for another action; repeat without --request-id."),
    "request_expired": N_(
        "The request was under way for too long and was not carried out; look at the queue, then repeat."
    ),
    "ticket_not_found": N_("This clinic gave out no such number today; check the number."),
    "not_permitted": N_(
        "You are not on the list of active staff; ask the system's operators to put you on it."
    ),
    "not_permitted_now": N_("This cannot be done now. {detail}"),
    "temporarily_unavailable": N_(
        "Names cannot be shown now, since the look at them cannot be recorded; if this lasts, tell the"
        " system's operators."
    ),
    "internal_error": N_("Something went wrong in the system; try again, or tell its operators."),
}
_BY_REASON: Final[Mapping[str, str]] = {
    "clock_mode": N_("The clock moves this queue."),
    "nobody_waiting": N_("Nobody is waiting."),
    "room_not_serving": N_("That room is not serving."),
    "ticket_status": N_("The ticket's status does not allow it."),
    "same_clinic": N_("The patient is in this clinic's queue; choose another clinic."),
    "too_many_stations": N_("This visit has 20 stations; register the patient in that clinic instead."),
    "already_so": N_("It is so already; nothing was changed."),
    "nothing_to_undo": N_(
        "Nothing was done here in the last ten minutes that can be taken back; look at the queue."
    ),
    "changed_since": N_(
        "Something was done with the ticket since; take that back first or, where that cannot be, go on from"
        " how the ticket stands."
    ),
    "day_over": N_("That service day is over; register the patient today, if need be."),
    "no_lane": N_("This clinic has no lane for that reason; choose another, or none."),
    "room_occupied": N_("Somebody else is in the room by now; take that call back first, or complete it."),
    "holds_another": N_(
        "This patient holds another ticket in that clinic; use that one, or cancel it first."
    ),
}
_BY_TICKET: Final[Mapping[str, str]] = {
    "ticket_status": N_('This cannot be done: the status of {number} is "{status}".'),
    "holds_another": N_("This patient holds {number}; use that ticket, or cancel it first."),
}
_BY_ROLES: Final[Mapping[str, str]] = {
    "caller reception manager": N_("Only the staff of {clinic} may do this; ask there."),
    "caller manager": N_("Only a caller or a manager of {clinic} may do this; ask one of them."),
    "reception manager": N_("Only reception or a manager of {clinic} may do this; ask one of them."),
    "manager": N_("Only a manager of {clinic} may do this; ask one."),
}
_FIELDS: Final[Mapping[str, str]] = {
    "number": N_("Ticket number"),
    "room": N_("Room"),
    "rooms": N_("Rooms"),
    "until": N_("Until"),
    "reason": N_("Reason"),
    "to_clinic": N_("The other clinic"),
    "priority": N_("Priority"),
    "mode": N_("Mode"),
    "service_date": N_("Date"),
    "first_date": N_("First day"),
    "last_date": N_("Last day"),
    "text": N_("What is looked for"),
    "limit": N_("Lines"),
}
_RULES: Final[Mapping[str, str]] = {
    "number": N_("a number from 1"),
    "room": N_("1 to 50"),
    "rooms": N_("0 to 50"),
    "until": N_("a moment in the next 31 days; of somebody away, one of today"),
    "reason": N_("at most 200 characters, on one line"),
    "to_clinic": N_("2 to 10 letters and digits, such as INT"),
    "priority": N_("emergency, urgent, age, disability, pregnancy or infant"),
    "mode": N_("clock or desk"),
    **dict.fromkeys(("service_date", "first_date", "last_date"), N_("a day of the calendar")),
    "text": N_("1 to 100 visible characters"),
    "limit": N_("1 to 50"),
}
_OF_TICKET: Final = "{hospital} {clinic} {number} --date {service_date}"
_BELOW_TICKET: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "medical_record_mismatch": (
        (
            N_("If it is this patient's, correct it with: {command}"),
            f"antrean-desk correct {_OF_TICKET}",
        ),
        (
            N_("If it is a stranger's, cancel it with: {command}"),
            f"antrean-desk cancel {_OF_TICKET} --reason wrong-person",
        ),
    ),
}
"""With its day: a ticket of the day before may be in the way, too."""

DESK_WORDS: Final = replace(
    PATIENT_WORDS,
    by_code={**PATIENT_WORDS.by_code, **_BY_CODE},
    by_reason=_BY_REASON,
    by_ticket=_BY_TICKET,
    by_roles=_BY_ROLES,
    fields={**PATIENT_WORDS.fields, **_FIELDS},
    rules={**PATIENT_WORDS.rules, **_RULES},
    below_ticket=_BELOW_TICKET,
    elsewhere=N_("{number} is now in {where}. Call somebody else, or call anyhow with --anyhow."),
)
"""For the command line."""

CONSOLE_WORDS: Final = replace(
    DESK_WORDS,
    by_code={
        **DESK_WORDS.by_code,
        "hospital_not_found": N_("There is no such hospital; choose one from the list."),
        "clinic_not_found": N_("There is no such clinic in this hospital; choose one from the list."),
        "clinic_closed": N_(
            "That clinic is closed now; if it has to be, press o on that clinic's console to open it."
        ),
        "request_id_reused": N_("That request id was used for another action; press the key once more."),
    },
    by_reason={
        **DESK_WORDS.by_reason,
        "clock_mode": N_("The clock moves this queue; a manager lets the desk move it, with m."),
        "room_not_serving": N_("That room is not serving; press g to choose another, or j to add rooms."),
        "ticket_status": N_("The ticket's status does not allow it; choose another from the list."),
    },
    below_ticket={},  # asked about on a screen of its own
    unexpected=N_(
        "Something unexpected went wrong ({kind}); look at the queue first, then try again"
        " or tell the system's operators."
    ),
)
"""For the console, which names keys where the command line names commands."""
