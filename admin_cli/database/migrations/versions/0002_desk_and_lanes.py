"""The desk and the two lanes: who waits where, what the staff forced and taught, and who of them did what.

Going back drops all of that: nobody has priority, forced states end, and what was taught is forgotten.
Tickets that were transferred become cancelled ones, which count towards no quota either. Events stay in the
journal, those of the desk too, whose names the older programs do not know.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CLINIC_DAY = ["hospital", "clinic", "service_date"]
_OLD_INDICES = ("ix_tickets_one_active_per_patient", "ix_tickets_waiting", "ix_tickets_in_room")


def upgrade() -> None:
    op.add_column("clinics", _moment("forced_until"))
    op.add_column("clinics", sa.Column("forced_reason", sa.String(200)))
    op.add_column("clinics", sa.Column("priority_age", sa.Integer(), server_default=sa.text("60")))
    op.add_column("clinics", _counter("priority_ratio", "2"))
    op.add_column("clinic_days", _counter("waiting_priority", "0"))
    op.add_column("clinic_days", _counter("priority_streak", "0"))
    op.add_column("clinic_days", _moment("last_arrival_at"))
    op.add_column("journal", sa.Column("operator", sa.String(100)))
    op.add_column("tickets", sa.Column("lane", sa.String(10), nullable=False, server_default="regular"))
    op.add_column("tickets", sa.Column("priority_reason", sa.String(20)))
    op.add_column("tickets", _moment("arrived_at"))
    op.add_column("tickets", sa.Column("transferred_to", sa.String(12)))
    op.execute("UPDATE tickets SET arrived_at = waiting_since")
    # Their conditions are written for the column's type.
    for name in _OLD_INDICES:
        op.drop_index(name, "tickets")
    with op.batch_alter_table("tickets") as tickets:
        tickets.alter_column("arrived_at", nullable=False)
        tickets.alter_column("status", type_=sa.String(11))
    _create_indices(waiting_by=["lane", "arrived_at", "number"])
    _create_index("ix_tickets_no_show", [], "status = 'no_show'")
    op.create_table(
        "service_times",
        sa.Column("hospital", sa.String(10), nullable=False),
        sa.Column("clinic", sa.String(10), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("sums", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("hospital", "clinic", "part", name="pk_service_times"),
        sa.ForeignKeyConstraint(
            ["hospital", "clinic"],
            ["clinics.hospital", "clinics.code"],
            name="fk_service_times_hospital_clinic",
        ),
    )


def downgrade() -> None:
    op.drop_table("service_times")
    for name in (*_OLD_INDICES, "ix_tickets_no_show"):
        op.drop_index(name, "tickets")
    op.execute("UPDATE tickets SET status = 'cancelled' WHERE status = 'transferred'")
    op.execute("UPDATE clinics SET state = 'schedule'")
    with op.batch_alter_table("tickets") as tickets:
        tickets.alter_column("status", type_=sa.String(10))
        for name in ("lane", "priority_reason", "arrived_at", "transferred_to"):
            tickets.drop_column(name)
    _create_indices(waiting_by=["number"])
    for table, names in {
        "journal": ("operator",),
        "clinic_days": ("waiting_priority", "priority_streak", "last_arrival_at"),
        "clinics": ("forced_until", "forced_reason", "priority_age", "priority_ratio"),
    }.items():
        for name in names:
            op.drop_column(table, name)


def _create_indices(waiting_by: list[str]) -> None:
    _create_index(
        "ix_tickets_one_active_per_patient",
        ["medical_record_number"],
        "status IN ('waiting', 'called', 'in_service')",
        unique=True,
    )
    _create_index("ix_tickets_waiting", waiting_by, "status = 'waiting'")
    _create_index("ix_tickets_in_room", [], "status IN ('called', 'in_service')")


def _create_index(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(
        name, "tickets", [*_CLINIC_DAY, *columns], unique=unique, sqlite_where=where, postgresql_where=where
    )


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True))


def _counter(name: str, before: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text(before))
