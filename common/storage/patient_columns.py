"""The columns that name a ticket's patient, as `queues.KEY_COLUMNS` name its queue."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, and_

from common.domain.record_numbers import PatientKey
from common.storage.prepared import INTEGER, TEXT, Columns

PATIENT_COLUMNS: Columns = {"medical_record_number": TEXT, "birth_order": INTEGER}
"""What names a patient, as columns of rows that are given to a `Prepared` statement."""


def patient_columns(table: FromClause) -> tuple[ColumnElement[Any], ...]:
    """The columns of `tickets`, or of an alias, that name the patient."""
    return tuple(table.c[name] for name in PATIENT_COLUMNS)


def patient_of(row: Row[*tuple[Any, ...]]) -> PatientKey:
    """The patient of a row with the `patient_columns`."""
    return PatientKey(row.medical_record_number, row.birth_order)


def same_patient(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """That the rows of two tables are of one patient."""
    return and_(*(a == b for a, b in zip(patient_columns(one), patient_columns(other), strict=True)))
