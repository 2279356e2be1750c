"""What the console's forms ask for, with the rules of the command line."""

from datetime import datetime, tzinfo

from clinic_desk.actions import NO_REASON
from clinic_desk.console.dialogs import Field, Form
from clinic_desk.console.rooms import parse_rooms
from clinic_desk.inputs import moment_of, parse_until
from clinic_desk.queue_view import PRIORITIES
from common.domain.tickets import PriorityReason
from common.messages.patient_data import normal_medical_record_number, normal_name
from common.terminal.moments import parse_date
from common.terminal.prompts import checked
from common.terminal.texts import Texts


def registration_form(texts: Texts) -> Form:
    """A patient at the counter; the answers are named as in `Registration`."""
    fields = [
        Field(
            "medical_record_number",
            texts("Medical record number"),
            checked(normal_medical_record_number),
            texts("1 to 20 letters and digits"),
        ),
        Field("name", texts("Name"), checked(normal_name), texts("has letters, and at most 100 characters")),
        Field(
            "date_of_birth",
            texts("Date of birth, such as 1990-01-31"),
            parse_date,
            texts("Write a real date of birth as 1990-01-31, 31-01-1990 or 31/01/1990 (day first)."),
        ),
    ]
    return Form(texts("Register a patient"), fields, texts)


def rooms_form(texts: Texts) -> Form:
    """How many rooms serve."""
    field = Field("rooms", texts("Rooms"), parse_rooms, texts("1 to 50"))
    return Form(texts("How many rooms serve from now on?"), [field], texts)


def opening_form(texts: Texts, heading: str, now: datetime, zone: tzinfo) -> Form:
    """Why, and until when on the clocks of `zone`, a clinic is opened or closed; both may be left out."""

    def moment(text: str) -> str:
        return moment_of(parse_until(text), now, zone).isoformat()

    fields = [
        Field(
            "reason",
            texts("Why (may stay empty)"),
            str,
            texts("at most 200 characters, on one line"),
            optional=True,
        ),
        Field(
            "until",
            texts("Until when, such as 14:00 (may stay empty)"),
            moment,
            texts("Write the time as 14:00 or 2026-11-23T14:00."),
            optional=True,
        ),
    ]
    return Form(texts(heading), fields, texts)


def priority_choices(texts: Texts) -> list[tuple[str, str]]:
    """Why somebody has priority, and that they have none."""
    reasons = [(reason.value, texts(PRIORITIES[reason])) for reason in PriorityReason]
    return [(NO_REASON, texts("regular")), *reasons]
