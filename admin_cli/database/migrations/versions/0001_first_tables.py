"""First tables: catalog, service days, tickets, journal, refusals."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_CLINIC_DAY = ["hospital", "clinic", "service_date"]
_ACTIVE = sa.text("status IN ('waiting', 'called', 'in_service')")
_WAITING = sa.text("status = 'waiting'")
_IN_ROOM = sa.text("status IN ('called', 'in_service')")


def upgrade() -> None:
    _create_catalog()
    _create_clinic_days()
    _create_tickets()
    _create_journal()
    _create_refusals()


def downgrade() -> None:
    for table in ("refusals", "journal", "tickets", "clinic_days", "clinics", "hospitals", "catalog_version"):
        op.drop_table(table)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_catalog() -> None:
    catalog_version = op.create_table(
        "catalog_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_version")),
        sa.CheckConstraint("id = 1", name=op.f("ck_catalog_version_one_row")),
    )
    op.bulk_insert(catalog_version, [{"id": 1, "version": 0}])
    op.create_table(
        "hospitals",
        sa.Column("code", sa.String(10), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("city", sa.String(100), nullable=False),
        sa.Column("time_zone", sa.String(50), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_hospitals")),
    )
    op.create_index(op.f("ix_hospitals_version"), "hospitals", ["version"])
    op.create_table(
        "clinics",
        sa.Column("hospital", sa.String(10), nullable=False),
        sa.Column("code", sa.String(10), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("opening_hours", sa.JSON(), nullable=False),
        sa.Column("rooms", sa.Integer(), nullable=False),
        sa.Column("daily_quota", sa.Integer(), nullable=False),
        sa.Column("mean_service_seconds", sa.Integer(), nullable=False),
        sa.Column("service_spread_seconds", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        _moment("serving_since"),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hospital", "code", name=op.f("pk_clinics")),
        sa.ForeignKeyConstraint(["hospital"], ["hospitals.code"], name=op.f("fk_clinics_hospital")),
    )
    op.create_index(op.f("ix_clinics_version"), "clinics", ["version"])


def _create_clinic_days() -> None:
    op.create_table(
        "clinic_days",
        sa.Column("hospital", sa.String(10), nullable=False),
        sa.Column("clinic", sa.String(10), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.Column("now_serving", sa.Integer(), nullable=True),
        sa.Column("rooms_freed", sa.JSON(), nullable=False),
        _moment("announced_until"),
        _moment("next_change_at", nullable=True),
        sa.PrimaryKeyConstraint(*_CLINIC_DAY, name=op.f("pk_clinic_days")),
        sa.ForeignKeyConstraint(
            ["hospital", "clinic"],
            ["clinics.hospital", "clinics.code"],
            name=op.f("fk_clinic_days_hospital_clinic"),
        ),
    )
    op.create_index(op.f("ix_clinic_days_next_change_at"), "clinic_days", ["next_change_at"])


def _create_tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("ticket_code", sa.String(12), nullable=False),
        sa.Column("hospital", sa.String(10), nullable=False),
        sa.Column("clinic", sa.String(10), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("medical_record_number", sa.String(20), nullable=False),
        sa.Column("patient_name", sa.String(100), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("room", sa.Integer(), nullable=True),
        _moment("registered_at"),
        _moment("waiting_since"),
        _moment("called_at", nullable=True),
        _moment("started_at", nullable=True),
        _moment("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("ticket_code", name=op.f("pk_tickets")),
        sa.UniqueConstraint(
            *_CLINIC_DAY, "number", name=op.f("uq_tickets_hospital_clinic_service_date_number")
        ),
        _of_clinic_day("tickets"),
    )
    op.create_index(
        "ix_tickets_one_active_per_patient",
        "tickets",
        [*_CLINIC_DAY, "medical_record_number"],
        unique=True,
        sqlite_where=_ACTIVE,
        postgresql_where=_ACTIVE,
    )
    op.create_index(
        "ix_tickets_waiting",
        "tickets",
        [*_CLINIC_DAY, "number"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index(
        "ix_tickets_in_room", "tickets", _CLINIC_DAY, sqlite_where=_IN_ROOM, postgresql_where=_IN_ROOM
    )


def _create_journal() -> None:
    op.create_table(
        "journal",
        sa.Column("hospital", sa.String(10), nullable=False),
        sa.Column("clinic", sa.String(10), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("cause_id", sa.String(64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("cause_digest", sa.LargeBinary(32), nullable=True),
        sa.Column("event_name", sa.String(30), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        _moment("occurred_at"),
        _moment("recorded_at"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(*_CLINIC_DAY, "sequence", name=op.f("pk_journal")),
        sa.UniqueConstraint("cause_id", "ordinal", name=op.f("uq_journal_cause_id_ordinal")),
        _of_clinic_day("journal"),
    )
    op.create_index(op.f("ix_journal_recorded_at"), "journal", ["recorded_at"])


def _create_refusals() -> None:
    op.create_table(
        "refusals",
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("code", sa.String(30), nullable=False),
        sa.Column("problem", sa.LargeBinary(), nullable=False),
        _moment("refused_at"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_refusals")),
    )
    op.create_index(op.f("ix_refusals_refused_at"), "refusals", ["refused_at"])


def _of_clinic_day(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        _CLINIC_DAY,
        [f"clinic_days.{name}" for name in _CLINIC_DAY],
        name=op.f(f"fk_{table}_hospital_clinic_service_date"),
    )
