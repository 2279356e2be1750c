"""Places, lanes and stations of tickets; who a patient is where a number or a birthday is not known.

Going back makes the first day that it can be of a date of birth that is known in part, and of a newborn's
ticket one of a patient of its own: its mother's record number with the letter N and the order of birth.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PATIENT = "ix_tickets_one_active_per_patient"
_PATIENT_COLUMNS = ["hospital", "clinic", "service_date", "medical_record_number"]


def upgrade() -> None:
    op.add_column("hospitals", sa.Column("record_number_format", sa.JSON()))
    op.add_column(
        "tickets", sa.Column("birth_order", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.drop_index(_PATIENT, "tickets")
    _keep_dates_of_birth_as(sa.String(10), "to_char(date_of_birth, 'YYYY-MM-DD')")
    _create_patient_index([*_PATIENT_COLUMNS, "birth_order"])


def downgrade() -> None:
    op.execute(
        "UPDATE tickets"
        " SET medical_record_number = substr(medical_record_number, 1, 18) || 'N' || birth_order"
        " WHERE birth_order > 0"
    )
    first_day = "substr(date_of_birth || '-01-01', 1, 10)"
    op.execute(f"UPDATE tickets SET date_of_birth = {first_day} WHERE length(date_of_birth) < 10")  # noqa: S608
    op.drop_index(_PATIENT, "tickets")
    op.drop_column("tickets", "birth_order")
    _keep_dates_of_birth_as(sa.Date(), "CAST(date_of_birth AS date)")
    _create_patient_index(_PATIENT_COLUMNS)
    op.drop_column("hospitals", "record_number_format")


def _keep_dates_of_birth_as(kind: sa.types.TypeEngine[Any], on_postgresql: str) -> None:
    """Changes the column's type. SQLite keeps a day as the same text under either."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("tickets", "date_of_birth", type_=kind, postgresql_using=on_postgresql)
        return
    op.add_column("tickets", sa.Column("born", kind))
    op.execute("UPDATE tickets SET born = date_of_birth")
    with op.batch_alter_table("tickets") as tickets:
        tickets.drop_column("date_of_birth")
        tickets.alter_column("born", new_column_name="date_of_birth", nullable=False)


def _create_patient_index(columns: list[str]) -> None:
    where = sa.text("status IN ('waiting', 'called', 'in_service')")
    op.create_index(_PATIENT, "tickets", columns, unique=True, sqlite_where=where, postgresql_where=where)
