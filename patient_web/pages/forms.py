"""What patients fill in: read as on the terminal, with what is said beside a field that cannot be right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from common.domain.newborns import BIRTH_ORDER_MAX
from common.translation import N_
from common.words.patient_answers import BAD_DATE_OF_BIRTH, CHECKS
from common.words.problem_sentences import field_rule
from common.words.texts import Texts
from common.words.written_dates import date_complaint

FIELDS_MAX: Final = 20
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_VALUE_LENGTH_MAX: Final = 1_000

_EMPTY: Final[Mapping[str, str]] = {
    "medical_record_number": N_("Write the medical record number; it stands on the patient's card."),
    "name": N_("Write the name as it stands on the patient's card."),
    "date_of_birth": N_("Write the date of birth, for example 1990-01-31."),
}


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form that was sent; raises HTTPException where it is none."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        raise HTTPException(415)
    try:
        body = (await request.body()).decode()
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise HTTPException(400) from error
    if len({name for name, _ in pairs}) < len(pairs):
        raise HTTPException(400)
    return {name: value[:_VALUE_LENGTH_MAX] for name, value in pairs}


@dataclass(frozen=True, slots=True)
class RegistrationForm:
    """A registration as it was written; `errors` has a sentence for each field that cannot be right."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    wants_remembering: bool = False

    @property
    def first_wrong(self) -> str | None:
        """The field where the reader has to begin."""
        return next((name for name in FIELDS if name in self.errors), None)

    def body(self, hospital: str, clinic: str) -> dict[str, Any]:
        """The body of `register`, once there are no errors."""
        answers = {name: CHECKS[name](self.values[name]) for name in CHECKS}
        newborn = {"newborn": int(self.values["newborn"])} if self.values.get("newborn") else {}
        return {"hospital": hospital, "clinic": clinic, **answers, **newborn}


FIELDS: Final = (*CHECKS, "newborn")
"""In the order in which they stand in the form."""


def checked_registration(given: Mapping[str, str], texts: Texts) -> RegistrationForm:
    """The form that was sent, held against the rules that need no hospital."""
    values = {name: given.get(name, "").strip() for name in FIELDS}
    errors = {name: words for name in CHECKS if (words := _complaint(name, values[name], texts))}
    orders = {"", *map(str, range(1, BIRTH_ORDER_MAX + 1))}
    if values["newborn"] not in orders:
        errors["newborn"] = _sentence(field_rule("newborn", None, texts))
    return RegistrationForm(values, errors, given.get("remember") == "yes")


def errors_of(problem: Mapping[str, Any], texts: Texts) -> dict[str, str]:
    """What is said beside the fields that a hospital has refused."""
    named = (str(each["field"]) for each in problem.get("errors") or ())
    form = problem.get("record_number_format")
    return {name: _sentence(field_rule(name, form, texts)) for name in named if name in FIELDS}


def _complaint(name: str, value: str, texts: Texts) -> str | None:
    if not value:
        return texts(_EMPTY[name])
    try:
        CHECKS[name](value)
    except ValueError as error:
        if name == "date_of_birth":
            return texts(date_complaint(error, BAD_DATE_OF_BIRTH))
        return _sentence(field_rule(name, None, texts))
    return None


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
