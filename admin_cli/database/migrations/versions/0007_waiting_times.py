"""The times that patients are told, how they turn out, who of a clinic is away, and purged tickets.

Who waits while the schema changes was told a time that was not kept: that call is not judged. Going back
forgets what was told and how it turned out; whoever is away counts as there. Of purged tickets it makes some
of a patient without number and name, born in 1900.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SUMS = (
    *("held", "missed", "late", "uncalled", "apart"),
    *("width_seconds", "wait_seconds", "error_seconds"),
)
_CLINIC_DAY = ("hospital", "clinic", "service_date")
_PERSONAL = (
    ("medical_record_number", sa.String(20), ""),
    ("patient_name", sa.String(100), ""),
    ("date_of_birth", sa.String(10), "1900-01-01"),
)
_UNPURGED = sa.text("purged_at IS NULL")


def upgrade() -> None:
    op.add_column("clinics", sa.Column("absences", sa.JSON()))
    with op.batch_alter_table("tickets") as tickets:
        tickets.add_column(sa.Column("told", sa.String(60)))
        for name, kind, _ in _PERSONAL:
            tickets.alter_column(name, existing_type=kind, nullable=True)
    op.add_column("clinic_days", sa.Column("purged_at", sa.DateTime(timezone=True)))
    op.create_index(
        *("ix_clinic_days_unpurged", "clinic_days", ["service_date"]),
        sqlite_where=_UNPURGED,
        postgresql_where=_UNPURGED,
    )
    op.create_table(
        "accuracy",
        sa.Column("hospital", sa.String(10), nullable=False),
        sa.Column("clinic", sa.String(10), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("width_minutes", sa.Integer(), nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _SUMS),
        sa.PrimaryKeyConstraint(*_CLINIC_DAY, "width_minutes", name="pk_accuracy"),
        sa.ForeignKeyConstraint(
            _CLINIC_DAY,
            [f"clinic_days.{name}" for name in _CLINIC_DAY],
            name="fk_accuracy_hospital_clinic_service_date",
        ),
    )


def downgrade() -> None:
    op.drop_table("accuracy")
    op.drop_index("ix_clinic_days_unpurged", "clinic_days")
    op.drop_column("clinic_days", "purged_at")
    values = ", ".join(f"{name} = '{value}'" for name, _, value in _PERSONAL)
    op.execute(f"UPDATE tickets SET {values} WHERE medical_record_number IS NULL")  # noqa: S608 - constants
    with op.batch_alter_table("tickets") as tickets:
        tickets.drop_column("told")
        for name, kind, _ in _PERSONAL:
            tickets.alter_column(name, existing_type=kind, nullable=False)
    op.drop_column("clinics", "absences")
