"""The times that patients are told, how they turn out, and who of a clinic is away.

Who waits while the schema changes was told a time that was not kept: that call is not judged. Going back
forgets what was told and how it turned out; whoever is away counts as there.
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


def upgrade() -> None:
    op.add_column("clinics", sa.Column("absences", sa.JSON()))
    op.add_column("tickets", sa.Column("told", sa.String(60)))
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
    op.drop_column("tickets", "told")
    op.drop_column("clinics", "absences")
