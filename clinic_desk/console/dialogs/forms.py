"""What the console's forms ask for, with the rules of the command line."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from clinic_desk.actions import NO_REASON
from clinic_desk.console.dialogs.form import Field, Form
from clinic_desk.console.dialogs.room_entry import parse_rooms
from clinic_desk.inputs import moment_of, parse_until
from clinic_desk.queue_view import Queue, lanes_above
from common.messages.patient_data import normal_medical_record_number, normal_name
from common.terminal.lane_words import lane_in_words, reason_in_words
from common.terminal.moments import parse_birth_date
from common.terminal.prompts import checked
from common.terminal.registration import BAD_DATE_OF_BIRTH
from common.terminal.texts import Texts


def registration_form(texts: Texts) -> Form:
    """A patient at the counter; the answers are named as in `Registration`."""
    return Form(texts("Register a patient"), _patient_fields(texts), texts)


def correction_form(texts: Texts, number: str, right: Mapping[str, Any]) -> Form:
    """What is wrong in the data of a ticket; the answers are named as in `correct`. `right` stands there at
    first."""
    fields = [
        replace(each, optional=True, value=str(right.get(each.name, ""))) for each in _patient_fields(texts)
    ]
    heading = texts("Correct {number}; what is right may stay empty", number=number)
    return Form(heading, fields, texts)


def _patient_fields(texts: Texts) -> list[Field]:
    return [
        Field(
            "medical_record_number",
            texts("Medical record number"),
            checked(normal_medical_record_number),
            texts("1 to 20 letters and digits"),
        ),
        Field("name", texts("Name"), checked(normal_name), texts("has letters, and at most 100 characters")),
        Field(
            "date_of_birth",
            texts("Date of birth, such as 1990-01-31, or 1990"),
            parse_birth_date,
            texts(BAD_DATE_OF_BIRTH),
        ),
    ]


def sign_in_form(texts: Texts) -> Form:
    """Who signs in."""
    fields = [
        Field("user", texts("User"), str, texts("name and password are needed")),
        Field("password", texts("Password"), str, texts("name and password are needed"), secret=True),
    ]
    return Form(texts("Who is it from now on?"), fields, texts)


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


def priority_choices(texts: Texts, queue: Queue) -> list[tuple[str, str]]:
    """Why somebody waits in one of the clinic's lanes above the regular one, and that they wait there."""
    reasons = [reason for lane in lanes_above(queue) for reason in lane["reasons"]]
    return [
        (NO_REASON, lane_in_words("regular", texts)),
        *((reason, reason_in_words(reason, texts)) for reason in reasons),
    ]
