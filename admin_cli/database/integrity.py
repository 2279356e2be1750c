"""What never breaks, looked for in the live database: tickets, counters and journal against one another.

Nothing is loaded but findings; what is asked for is in integrity_checks/.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, func, select

from admin_cli.database.integrity_checks import CHECKS
from admin_cli.database.long_statements import long_statements
from common.storage.tables import clinic_days, journal, refusals, tickets

FINDINGS_MAX: Final = 100
"""Rows that one check returns at most."""

STATEMENT_SECONDS_MAX: Final = 600
"""One statement goes through all tickets or the whole journal; on PostgreSQL it may take so long."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with one clinic's service day; `values` are what the check named `check` says
    of it: numbers, states, ids of requests, nothing of a patient."""

    check: str
    hospital: str
    clinic: str
    service_date: date
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Integrity:
    """What was gone through, by table, and what is wrong.

    `cut_short` names the checks that found more than `findings` holds.
    """

    checked: Mapping[str, int]
    findings: tuple[Finding, ...]
    cut_short: tuple[str, ...]


def check_integrity(connection: Connection) -> Integrity:
    """Checks everything; `connection` is in a read-only transaction, which may last minutes."""
    with long_statements(connection, STATEMENT_SECONDS_MAX):
        return _check(connection)


def _check(connection: Connection) -> Integrity:
    findings: list[Finding] = []
    cut_short: list[str] = []
    for name, (statement, read) in CHECKS.items():
        rows = connection.execute(statement.limit(FINDINGS_MAX + 1)).mappings().all()
        if len(rows) > FINDINGS_MAX:
            cut_short.append(name)
        for row in rows[:FINDINGS_MAX]:
            findings += [
                Finding(check, row["hospital"], row["clinic"], row["service_date"], values)
                for check, values in read(name, row)
            ]
    checked = {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in (clinic_days, tickets, journal, refusals)
    }
    return Integrity(checked, tuple(findings), tuple(cut_short))
