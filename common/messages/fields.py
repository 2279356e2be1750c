"""The fields of requests: what each may hold, and how it is normalised."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator

from common.domain.catalog import CODE_PATTERN
from common.domain.newborns import BIRTH_ORDER_MAX
from common.domain.partial_dates import PartialDate
from common.domain.ticket_codes import parse_ticket_code
from common.messages.limits import NAME_LENGTH_MAX, PAGE_LENGTH_MAX
from common.messages.patient_data import normal_medical_record_number, normal_name


def _ticket_code(text: str) -> str:
    return parse_ticket_code(text)


def _iso_date(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError("a date is written as 1990-01-31")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError("there is no such day in the calendar") from error


def _birth_date(value: Any) -> PartialDate:
    return PartialDate.parse(value if isinstance(value, str) else "")


_PARTIAL_DATE = r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"
"""What JSON Schema can say of a date of birth."""

Code = Annotated[str, Field(pattern=CODE_PATTERN)]
TicketCode = Annotated[str, Field(max_length=40), AfterValidator(_ticket_code)]
MedicalRecordNumber = Annotated[str, Field(max_length=40), AfterValidator(normal_medical_record_number)]
PersonName = Annotated[str, Field(max_length=4 * NAME_LENGTH_MAX), AfterValidator(normal_name)]
AfterCode = Annotated[str, Field(pattern=f"{CODE_PATTERN}|^$")]
PageLength = Annotated[int, Field(ge=1, le=PAGE_LENGTH_MAX)]
IsoDate = Annotated[date, BeforeValidator(_iso_date)]
BirthDate = Annotated[
    PartialDate,
    PlainValidator(_birth_date, json_schema_input_type=Annotated[str, Field(pattern=_PARTIAL_DATE)]),
    PlainSerializer(str, return_type=str),
]
BirthOrder = Annotated[int, Field(ge=1, le=BIRTH_ORDER_MAX)]
