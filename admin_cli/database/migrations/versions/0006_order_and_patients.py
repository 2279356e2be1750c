"""Places, lanes and stations of tickets; who a patient is where a number or a birthday is not known.

Going back makes the first day that it can be of a date of birth that is known in part, and of a newborn's
ticket one of a patient of its own: its mother's record number with the letter N and the order of birth. It
puts every ticket to the place of its arrival; parked ones become no-shows, whom the desk can reinstate.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CLINIC_DAY = ["hospital", "clinic", "service_date"]
_PATIENT = "ix_tickets_one_active_per_patient"
_PATIENT_COLUMNS = [*_CLINIC_DAY, "medical_record_number"]
_WAITING = "ix_tickets_waiting"


def upgrade() -> None:
    op.add_column("hospitals", sa.Column("record_number_format", sa.JSON()))
    op.add_column("clinics", _counter("skip_places", "3"))
    op.add_column("clinic_days", _counter("parked", "0"))
    op.add_column("tickets", _counter("birth_order", "0"))
    op.add_column("tickets", sa.Column("place_at", sa.DateTime(timezone=True)))
    op.add_column("tickets", sa.Column("place_number", sa.Integer()))
    op.execute("UPDATE tickets SET place_at = arrived_at, place_number = number")
    for name in (_PATIENT, _WAITING):
        op.drop_index(name, "tickets")
    _keep_dates_of_birth_as(sa.String(10), "to_char(date_of_birth, 'YYYY-MM-DD')")
    with op.batch_alter_table("tickets") as tickets:
        tickets.alter_column("place_at", nullable=False)
        tickets.alter_column("place_number", nullable=False)
    _create_index(
        _PATIENT,
        [*_PATIENT_COLUMNS, "birth_order"],
        "status IN ('waiting', 'called', 'in_service', 'parked')",
        unique=True,
    )
    _create_index(_WAITING, [*_CLINIC_DAY, "lane", "place_at", "place_number"], "status = 'waiting'")
    in_room = "status IN ('called', 'in_service')"
    _create_index("ix_tickets_patient_in_room", ["hospital", "medical_record_number"], in_room)
    _create_index("ix_tickets_parked", _CLINIC_DAY, "status = 'parked'")


def downgrade() -> None:
    op.execute(
        "UPDATE tickets"
        " SET medical_record_number = substr(medical_record_number, 1, 18) || 'N' || birth_order"
        " WHERE birth_order > 0"
    )
    first_day = "substr(date_of_birth || '-01-01', 1, 10)"
    op.execute(f"UPDATE tickets SET date_of_birth = {first_day} WHERE length(date_of_birth) < 10")  # noqa: S608
    op.execute("UPDATE tickets SET status = 'no_show', ended_at = waiting_since WHERE status = 'parked'")
    for name in ("ix_tickets_parked", "ix_tickets_patient_in_room", _WAITING, _PATIENT):
        op.drop_index(name, "tickets")
    for name in ("place_number", "place_at", "birth_order"):
        op.drop_column("tickets", name)
    _keep_dates_of_birth_as(sa.Date(), "CAST(date_of_birth AS date)")
    _create_index(_PATIENT, _PATIENT_COLUMNS, "status IN ('waiting', 'called', 'in_service')", unique=True)
    _create_index(_WAITING, [*_CLINIC_DAY, "lane", "arrived_at", "number"], "status = 'waiting'")
    op.drop_column("clinic_days", "parked")
    op.drop_column("clinics", "skip_places")
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


def _create_index(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, "tickets", columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _counter(name: str, default: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text(default))
