"""The statements that fill a database: each for all clinics at once, the same for PostgreSQL and SQLite.

Where the two differ, each has functions of the same names (seed_databases.py). A day without events is one
whose events are still to be written. `phase` says by how much the clinic is ahead of the others, from 0 to 1:
that, as a part of the time between two departures.
"""

from benchmarks.catalogs import QUOTA_MAX

ROOMS = 2


SERVICE_SECONDS = 300


HOSPITALS = """
    WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :hospitals)
    INSERT INTO hospitals (code, name, city, time_zone, version)
    SELECT padded('H', 4, n), padded('RSUD ', 4, n), 'Bandung', :zone, 1 FROM series
"""


CLINICS = f"""
    WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :each)
    INSERT INTO clinics (hospital, code, name, opening_hours, rooms, daily_quota, mean_service_seconds,
        service_spread_seconds, mode, state, serving_since, retired, version, lanes)
    SELECT code, padded('C', 2, n), padded('Poli ', 2, n), :hours, {ROOMS}, {QUOTA_MAX}, {SERVICE_SECONDS},
        {SERVICE_SECONDS // 2}, 'clock', 'schedule', moment(:since), false, 1, :lanes
    FROM hospitals CROSS JOIN series
"""  # noqa: S608 - made of constants, as are all below


DAYS = f"""
    WITH RECURSIVE series(ago) AS (
        SELECT cast(:first_ago AS integer) UNION ALL SELECT ago + 1 FROM series WHERE ago < :last_ago
    )
    INSERT INTO clinic_days (hospital, clinic, service_date, last_number, last_sequence, waiting, cancelled,
        now_serving, rooms_freed, announced_until, next_change_at)
    SELECT hospital, code, days_before(:today, ago), :tickets, 0, :waiting, 0, nullif(:called, 0), '{{}}',
        moment(:at - 86400 * ago),
        CASE
            WHEN ago > 0 THEN NULL
            WHEN :called > :served
                THEN moment(:at + {SERVICE_SECONDS} * (1 - phase(hospital, code)) / {ROOMS})
            WHEN :waiting > 0 THEN moment(:at)
            ELSE moment(:day_end)
        END
    FROM clinics CROSS JOIN series
    WHERE hospital || code = :hospital || :code OR :code = '' AND NOT EXISTS (
        SELECT 1 FROM clinic_days
        WHERE clinic_days.hospital = clinics.hospital AND clinic_days.clinic = clinics.code
            AND clinic_days.service_date = days_before(:today, ago)
    )
"""  # noqa: S608


_NUMBERED = """
    WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :{numbers}),
    queue AS MATERIALIZED (
        SELECT hospital, clinic, service_date, cast(service_date AS text) AS day,
            :at - 86400 * days_between(service_date, :today) AS at, phase(hospital, clinic) AS phase
        FROM clinic_days
        WHERE last_sequence = 0
    ),
    numbered AS (
        SELECT hospital, clinic, service_date, day, n,
            at - {service} * (:called + 1 + :free) / {rooms} - :arrivals * (:tickets + 1 - n) / (:tickets + 1)
                AS registered,
            at - {service} * (:called - n + :free + phase) / {rooms} AS called
        FROM queue CROSS JOIN series
        WHERE :{numbers} > 0
    )
"""


def _numbered(numbers: str) -> str:
    return _NUMBERED.format(numbers=numbers, service=SERVICE_SECONDS, rooms=ROOMS)


TICKETS = f"""
    {_numbered("tickets")}
    INSERT INTO tickets (ticket_code, hospital, clinic, service_date, number, medical_record_number,
        patient_name, date_of_birth, status, room, registered_at, arrived_at, place_at, place_number,
        waiting_since, called_at, started_at, ended_at)
    SELECT ticket_code(hospital, clinic, day, n), hospital, clinic, service_date, n, padded('S', 8, n),
        'Siti Aminah', '1990-01-31',
        CASE WHEN n <= :served THEN 'served' WHEN n <= :called THEN 'called' ELSE 'waiting' END,
        CASE WHEN n <= :called THEN (n - 1) % {ROOMS} + 1 END,
        moment(registered), moment(registered), moment(registered), n, moment(registered),
        CASE WHEN n <= :called THEN moment(called) END,
        CASE WHEN n <= :served THEN moment(called) END,
        CASE WHEN n <= :served THEN moment(called + {SERVICE_SECONDS}) END
    FROM numbered
"""  # noqa: S608


def _events(numbers: str, name: str, status: str, sequence: str, at: str) -> str:
    """Writes one event for each ticket from 1 to the parameter `numbers`."""
    return f"""
        {_numbered(numbers)},
        event AS (SELECT *, {sequence} AS sequence, moment({at}) AS at FROM numbered)
        INSERT INTO journal (hospital, clinic, service_date, sequence, cause_id, ordinal, cause_digest,
            event_name, number, occurred_at, recorded_at, body)
        SELECT hospital, clinic, service_date, sequence, cause_id(hospital, clinic, day, sequence), 0,
            digest('{status}', n), 'ticket.{name}', n, at, at,
            body(cause_id(hospital, clinic, day, sequence), '{name}', hospital, clinic, day, sequence,
                '{status}', n)
        FROM event
    """  # noqa: S608


# First everybody registers; then, one by one, whoever is called leaves before the next one is called.
REGISTERED = _events("tickets", "registered", "waiting", "n", "registered")


CALLED = _events(
    "called",
    "called",
    "called",
    ":tickets + n + CASE WHEN n <= :served THEN n - 1 ELSE :served END",
    "called",
)


SERVED = _events("served", "served", "served", ":tickets + 2 * n", f"called + {SERVICE_SECONDS}")


EVENTS_COUNTED = "UPDATE clinic_days SET last_sequence = :tickets + :called + :served WHERE last_sequence = 0"
