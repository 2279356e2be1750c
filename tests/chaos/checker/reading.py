"""Reads the evidence of a run: the files of its directory, and the tables of its database by plain SQL."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.chaos.checker.evidence import ClinicDay, Day, Entry, Evidence, Operation, Record, Ticket, epoch


class UnreadableError(Exception):
    """Without this nothing can be checked."""


def read_evidence(directory: Path) -> Evidence:
    """Reads a run's directory and its database; raises UnreadableError where they cannot be read at all.

    A line that cannot be read is named in `unreadable`. The last line of a history may be cut off: its
    client was killed.
    """
    run = _json(directory / "run.json")
    evidence = Evidence(run, list(_json(directory / "plan.json")["faults"]))
    for name in ("faults", "events", "stream", "dead", "poison"):
        setattr(evidence, name, _read_lines(evidence, directory / f"{name}.jsonl"))
    histories = sorted(directory.glob("history-*.jsonl"))
    evidence.operations = _operations(
        evidence, [line for path in histories for line in _read_lines(evidence, path, may_be_cut=True)]
    )
    _read_database(evidence, str(run["database_url"]))
    return evidence


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{path.name} cannot be read: {error}") from error


def _read_lines(evidence: Evidence, path: Path, *, may_be_cut: bool = False) -> list[Record]:
    if not path.exists():
        evidence.unreadable.append(f"{path.name} is missing")
        return []
    found: list[Record] = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(json.loads(line))
        except ValueError:
            if not (may_be_cut and number == len(lines)):
                evidence.unreadable.append(f"line {number} of {path.name} is not JSON")
    evidence.lines_read += len(found)
    return found


def _operations(evidence: Evidence, lines: list[Record]) -> list[Operation]:
    found: dict[str, Operation] = {}
    for line in lines:
        name, phase = str(line["operation"]), line["phase"]
        if phase == "invoked":
            if name in found:
                evidence.unreadable.append(f"operation {name} was invoked twice in the history")
            found[name] = Operation(line)
        elif name not in found:
            evidence.unreadable.append(f"operation {name} is {phase} in the history, but never was invoked")
        elif phase == "confirmed":
            found[name].confirmed = line
        elif found[name].ended is not None:
            evidence.unreadable.append(f"operation {name} ended twice in the history")
        else:
            found[name].ended = line
    return list(found.values())


@contextmanager
def _connection(url: str) -> Iterator[Any]:
    if url.startswith("sqlite:///"):
        path = quote(url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            yield connection
    else:
        with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1)) as server:
            server.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            server.read_only = True
            yield server


def _read_database(evidence: Evidence, url: str) -> None:
    try:
        with _connection(url) as connection:
            _read_tables(evidence, connection)
    except (sqlite3.Error, psycopg.Error) as error:
        raise UnreadableError(f"the database cannot be read: {str(error).splitlines()[0]}") from error


def _read_tables(evidence: Evidence, connection: Any) -> None:
    for row in connection.execute(
        "SELECT hospital, clinic, service_date, ticket_code, number, status, medical_record_number,"
        " patient_name, lane, waiting_since = arrived_at, arrived_at, transferred_to,"
        " birth_order, visit, station, sent_from"
        " FROM tickets ORDER BY hospital, clinic, service_date, number"
    ):
        code, number, status, record_number, name, lane, keeps_its_place, arrived_at, *links = row[3:]
        known = (code, _day(row), number, status, record_number, name, lane, bool(keeps_its_place))
        evidence.tickets.append(Ticket(*known, epoch(arrived_at), *links))
    for row in connection.execute(
        "SELECT hospital, clinic, service_date, sequence, cause_id, ordinal, event_name, number, operator,"
        " occurred_at, recorded_at, body FROM journal ORDER BY hospital, clinic, service_date, sequence"
    ):
        sequence, cause_id, ordinal, name, number, operator, occurred_at, recorded_at, body = row[3:]
        caused = (sequence, cause_id, ordinal, name, number, operator)
        event = _event(evidence, row, body)
        evidence.journal.append(Entry(_day(row), *caused, epoch(occurred_at), epoch(recorded_at), event))
    for row in connection.execute(
        "SELECT hospital, clinic, service_date, last_number, last_sequence, waiting, cancelled, now_serving"
        " FROM clinic_days ORDER BY hospital, clinic, service_date"
    ):
        evidence.days.append(Day(_day(row), *row[3:]))
    for request_id, code, refused_at in connection.execute(
        "SELECT request_id, code, refused_at FROM refusals"
    ):
        evidence.refusals[request_id] = (code, epoch(refused_at))


def _day(row: Any) -> ClinicDay:
    return (row[0], row[1], str(row[2]))


def _event(evidence: Evidence, row: Any, body: bytes) -> Mapping[str, Any]:
    try:
        event: Mapping[str, Any] = json.loads(bytes(body))
    except ValueError:
        evidence.unreadable.append(f"the event of journal row {' '.join(map(str, row[:4]))} is not JSON")
        return {}
    return event
