"""The tables: one schema for SQLite and PostgreSQL. Migrations bring a database to it.

Moments are stored in UTC. A clinic's service day (`clinic_days`) is the row that everything which changes
its queue locks first; it counts tickets and events, so numbers and sequences have no gaps.
"""

from collections.abc import Container

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    ForeignKeyConstraint,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
    literal_column,
    text,
)

from common.domain.accuracy import Accuracy
from common.domain.ticket_states import TicketStatus
from common.storage.column_types import AbsencesJson, PartialDateText, ToldText, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

catalog_version = Table(
    "catalog_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""One row. Each change of the catalog takes the next version; processes re-read the rows that are newer
than what they know."""

hospitals = Table(
    "hospitals",
    metadata,
    Column("code", String(10), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("city", String(100), nullable=False),
    Column("time_zone", String(50), nullable=False),
    # Who may register (an Identity), and how often for one medical record number.
    Column("identity", String(10), nullable=False, server_default="open"),
    Column("registrations_max", Integer, nullable=False, server_default=text("3")),
    Column("mismatches_max", Integer, nullable=False, server_default=text("5")),
    # How its medical record numbers are written (a RecordNumberFormat); NULL: as they are given.
    Column("record_number_format", JSON(none_as_null=True)),
    Column("version", Integer, nullable=False, index=True),
)

clinics = Table(
    "clinics",
    metadata,
    Column("hospital", String(10), primary_key=True),
    Column("code", String(10), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("opening_hours", JSON, nullable=False),
    # When its service days end, on the hospital's clock: 24:00, or a time of the next calendar day.
    Column("day_ends_at", String(5), nullable=False, server_default="24:00"),
    Column("rooms", Integer, nullable=False),
    # What the rooms are called, by number; NULL, or an empty name: only by their numbers.
    Column("room_names", JSON(none_as_null=True)),
    Column("daily_quota", Integer, nullable=False),
    Column("mean_service_seconds", Integer, nullable=False),
    Column("service_spread_seconds", Integer, nullable=False),
    Column("mode", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    # Until when the staff forced the state, and why.
    Column("forced_until", UtcDateTime),
    Column("forced_reason", String(200)),
    # From which age on patients have priority; NULL: at no age.
    Column("priority_age", Integer, server_default=text("60")),
    # The lanes above the regular one, the most urgent first: lane, ratio, and the reasons that lead there.
    Column("lanes", JSON, nullable=False),
    # Behind how many of those who wait somebody goes who is late.
    Column("skip_places", Integer, nullable=False, server_default=text("3")),
    # Where those wait who come back from a station of their visit (a ReturnPlace).
    Column("returns_to", String(10), nullable=False, server_default="front"),
    # Who its staff said is away (a list of Absence), also where that is over; NULL: nobody.
    Column("absences", AbsencesJson),
    # Since when rooms, mode and service time are as they are: nothing is called by them for a time before.
    Column("serving_since", UtcDateTime, nullable=False),
    # No longer in the catalog: takes no registrations, keeps its past.
    Column("retired", Boolean, nullable=False),
    Column("version", Integer, nullable=False, index=True),
    ForeignKeyConstraint(["hospital"], ["hospitals.code"]),
)

_unpurged = text("purged_at IS NULL")

clinic_days = Table(
    "clinic_days",
    metadata,
    Column("hospital", String(10), primary_key=True),
    Column("clinic", String(10), primary_key=True),
    Column("service_date", Date, primary_key=True),
    Column("last_number", Integer, nullable=False),
    Column("last_sequence", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    # Of those who wait, how many wait in each lane above the regular one; and these lanes' streaks.
    Column("waiting_emergency", Integer, nullable=False, server_default=text("0")),
    Column("waiting_urgent", Integer, nullable=False, server_default=text("0")),
    Column("waiting_priority", Integer, nullable=False, server_default=text("0")),
    Column("emergency_streak", Integer, nullable=False, server_default=text("0")),
    Column("urgent_streak", Integer, nullable=False, server_default=text("0")),
    Column("priority_streak", Integer, nullable=False, server_default=text("0")),
    # Who was called and was not ready: they are not among those who wait.
    Column("parked", Integer, nullable=False, server_default=text("0")),
    # No later number arrives earlier, whatever the registrars' clocks say.
    Column("last_arrival_at", UtcDateTime),
    # Tickets that do not count towards the quota: those that were transferred, too.
    Column("cancelled", Integer, nullable=False),
    # The number called last; NULL before the first call.
    Column("now_serving", Integer),
    # Room -> ISO moment at which its patient gave the ticket up, or did not come.
    Column("rooms_freed", JSON, nullable=False),
    # Openings and closings until this moment have their events; the last of them says that the clinic is
    # "open" or "closed". NULL: nothing was announced yet.
    Column("announced_until", UtcDateTime, nullable=False),
    Column("announced_state", String(6)),
    # The day is over: nobody is called any more. Who is left goes over to the next day ("handover") or
    # expires ("expiry"). NULL: it goes on.
    Column("ending", String(8)),
    # When a tick is due; claiming a tick moves this one interval on, applying it sets the true moment.
    Column("next_change_at", UtcDateTime, index=True),
    # When the last of its tickets lost its personal data (purging.py); NULL: some may have them.
    Column("purged_at", UtcDateTime),
    ForeignKeyConstraint(["hospital", "clinic"], ["clinics.hospital", "clinics.code"]),
    Index("ix_clinic_days_unpurged", "service_date", sqlite_where=_unpurged, postgresql_where=_unpurged),
)

service_times = Table(
    "service_times",
    metadata,
    Column("hospital", String(10), primary_key=True),
    Column("clinic", String(10), primary_key=True),
    # The part of the day (common/domain/day_parts.py).
    Column("part", Integer, primary_key=True, autoincrement=False),
    # The last day on which something was learned.
    Column("service_date", Date, nullable=False),
    # Of that day and, fading, of those before: a PartRecord (common/domain/service_times.py).
    Column("sums", JSON, nullable=False),
    ForeignKeyConstraint(["hospital", "clinic"], ["clinics.hospital", "clinics.code"]),
)
"""What staff have taught of their clinics' service times; locked after the queue in which a call ended."""

_clinic_day = ["hospital", "clinic", "service_date"]
_is_active = text("status IN ('waiting', 'called', 'in_service', 'parked')")
_is_waiting = text("status = 'waiting'")
_is_in_room = text("status IN ('called', 'in_service')")
_is_parked = text("status = 'parked'")
_is_no_show = text("status = 'no_show'")
_is_in_visit = text("visit IS NOT NULL")
_is_ended = text("status IN ('served', 'cancelled', 'no_show', 'transferred', 'expired')")

tickets = Table(
    "tickets",
    metadata,
    # Twelve characters, without hyphens; of a purged ticket others than its patient was given.
    Column("ticket_code", String(12), primary_key=True),
    Column("hospital", String(10), nullable=False),
    Column("clinic", String(10), nullable=False),
    Column("service_date", Date, nullable=False),
    Column("number", Integer, nullable=False),
    # Whose it is: NULL, all three, once it was purged.
    Column("medical_record_number", String(20)),
    # Of a newborn without a number of its own, which has its mother's; else 0.
    Column("birth_order", Integer, nullable=False, server_default=text("0")),
    Column("patient_name", String(100)),
    # As far as it is known: a year, a month or a day.
    Column("date_of_birth", PartialDateText),
    # The hospital's registry or its staff confirmed the date of birth: it may give priority.
    Column("date_of_birth_confirmed", Boolean, nullable=False, server_default=false()),
    Column("status", String(11), nullable=False),
    Column("lane", String(10), nullable=False, server_default="regular"),
    # A LaneReason: `regular` where the desk decided against the patient's age.
    Column("priority_reason", String(20)),
    Column("room", Integer),
    Column("registered_at", UtcDateTime, nullable=False),
    # When its patient came, also where that was in another queue.
    Column("arrived_at", UtcDateTime, nullable=False),
    # Its place in the lane, by arrival until it is moved: a Place (common/domain/places.py).
    Column("place_at", UtcDateTime, nullable=False),
    Column("place_number", Integer, nullable=False),
    # Since when it can be called.
    Column("waiting_since", UtcDateTime, nullable=False),
    # The interval that its patient was told, until the staff move it by a named act; NULL where the clock
    # moves the queue, and where none was told.
    Column("told", ToldText),
    Column("called_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    # When it came into a final state: served, cancelled, expired ..., or no-show until reinstated.
    # When it was called once more, the last time; of an earlier call where that is later.
    Column("recalled_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    # The code of the ticket in another queue, or of the next day, that the patient got for this one.
    Column("transferred_to", String(12)),
    # Who cancelled it (patient, staff, closing), and why; NULL where that was not recorded.
    Column("cancelled_by", String(10)),
    Column("cancel_reason", String(200)),
    # The visit that joins it to the patient's tickets in other queues, its place there, from which ticket the
    # patient was sent, to whose clinic to go back when this one is served, and whether the patient came back.
    Column("visit", String(36)),
    Column("station", Integer),
    Column("sent_from", String(12)),
    Column("return_to", String(12)),
    Column("is_return", Boolean, nullable=False, server_default=false()),
    UniqueConstraint(*_clinic_day, "number"),
    ForeignKeyConstraint(_clinic_day, [f"clinic_days.{name}" for name in _clinic_day]),
    Index(
        "ix_tickets_one_active_per_patient",
        *_clinic_day,
        "medical_record_number",
        "birth_order",
        unique=True,
        sqlite_where=_is_active,
        postgresql_where=_is_active,
    ),
    Index(
        "ix_tickets_waiting",
        *_clinic_day,
        "lane",
        "place_at",
        "place_number",
        sqlite_where=_is_waiting,
        postgresql_where=_is_waiting,
    ),
    Index("ix_tickets_visit", "visit", sqlite_where=_is_in_visit, postgresql_where=_is_in_visit),
    Index("ix_tickets_in_room", *_clinic_day, sqlite_where=_is_in_room, postgresql_where=_is_in_room),
    # Where else in the hospital a patient is.
    Index(
        "ix_tickets_patient_in_room",
        "hospital",
        "medical_record_number",
        sqlite_where=_is_in_room,
        postgresql_where=_is_in_room,
    ),
    Index("ix_tickets_parked", *_clinic_day, sqlite_where=_is_parked, postgresql_where=_is_parked),
    Index("ix_tickets_no_show", *_clinic_day, sqlite_where=_is_no_show, postgresql_where=_is_no_show),
    # Counts the registrations that a patient has used up; a new ticket waits, and so is no entry of it.
    Index(
        "ix_tickets_ended",
        *_clinic_day,
        "medical_record_number",
        sqlite_where=_is_ended,
        postgresql_where=_is_ended,
    ),
)

accuracy = Table(
    "accuracy",
    metadata,
    Column("hospital", String(10), primary_key=True),
    Column("clinic", String(10), primary_key=True),
    Column("service_date", Date, primary_key=True),
    # Of the intervals, rounded up to a multiple of five.
    Column("width_minutes", Integer, primary_key=True, autoincrement=False),
    # Counts, and sums of seconds: an Accuracy (common/domain/accuracy.py).
    *(Column(name, Integer, nullable=False) for name in Accuracy._fields),
    ForeignKeyConstraint(_clinic_day, [f"clinic_days.{name}" for name in _clinic_day]),
)
"""What became of the intervals that patients were told; written under the lock on the queue."""

journal = Table(
    "journal",
    metadata,
    Column("hospital", String(10), primary_key=True),
    Column("clinic", String(10), primary_key=True),
    Column("service_date", Date, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    # The id of the request or tick that caused the change, and which of its changes this is, from 0.
    Column("cause_id", String(64), nullable=False),
    Column("ordinal", Integer, nullable=False),
    # SHA-256 of the request: another digest, another request. NULL for ticks, empty where it was purged.
    Column("cause_digest", LargeBinary(32)),
    Column("event_name", String(30), nullable=False),
    # Who of the staff asked for it; NULL for what patients and the clock did.
    Column("operator", String(100)),
    # The ticket's number; NULL for events of the clinic itself.
    Column("number", Integer),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False, index=True),
    # The CloudEvent as it was, or will be, published.
    Column("body", LargeBinary, nullable=False),
    # Of what the staff can take back: how the ticket was before. Of an undoing: what was taken back.
    Column("undo", JSON(none_as_null=True)),
    UniqueConstraint("cause_id", "ordinal"),
    ForeignKeyConstraint(_clinic_day, [f"clinic_days.{name}" for name in _clinic_day]),
)

refusals = Table(
    "refusals",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("code", String(30), nullable=False),
    Column("problem", LargeBinary, nullable=False),
    Column("refused_at", UtcDateTime, nullable=False, index=True),
)
"""Refused registrations, so that a redelivered request gets the same answer. A row is needed only until the
request is too old to be taken up at all, and is removed soon after."""

mismatches = Table(
    "mismatches",
    metadata,
    Column("hospital", String(10), primary_key=True),
    Column("service_date", Date, primary_key=True, index=True),
    Column("medical_record_number", String(20), primary_key=True),
    Column("times", Integer, nullable=False),
    ForeignKeyConstraint(["hospital"], ["hospitals.code"]),
)
"""How often registrations of a record number did not match what is known of it. A row is needed only on its
service day."""

registries = Table(
    "registries",
    metadata,
    Column("hospital", String(10), primary_key=True),
    # What is in force of `registered_patients`. An import that replaces it fills the next free one first.
    Column("generation", Integer, nullable=False),
    Column("last_generation", Integer, nullable=False),
    # Tells whether a key is the one that the digests were made with.
    Column("key_check", LargeBinary(32), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["hospital"], ["hospitals.code"]),
)

registered_patients = Table(
    "registered_patients",
    metadata,
    Column("hospital", String(10), primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    # Of hospital, medical record number and date of birth, with the registry's key.
    Column("digest", LargeBinary(32), primary_key=True),
    # Of hospital and medical record number: one number has one date of birth.
    Column("number_digest", LargeBinary(32), nullable=False),
    UniqueConstraint("hospital", "generation", "number_digest", name="uq_registered_patients_number_digest"),
    ForeignKeyConstraint(["hospital"], ["registries.hospital"]),
)
"""Whom a hospital knows. Nobody can read from it who that is."""

staff = Table(
    "staff",
    metadata,
    # The name of the user at the broker, who may serve in several hospitals.
    Column("username", String(40), primary_key=True),
    # A hospital's code, or * for every hospital.
    Column("hospital", String(10), primary_key=True),
    # The codes of clinics; NULL: all clinics of the hospital.
    Column("clinics", JSON(none_as_null=True)),
    Column("role", String(10), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("version", Integer, nullable=False, index=True),
)
"""What the staff may do. A row takes a version of the catalog with each change, and is never removed."""

access_log = Table(
    "access_log",
    metadata,
    Column("username", String(40), primary_key=True),
    Column("hospital", String(10), primary_key=True),
    Column("clinic", String(10), primary_key=True),
    Column("minute", UtcDateTime, primary_key=True, index=True),
    # The name of the request that was answered with names of patients.
    Column("request", String(30), primary_key=True),
    Column("looks", Integer, nullable=False),
    # The most names that one of these answers showed.
    Column("names", Integer, nullable=False),
)
"""Who of the staff looked at names of patients: a row for each minute in which they did."""


def in_states(table: FromClause, states: Container[TicketStatus]) -> ColumnElement[bool]:
    """That the rows of `tickets`, or of an alias, are in one of these states.

    The states stand in the statement itself, so that the planner sees which partial index serves.
    """
    # As the index has them: for SQLite another order, or a list of one for an equality, is another condition.
    found = [literal_column(f"'{state}'", String) for state in TicketStatus if state in states]
    return table.c.status.in_(found) if len(found) > 1 else table.c.status == found[0]
