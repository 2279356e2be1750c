"""What the console's forms ask for, with the rules of the command line."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from clinic_desk.actions import NO_REASON
from clinic_desk.inputs import moment_of, parse_until
from clinic_desk.queue_view import Queue, lanes_above
from common.domain.newborns import read_shown_name
from common.messages.limits import ROOMS_MAX
from common.messages.patient_data import normal_medical_record_number, normal_name
from common.terminal.screens.form import Field, Form
from common.words.lanes import lane_in_words, reason_in_words
from common.words.moments import written_birth_date
from common.words.patient_answers import BAD_DATE_OF_BIRTH, checked
from common.words.texts import Texts
from common.words.written_dates import date_complaint, parse_birth_date

_ROOMS = re.compile(r"0|[1-9]\d?", re.ASCII)


def registration_form(texts: Texts) -> Form:
    """A patient at the counter; the answers are named as in `Registration`."""
    return Form(texts("Register a patient"), _patient_fields(texts), texts)


def correction_form(texts: Texts, number: str, shown: Mapping[str, str]) -> Form:
    """The data of a ticket, to be corrected; the answers are named as in `correct`. `shown` stands there at
    first."""
    values = {**shown, "date_of_birth": written_birth_date(shown["date_of_birth"], texts)}
    fields = [replace(each, value=values[each.name]) for each in _patient_fields(texts)]
    return Form(texts("Correct {number}", number=number), fields, texts)


def _patient_fields(texts: Texts) -> list[Field]:
    number, name = texts("Medical record number"), texts("Name")
    return [
        Field(
            "medical_record_number",
            number,
            checked(normal_medical_record_number),
            _rule(number, texts("1 to 20 letters and digits")),
        ),
        Field(
            "name",
            texts("Name; of a newborn with its mother's number: Bayi Ny. Siti (1)"),
            checked(normal_name),
            _rule(name, texts("has letters, and at most 100 characters")),
        ),
        Field(
            "date_of_birth",
            texts("Date of birth, such as 1990-01-31, or 1990"),
            parse_birth_date,
            lambda error: texts(date_complaint(error, BAD_DATE_OF_BIRTH)),
        ),
    ]


def registered_patient(answers: Mapping[str, object]) -> dict[str, Any]:
    """The members of a `Registration` that a filled-in form has; the name tells whether it is a newborn's."""
    name, birth_order = read_shown_name(str(answers["name"]))
    return {**answers, "name": name, "newborn": birth_order or None}


def corrected_patient(answers: Mapping[str, object]) -> dict[str, Any]:
    """The members of a correction that a filled-in form has. A name says, too, whether the patient is a
    newborn with the mother's number."""
    data = dict(answers)
    if "name" in data:
        data["name"], data["newborn"] = read_shown_name(str(data["name"]))
    return data


def _rule(label: str, rule: str) -> str:
    return f"{label}: {rule}"


def sign_in_form(texts: Texts) -> Form:
    """Who signs in."""
    needed = texts("Write user and password.")
    fields = [
        Field("user", texts("User"), str, needed),
        Field("password", texts("Password"), str, needed, secret=True),
    ]
    return Form(texts("Who is it from now on?"), fields, texts)


def rooms_form(texts: Texts) -> Form:
    """How many rooms serve."""
    rooms = texts("Rooms")
    field = Field("rooms", rooms, parse_rooms, _rule(rooms, texts("0 to 50")))
    return Form(texts("How many rooms serve from now on?"), [field], texts)


def parse_rooms(text: str) -> int:
    """How many rooms serve, from what was typed; raises ValueError where it is no number from 0 to 50."""
    text = text.strip()
    if not _ROOMS.fullmatch(text) or int(text) > ROOMS_MAX:
        raise ValueError("a number of rooms is written as 0 to 50")
    return int(text)


def opening_form(texts: Texts, heading: str, now: datetime, zone: tzinfo) -> Form:
    """Why, and until when on the clocks of `zone`, a clinic is opened or closed; both may be left out."""
    why = Field("reason", texts("Why (may stay empty)"), str, optional=True)
    until = _until(texts, texts("Until when, such as 14:00 (may stay empty)"), now, zone)
    return Form(texts(heading), [why, until], texts)


def absence_form(texts: Texts, heading: str, now: datetime, zone: tzinfo) -> Form:
    """Until when on the clocks of `zone` somebody is away; it may be left out."""
    label = texts("Until about when, such as 09:30 (may stay empty, if nobody knows)")
    return Form(heading, [_until(texts, label, now, zone)], texts)


def _until(texts: Texts, label: str, now: datetime, zone: tzinfo) -> Field:
    def moment(text: str) -> str:
        return moment_of(parse_until(text), now, zone).isoformat()

    complaint = texts("Write the time as 14:00 or 2026-11-23T14:00.")
    return Field("until", label, moment, complaint, optional=True)


def priority_choices(texts: Texts, queue: Queue) -> list[tuple[str, str]]:
    """Why somebody waits in one of the clinic's lanes above the regular one, and that they wait there."""
    reasons = [reason for lane in lanes_above(queue) for reason in lane["reasons"]]
    return [
        (NO_REASON, lane_in_words("regular", texts)),
        *((reason, reason_in_words(reason, texts)) for reason in reasons),
    ]
