"""What is said of a problem: a sentence for each code and reason, and words for the fields of requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from common.translation import N_

_BY_CODE: Final[Mapping[str, str]] = {
    "invalid_request": N_("The request is not right yet."),
    "unknown_request": N_("The hospital does not know this request; update the program antrean."),
    "message_too_large": N_("What you entered is too long."),
    "hospital_not_found": N_("There is no such hospital."),
    "clinic_not_found": N_("There is no such clinic in this hospital."),
    "clinic_closed": N_("This clinic is closed now."),
    "quota_reached": N_("This clinic's quota for today is used up."),
    "already_registered": N_("You are already registered in this clinic today; this is your ticket."),
    "medical_record_mismatch": N_(
        "The data do not match or are not registered in this hospital. Check the medical record number"
        " (leading zeros, too), name and date of birth, or ask at the registration desk."
    ),
    "ask_at_desk": N_(
        "For this medical record number, today's number can only be taken at the registration desk. A ticket"
        " that you hold stays valid."
    ),
    "request_id_reused": N_("That request id was used for other entries; register without --request-id."),
    "request_expired": N_("The request was under way for too long and was not carried out; send it again."),
    "clock_behind": N_(
        "This computer's clock is {duration} slow, so the request was not carried out; set"
        " it right, then send it again."
    ),
    "ticket_not_found": N_("There is no ticket with that code; check it."),
    "these_tickets_not_found": N_("There is no ticket with the code {codes}; check it."),
    "not_cancellable": N_("This ticket cannot be given up any more."),
    "not_permitted": N_("Only the hospital's staff may do this."),
    "not_permitted_now": N_("This cannot be done now."),
    "patient_elsewhere": N_("This patient is in another clinic of the hospital now."),
    "busy": N_("The system is very busy; try again in a minute."),
    "temporarily_unavailable": N_("The system cannot answer now; try again in a minute."),
    "internal_error": N_("Something went wrong in the hospital's system; try again, or ask the staff."),
    "next_opening": N_("It opens again on {moment}."),
}
_FIELDS: Final[Mapping[str, str]] = {
    "hospital": N_("Hospital"),
    "clinic": N_("Clinic"),
    "medical_record_number": N_("Medical record number"),
    "name": N_("Name"),
    "date_of_birth": N_("Date of birth"),
    "newborn": N_("Newborn"),
    "ticket_code": N_("Ticket code"),
    "ticket_codes": N_("Ticket code no. {position}"),
}
_RULES: Final[Mapping[str, str]] = {
    "hospital": N_("2 to 10 letters and digits, such as RSHS"),
    "clinic": N_("2 to 10 letters and digits, such as GIG"),
    "medical_record_number": N_("1 to 20 letters and digits"),
    "name": N_("has letters, and at most 100 characters"),
    "date_of_birth": N_("a day, a month or a year of the calendar, within the last 130 years"),
    "newborn": N_("1 to 9, of a baby that is younger than a year"),
    "ticket_code": N_("twelve letters and digits, such as 7K3F-9QXM-2T5R"),
    "ticket_codes": N_("twelve letters and digits, such as 7K3F-9QXM-2T5R"),
}


@dataclass(frozen=True)
class ProblemWords:
    """How a program speaks of problems; each mapping holds marked sentences.

    A problem's `reason` is more exact than its `code`, and comes first. `fields` are named as in requests,
    and `rules` say what each of them has to be.
    """

    by_code: Mapping[str, str]
    by_reason: Mapping[str, str]
    fields: Mapping[str, str]
    rules: Mapping[str, str]
    by_ticket: Mapping[str, str] = field(default_factory=dict)
    """By the reason, where the problem names a ticket: its `number`, and its `status`."""
    by_roles: Mapping[str, str] = field(default_factory=dict)
    """By the roles that may do it, as they stand in the problem: who of a `clinic` is to be asked."""
    below_ticket: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """By code: what is said below the ticket that a problem shows with its code. Each is a sentence, and the
    `command` in it, with members of the ticket in braces."""
    elsewhere: str = ""
    """What is said of a patient, by `number`, who is `where` in another clinic."""
    unexpected: str = N_("Something unexpected went wrong ({kind}); repeat with --verbose for the details.")
    """About a fault in the program; `kind` is its class."""
    unexpected_change: str = N_(
        "Something unexpected went wrong ({kind}); check the result (queue or ticket) before you repeat it."
    )
    """The same, while something was being changed."""


PATIENT_WORDS: Final = ProblemWords(_BY_CODE, {}, _FIELDS, _RULES)
"""What a patient is told; other programs change of it what their users do about otherwise."""
