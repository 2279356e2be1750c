"""Places, lanes and stations of tickets; who a patient is where a number or a birthday is not known.

A clinic's ratio becomes that of its priority lane. Going back, whoever waits in a more urgent lane waits in
the priority lane; the reasons that lead there are forgotten, as is what was learned of these lanes.

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
    _add_lanes()
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
    _add_visits()


def downgrade() -> None:
    _drop_visits()
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
    _drop_lanes()


# --- who a patient is -----------------------------------------------------------------------------------


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


def _add_visits() -> None:
    op.add_column("clinics", sa.Column("returns_to", sa.String(10), nullable=False, server_default="front"))
    op.add_column("tickets", sa.Column("visit", sa.String(36)))
    op.add_column("tickets", sa.Column("station", sa.Integer()))
    op.add_column("tickets", sa.Column("sent_from", sa.String(12)))
    op.add_column("tickets", sa.Column("return_to", sa.String(12)))
    op.add_column("tickets", sa.Column("is_return", sa.Boolean(), nullable=False, server_default=sa.false()))
    where = sa.text("visit IS NOT NULL")
    op.create_index("ix_tickets_visit", "tickets", ["visit"], sqlite_where=where, postgresql_where=where)


def _drop_visits() -> None:
    op.drop_index("ix_tickets_visit", "tickets")
    for name in ("is_return", "return_to", "sent_from", "station", "visit"):
        op.drop_column("tickets", name)
    op.drop_column("clinics", "returns_to")


# --- lanes ----------------------------------------------------------------------------------------------

_NEW_LANES = ("emergency", "urgent")
_REASONS = ["age", "disability", "pregnancy", "infant"]

_clinics = sa.table(
    "clinics", *map(sa.column, ("hospital", "code", "priority_ratio")), sa.column("lanes", sa.JSON)
)
_times = sa.table(
    "service_times", *map(sa.column, ("hospital", "clinic", "part")), sa.column("sums", sa.JSON)
)


def _add_lanes() -> None:
    for lane in _NEW_LANES:
        op.add_column("clinic_days", _counter(f"waiting_{lane}", "0"))
        op.add_column("clinic_days", _counter(f"{lane}_streak", "0"))
    op.add_column("clinics", sa.Column("lanes", sa.JSON()))
    _give_lanes(op.get_bind())
    with op.batch_alter_table("clinics") as clinics:
        clinics.alter_column("lanes", nullable=False)
        clinics.drop_column("priority_ratio")
    op.execute(_STREAK_TO_STREAKS[op.get_bind().dialect.name])


def _drop_lanes() -> None:
    op.execute(_STREAKS_TO_STREAK[op.get_bind().dialect.name])
    op.add_column("clinics", _counter("priority_ratio", "2"))
    _take_lanes(op.get_bind())
    op.drop_column("clinics", "lanes")
    for lane in _NEW_LANES:
        op.drop_column("clinic_days", f"{lane}_streak")
        op.drop_column("clinic_days", f"waiting_{lane}")


def _give_lanes(connection: sa.Connection) -> None:
    for (ratio,) in connection.execute(sa.select(_clinics.c.priority_ratio).distinct()).all():
        lanes = [{"lane": "priority", "ratio": ratio, "reasons": _REASONS}]
        of_ratio = _clinics.c.priority_ratio == ratio
        connection.execute(sa.update(_clinics).where(of_ratio).values(lanes=lanes))


def _take_lanes(connection: sa.Connection) -> None:
    for row in connection.execute(sa.select(_clinics)).all():
        ratios = [each["ratio"] for each in row.lanes if each["lane"] == "priority"]
        of_clinic = (_clinics.c.hospital == row.hospital, _clinics.c.code == row.code)
        if ratios:
            connection.execute(sa.update(_clinics).where(*of_clinic).values(priority_ratio=ratios[0]))
    op.execute(
        "UPDATE clinic_days SET waiting_priority = waiting_priority + waiting_emergency + waiting_urgent"
    )
    op.execute("UPDATE tickets SET lane = 'priority' WHERE lane IN ('emergency', 'urgent')")
    op.execute("UPDATE tickets SET priority_reason = NULL WHERE priority_reason IN ('emergency', 'urgent')")
    for row in connection.execute(sa.select(_times)).all():
        of_part = (
            _times.c.hospital == row.hospital,
            _times.c.clinic == row.clinic,
            _times.c.part == row.part,
        )
        # What was learned of the new lanes stands at the end of each sum.
        older = {name: value[:6] if isinstance(value, list) else value for name, value in row.sums.items()}
        connection.execute(sa.update(_times).where(*of_part).values(sums=older))


# What an undoing needs of a call: status, room, the streak of the lanes, and moments. Each lane has one now.

_STREAK_TO_STREAKS = {
    "sqlite": """
        UPDATE journal
        SET undo = json_set(undo, '$.before[2]', json_array(0, 0, json_extract(undo, '$.before[2]')))
        WHERE json_extract(undo, '$.before[2]') IS NOT NULL""",
    "postgresql": """
        UPDATE journal
        SET undo = jsonb_set(
            undo::jsonb, '{before,2}', jsonb_build_array(0, 0, undo::jsonb #> '{before,2}'))::json
        WHERE undo::jsonb #>> '{before,2}' IS NOT NULL""",
}
_STREAKS_TO_STREAK = {
    "sqlite": """
        UPDATE journal SET undo = json_set(undo, '$.before[2]', json_extract(undo, '$.before[2][2]'))
        WHERE json_extract(undo, '$.before[2]') IS NOT NULL""",
    "postgresql": """
        UPDATE journal
        SET undo = jsonb_set(undo::jsonb, '{before,2}', undo::jsonb #> '{before,2,2}')::json
        WHERE undo::jsonb #>> '{before,2}' IS NOT NULL""",
}
