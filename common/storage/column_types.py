"""Types of columns that neither database has as they are wanted."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String, TypeDecorator

from common.domain.absences import Absence, AbsenceReason
from common.domain.partial_dates import PartialDate
from common.domain.told import ToldInterval


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment; SQLite, which knows no time zones, keeps it as naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class PartialDateText(TypeDecorator[PartialDate]):
    """A date as far as it is known, kept as it is written."""

    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: PartialDate | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> PartialDate | None:  # noqa: ARG002
        return None if value is None else PartialDate.parse(value)


class ToldText(TypeDecorator[ToldInterval]):
    """What a patient was told, as a JSON array of whole seconds: `at` since 1970, from there on to each of
    the three moments; and the code of the queue's state."""

    impl = String(60)
    cache_ok = True

    def process_bind_param(self, value: ToldInterval | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else told_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> ToldInterval | None:  # noqa: ARG002
        return told_in(value)


def told_text(told: ToldInterval) -> str:
    """As the column keeps it."""
    # With nothing in between: it is a part of every registration.
    at, earliest, call, latest, moment = told
    after = f"{(earliest - at) // _SECOND}, {(call - at) // _SECOND}, {(latest - at) // _SECOND}"
    return f"[{int(at.timestamp())}, {after}, {moment}]"


_SECOND = timedelta(seconds=1)


def told_in(text: str | None) -> ToldInterval | None:
    """What a `told_text` says."""
    if text is None:
        return None
    seconds, earliest, call, latest, moment = json.loads(text)
    at = datetime.fromtimestamp(seconds, UTC)
    return ToldInterval(
        at, at + timedelta(0, earliest), at + timedelta(0, call), at + timedelta(0, latest), moment
    )


class AbsencesJson(TypeDecorator[Sequence[Absence]]):
    """Absences as JSON; NULL where there are none."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Sequence[Absence] | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return [_written(each) for each in value] if value else None

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[Absence, ...]:  # noqa: ARG002
        return read_absences(value)


def read_absences(written: Any | None) -> tuple[Absence, ...]:
    """Absences from their JSON, decoded."""
    return tuple(map(_read, written or ()))


def _written(absence: Absence) -> dict[str, Any]:
    until = absence.until
    return {
        "room": absence.room,
        "until": None if until is None else until.isoformat(),
        "reason": absence.reason.value,
        "since": absence.since.isoformat(),
    }


def _read(written: dict[str, Any]) -> Absence:
    until = written["until"]
    return Absence(
        written["room"],
        None if until is None else datetime.fromisoformat(until),
        AbsenceReason(written["reason"]),
        datetime.fromisoformat(written["since"]),
    )
