"""Who is registered at a hospital, how often one record number may try, and whose date of birth is confirmed.

Refusals that show a ticket with its code are forgotten: they would still be sent to whoever repeats them. Who
waits in the priority lane stays there. Going back drops the rest: everybody may register, as often as they
like.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hospitals", sa.Column("identity", sa.String(10), nullable=False, server_default="open"))
    op.add_column("hospitals", _counter("registrations_max", "3"))
    op.add_column("hospitals", _counter("mismatches_max", "5"))
    op.add_column(
        "tickets",
        sa.Column("date_of_birth_confirmed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute("UPDATE tickets SET date_of_birth_confirmed = true WHERE priority_reason = 'age'")
    where = sa.text("status IN ('served', 'cancelled', 'no_show', 'transferred', 'expired')")
    op.create_index(
        "ix_tickets_ended",
        "tickets",
        ["hospital", "clinic", "service_date", "medical_record_number"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.execute("DELETE FROM refusals WHERE code = 'already_registered'")
    _create_mismatches()
    _create_registries()


def downgrade() -> None:
    op.drop_table("registered_patients")
    op.drop_table("registries")
    op.drop_table("mismatches")
    op.drop_index("ix_tickets_ended", "tickets")
    op.drop_column("tickets", "date_of_birth_confirmed")
    for name in ("mismatches_max", "registrations_max", "identity"):
        op.drop_column("hospitals", name)


def _create_mismatches() -> None:
    op.create_table(
        "mismatches",
        sa.Column("hospital", sa.String(10), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("medical_record_number", sa.String(20), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hospital", "service_date", "medical_record_number", name="pk_mismatches"),
        sa.ForeignKeyConstraint(["hospital"], ["hospitals.code"], name="fk_mismatches_hospital"),
    )
    op.create_index("ix_mismatches_service_date", "mismatches", ["service_date"])


def _create_registries() -> None:
    op.create_table(
        "registries",
        sa.Column("hospital", sa.String(10), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("last_generation", sa.Integer(), nullable=False),
        sa.Column("key_check", sa.LargeBinary(32), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hospital", name="pk_registries"),
        sa.ForeignKeyConstraint(["hospital"], ["hospitals.code"], name="fk_registries_hospital"),
    )
    op.create_table(
        "registered_patients",
        sa.Column("hospital", sa.String(10), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("number_digest", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("hospital", "generation", "digest", name="pk_registered_patients"),
        sa.UniqueConstraint(
            "hospital", "generation", "number_digest", name="uq_registered_patients_number_digest"
        ),
        sa.ForeignKeyConstraint(
            ["hospital"], ["registries.hospital"], name="fk_registered_patients_hospital"
        ),
    )


def _counter(name: str, before: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text(before))
