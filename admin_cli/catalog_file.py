"""The catalog file: hospitals and their clinics in TOML, validated as a whole before any of it is used.

[[hospitals]]
code = "RSHS"
name = "RSUP Dr. Hasan Sadikin"
city = "Bandung"
time_zone = "Asia/Jakarta"
identity = "open"               # who may register: everybody, or, by "registry", whom `patients import` named
registrations_max = 3           # registrations of one record number for one clinic and day
mismatches_max = 5              # registrations of one record number a day that do not match it
record_number_format = { length = 8, letters = false, padded = true }  # left out: of any form

[[hospitals.clinics]]
code = "GIG"
name = "Poli Gigi"
rooms = 2
room_names = ["Ruang Gigi 1", "Loket A"]  # of room 1, 2, ...; left out, or "": it has only its number
daily_quota = 60
mean_service_minutes = 10
service_spread_minutes = 5      # standard deviation; left out: half the mean
mode = "clock"                  # or "desk"; left out: "clock"
day_ends_at = "24:00"           # when the service day ends; or a time of the next day, up to "12:00"
priority_age = 60               # from this age on patients have priority; or false
lanes = [                       # above the regular one, the most urgent first; left out: priority, ratio 2
    { lane = "emergency", ratio = 10 },  # at most so many of it are called per one of a less urgent lane
    { lane = "priority", ratio = 2, reasons = ["age", "disability"] },  # left out: the usual reasons
]
hours = { mon = ["08:00-12:00", "13:00-15:00"], sat = ["08:00-12:00"] }
"""

import json
import re
import reprlib
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from antrean_client.visible_text import has_invisible
from common.domain.catalog import CODE_PATTERN, QueueMode
from common.domain.clinic_lanes import TWO_LANES, USUAL_REASONS, ClinicLanes, LaneRule, two_lanes
from common.domain.lanes import Lane
from common.domain.opening_hours import OpeningHours, format_day_end, parse_day_end
from common.domain.tickets import PriorityReason
from common.errors import CatalogError
from common.messages.limits import (
    CITY_LENGTH_MAX,
    CLINICS_PER_HOSPITAL_MAX,
    HOSPITALS_MAX,
    PLACE_NAME_LENGTH_MAX,
    RECORD_NUMBER_LENGTH_MAX,
    ROOM_NAME_LENGTH_MAX,
    ROOM_NAMES_BYTES_MAX,
    ROOMS_MAX,
    SKIP_PLACES_MAX,
    TIME_ZONE_LENGTH_MAX,
)

FILE_BYTES_MAX = 8 * 1024 * 1024


def _printable(text: str) -> str:
    text = text.strip()
    if not text or not text.isprintable():
        raise ValueError("must be text on one line, and not empty")
    return text


def _room_name(text: str) -> str:
    if has_invisible(text):
        raise ValueError("must have no control, formatting or other invisible characters")
    text = " ".join(text.split())
    if len(text) > ROOM_NAME_LENGTH_MAX:
        raise ValueError(f"is longer than {ROOM_NAME_LENGTH_MAX} characters")
    return text


def _room_names(names: list[str]) -> list[str]:
    """Without the empty ones at the end; a name of two rooms would lead patients to the wrong one."""
    counts = Counter(name.casefold() for name in names if name)
    for name in names:
        if counts[name.casefold()] > 1:
            raise ValueError(f"{_shown(name)} is the name of {counts[name.casefold()]} rooms")
    length = len(json.dumps(names, ensure_ascii=False).encode())
    if length > ROOM_NAMES_BYTES_MAX:
        raise ValueError(f"has {length} bytes as JSON, at most {ROOM_NAMES_BYTES_MAX} can be shown")
    last_named = max((room for room, name in enumerate(names, start=1) if name), default=0)
    return names[:last_named]


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(
            f"{_shown(name)} is not a time zone; Indonesia's are Asia/Jakarta (WIB),"
            " Asia/Makassar (WITA) and Asia/Jayapura (WIT)"
        )
    return name


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _day_ends_at(text: str) -> str:
    return format_day_end(parse_day_end(text))


def _hours(hours: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    day_ends_at = info.data.get("day_ends_at")
    if day_ends_at is None:  # which is told of by itself
        return hours
    problems = []
    for day, sessions in hours.items():
        if not isinstance(sessions, list) or not all(isinstance(session, str) for session in sessions):
            problems.append(f'{_shown(day)} must be a list such as ["08:00-12:00"]')
            continue
        try:
            OpeningHours.parse({day: sessions}, parse_day_end(day_ends_at))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("; ".join(problems))
    return hours


_Code = Annotated[str, Field(pattern=CODE_PATTERN)]
_Ratio = Annotated[int, Field(ge=1, le=20)]
_LaneReason = Literal["emergency", "urgent", "age", "disability", "pregnancy", "infant"]
_Minutes = Annotated[float, Field(ge=0, le=240, allow_inf_nan=False)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class CatalogLane(_Table):
    """A lane above the regular one as the file gives it; without `reasons` the usual ones lead there."""

    lane: Literal["emergency", "urgent", "priority"]
    ratio: _Ratio
    reasons: Annotated[list[_LaneReason], Field(min_length=1)] | None = None

    @property
    def rule(self) -> LaneRule:
        """The lane in the domain's words."""
        lane = Lane(self.lane)
        reasons = USUAL_REASONS[lane] if self.reasons is None else map(PriorityReason, self.reasons)
        return LaneRule(lane, self.ratio, tuple(reasons))


def _lanes(lanes: list[CatalogLane]) -> list[CatalogLane]:
    """In order, each once; what leads to two lanes would lead to the first alone."""
    places = [each.rule.lane.rank for each in lanes]
    if places != sorted(set(places)):
        raise ValueError(f"must be in this order, each once: {', '.join(USUAL_REASONS)}")
    reasons = Counter(reason for each in lanes for reason in each.rule.reasons)
    if several := [reason.value for reason, times in reasons.items() if times > 1]:
        raise ValueError(f"{several[0]} leads to one lane; give each lane's reasons")
    return lanes


class CatalogClinic(_Table):
    """A clinic as the file gives it; times in minutes, which may have fractions. `priority_age = false`:
    nobody has priority by age. `priority_ratio` is for clinics that have the usual two lanes."""

    code: _Code
    name: Annotated[str, Field(max_length=PLACE_NAME_LENGTH_MAX), AfterValidator(_printable)]
    rooms: Annotated[int, Field(ge=0, le=ROOMS_MAX)]
    room_names: Annotated[
        list[Annotated[str, AfterValidator(_room_name)]],
        Field(max_length=ROOMS_MAX),
        AfterValidator(_room_names),
    ] = []
    daily_quota: Annotated[int, Field(ge=1, le=10_000)]
    mean_service_minutes: Annotated[float, Field(ge=1, le=240, allow_inf_nan=False)]
    service_spread_minutes: _Minutes | None = None
    mode: Annotated[Literal["clock", "desk"], Field(validate_default=True)] = "clock"
    priority_age: Annotated[int, Field(ge=1, le=130)] | Literal[False] = 60
    skip_places: Annotated[int, Field(ge=1, le=SKIP_PLACES_MAX)] = 3
    priority_ratio: _Ratio | None = None
    lanes: Annotated[list[CatalogLane], AfterValidator(_lanes)] | None = None
    returns_to: Literal["front", "arrival", "end"] = "front"
    day_ends_at: Annotated[str, AfterValidator(_day_ends_at)] = "24:00"
    hours: Annotated[dict[str, Any], AfterValidator(_hours)]

    @field_validator("mode")
    @classmethod
    def _clock_needs_a_room(cls, mode: str, info: ValidationInfo) -> str:
        if mode == "clock" and info.data.get("rooms") == 0:
            raise ValueError("needs a room for clock; without any room it is desk")
        return mode

    @property
    def opening_hours(self) -> OpeningHours:
        """The hours by weekday."""
        return OpeningHours.parse(self.hours, parse_day_end(self.day_ends_at))

    @field_validator("lanes")
    @classmethod
    def _one_ratio(cls, lanes: list[CatalogLane] | None, info: ValidationInfo) -> list[CatalogLane] | None:
        if lanes is not None and info.data.get("priority_ratio") is not None:
            raise ValueError("has the ratio of each lane; leave priority_ratio out")
        return lanes

    @property
    def clinic_lanes(self) -> ClinicLanes:
        """Its lanes, whichever way the file gives them."""
        if self.lanes is not None:
            return ClinicLanes(tuple(each.rule for each in self.lanes))
        return TWO_LANES if self.priority_ratio is None else two_lanes(self.priority_ratio)

    @property
    def queue_mode(self) -> QueueMode:
        """Who moves the queue."""
        return QueueMode(self.mode)

    @property
    def mean_service_seconds(self) -> int:
        """The mean service time in whole seconds."""
        return round(self.mean_service_minutes * 60)

    @property
    def service_spread_seconds(self) -> int:
        """The standard deviation of the service time in whole seconds."""
        if self.service_spread_minutes is None:
            return round(self.mean_service_minutes * 30)
        return round(self.service_spread_minutes * 60)


class CatalogRecordNumberFormat(_Table):
    """How a hospital writes its medical record numbers, as `RecordNumberFormat` has it."""

    length: Annotated[int, Field(ge=1, le=RECORD_NUMBER_LENGTH_MAX)]
    letters: bool = False
    padded: bool = False


class CatalogHospital(_Table):
    """A hospital as the file gives it."""

    code: _Code
    name: Annotated[str, Field(max_length=PLACE_NAME_LENGTH_MAX), AfterValidator(_printable)]
    city: Annotated[str, Field(max_length=CITY_LENGTH_MAX), AfterValidator(_printable)]
    time_zone: Annotated[str, Field(max_length=TIME_ZONE_LENGTH_MAX), AfterValidator(_zone)]
    identity: Literal["open", "registry"] = "open"
    registrations_max: Annotated[int, Field(ge=1, le=100)] = 3
    mismatches_max: Annotated[int, Field(ge=1, le=100)] = 5
    record_number_format: CatalogRecordNumberFormat | None = None
    clinics: Annotated[list[CatalogClinic], Field(min_length=1, max_length=CLINICS_PER_HOSPITAL_MAX)]


class Catalog(_Table):
    """A whole catalog; no code occurs twice."""

    hospitals: Annotated[list[CatalogHospital], Field(min_length=1, max_length=HOSPITALS_MAX)]


def read_catalog(path: Path) -> Catalog:
    """The catalog in the file `path`; raises CatalogError where it cannot be read or is not valid."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise CatalogError([f"{path}: cannot be read: {error.strerror or error}"]) from error
    if len(content) > FILE_BYTES_MAX:
        raise CatalogError([f"{path}: is larger than {FILE_BYTES_MAX // 1024**2} MiB"])
    try:
        return parse_catalog(content)
    except CatalogError as error:
        raise CatalogError([f"{path}: {problem}" for problem in error.problems]) from error


def parse_catalog(content: bytes) -> Catalog:
    """The catalog in TOML; raises CatalogError with every problem and its place."""
    try:
        tables = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CatalogError(["is not a text in UTF-8"]) from error
    except (ValueError, RecursionError) as error:
        raise CatalogError([f"is not valid TOML: {error}"]) from error
    problems = _duplicates(tables)
    try:
        catalog = Catalog.model_validate(tables)
    except ValidationError as error:
        problems += [_sentence(tables, found) for found in error.errors(include_url=False)]
        raise CatalogError(problems) from error
    if problems:
        raise CatalogError(problems)
    return catalog


def _duplicates(tables: dict[str, Any]) -> list[str]:
    hospitals = _rows(tables, "hospitals")
    problems = [f"hospitals {code}: occurs {count} times" for code, count in _repeated(hospitals)]
    for number, hospital in enumerate(hospitals):
        place = _place(tables, ("hospitals", number))
        for code, count in _repeated(_rows(hospital, "clinics")):
            problems.append(f"{place}, clinic {code}: occurs {count} times")
    return problems


def _repeated(rows: list[Any]) -> list[tuple[str, int]]:
    codes = Counter(row["code"] for row in rows if isinstance(row, dict) and isinstance(row.get("code"), str))
    return [(reprlib.repr(code).strip("'"), count) for code, count in codes.items() if count > 1]


def _rows(table: Any, name: str) -> list[Any]:
    rows = table.get(name) if isinstance(table, dict) else None
    return rows if isinstance(rows, list) else []


def _sentence(tables: dict[str, Any], found: ErrorDetails) -> str:
    return f"{_place(tables, found['loc'])}: {_reason(found)}"


def _place(tables: dict[str, Any], location: tuple[int | str, ...]) -> str:
    """Where a problem stands, such as `hospitals RSHS, clinic GIG, hours`."""
    parts: list[str] = []
    node: Any = tables
    for step in location:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            node = None
        if isinstance(step, str):
            parts.append(step)
            continue
        parts[-1] = parts[-1].replace("clinics", "clinic")
        code = node.get("code") if isinstance(node, dict) else None
        known = isinstance(code, str) and re.fullmatch(CODE_PATTERN, code)
        parts[-1] += f" {code}" if known else f" number {step + 1}"
    return ", ".join(part if part.isprintable() else repr(part) for part in parts)


_REASONS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known setting",
    "string_type": "must be text in quotation marks",
    "string_pattern_mismatch": "{input} is not a code of 2 to 10 capital letters A-Z and digits",
    "string_too_long": "is longer than {max_length} characters",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "finite_number": "must be a number",
    "greater_than_equal": "{input} is too small, the least is {ge}",
    "less_than_equal": "{input} is too large, the most is {le}",
    "literal_error": "{input} is not one of {expected}",
    "list_type": "must be a list",
    "dict_type": "must be a table of weekdays",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "too_short": "must have at least {min_length}",
    "too_long": "must have at most {max_length}",
    "value_error": "{error}",
}


def _reason(found: ErrorDetails) -> str:
    form = _REASONS.get(found["type"])
    if form is None:
        return found["msg"]
    return form.format(**{"input": _shown(found["input"]), **found.get("ctx", {})})


def _shown(value: Any) -> str:
    return reprlib.repr(value)
