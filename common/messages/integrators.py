"""What integrators ask for, and the reply to it: events that they have missed."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, Field

from common.domain.catalog import CODE_PATTERN
from common.domain.clinic_day import ClinicDay
from common.messages.limits import NUMBER_MAX
from common.messages.message import Reply, Request

EVENTS_SHOWN_MAX: Final = 100
"""Events in one reply at most."""

_CODE = CODE_PATTERN.strip("^$")
_SOURCE = re.compile(rf"/hospitals/({_CODE})/clinics/({_CODE})/(\d{{4}}-\d{{2}}-\d{{2}})", re.ASCII)


def clinic_day_of(source: str) -> ClinicDay:
    """The queue of which an event with this `source` tells; raises ValueError where it is no such source."""
    found = _SOURCE.fullmatch(source)
    if found is None:
        raise ValueError("a source is written as /hospitals/RSHS/clinics/GIG/2026-11-23")
    hospital, clinic, day = found.groups()
    try:
        return ClinicDay(hospital, clinic, date.fromisoformat(day))
    except ValueError as error:
        raise ValueError("there is no such day in the calendar") from error


def _source(text: str) -> str:
    clinic_day_of(text)
    return text


Source = Annotated[str, Field(max_length=60), AfterValidator(_source)]


class EventsSince(Request):
    """Asks for the events of one source behind the sequence number `after`. Answered by `Events`."""

    name: ClassVar[str] = "events_since"

    source: Source
    after: int = Field(default=0, ge=0, le=NUMBER_MAX)
    limit: int = Field(default=EVENTS_SHOWN_MAX, ge=1, le=EVENTS_SHOWN_MAX)


@dataclass(slots=True, kw_only=True)
class Events(Reply):
    """Events of one source as they were published, ordered by sequence; whether there are `more` behind the
    last."""

    name: ClassVar[str] = "events"

    source: str
    events: list[dict[str, Any]]
    more: bool = False
