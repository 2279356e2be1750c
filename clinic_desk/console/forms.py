"""What the console's forms ask for, with the rules of the command line."""

from datetime import datetime, tzinfo

from clinic_desk.actions import NO_REASON
from clinic_desk.console.dialogs import Field, Form
from clinic_desk.console.rooms import parse_rooms
from clinic_desk.inputs import moment_of, parse_until
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
            texts("field.medical_record_number"),
            checked(normal_medical_record_number),
            texts("rule.medical_record_number"),
        ),
        Field("name", texts("field.name"), checked(normal_name), texts("rule.name")),
        Field("date_of_birth", texts("console.date_of_birth"), parse_date, texts("usage.date_of_birth")),
    ]
    return Form(texts("console.register"), fields, texts)


def rooms_form(texts: Texts) -> Form:
    """How many rooms serve."""
    field = Field("rooms", texts("field.rooms"), parse_rooms, texts("rule.rooms"))
    return Form(texts("console.rooms"), [field], texts)


def opening_form(texts: Texts, heading: str, now: datetime, zone: tzinfo) -> Form:
    """Why, and until when on the clocks of `zone`, a clinic is opened or closed; both may be left out."""

    def moment(text: str) -> str:
        return moment_of(parse_until(text), now, zone).isoformat()

    fields = [
        Field("reason", texts("console.reason"), str, texts("rule.reason"), optional=True),
        Field("until", texts("console.until"), moment, texts("usage.until"), optional=True),
    ]
    return Form(texts(heading), fields, texts)


def priority_choices(texts: Texts) -> list[tuple[str, str]]:
    """Why somebody has priority, and that they have none."""
    reasons = [(reason.value, texts(f"priority.{reason}")) for reason in PriorityReason]
    return [(NO_REASON, texts("lane.regular")), *reasons]
