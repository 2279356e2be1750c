"""What the references keep of a registration, and answer: a ticket, and nothing else that could fail."""

import json
import secrets
from datetime import date, datetime
from typing import NamedTuple

CREATE_TABLES = (
    "CREATE TABLE IF NOT EXISTS bench_tickets (ticket_code text PRIMARY KEY, hospital text NOT NULL,"
    " clinic text NOT NULL, number integer NOT NULL, medical_record_number text NOT NULL,"
    " patient_name text NOT NULL, date_of_birth date NOT NULL, status text NOT NULL,"
    " registered_at timestamptz NOT NULL)",
    "CREATE TABLE IF NOT EXISTS bench_counters (hospital text, clinic text, last_number integer NOT NULL,"
    " PRIMARY KEY (hospital, clinic))",
)
"""For PostgreSQL."""

NEXT_NUMBER = (
    "INSERT INTO bench_counters AS counter (hospital, clinic, last_number) VALUES ($1, $2, 1)"
    " ON CONFLICT (hospital, clinic) DO UPDATE SET last_number = counter.last_number + 1"
    " RETURNING last_number"
)
"""Takes the next number of a hospital's clinic; whoever asks next waits for this transaction's end."""


class Registration(NamedTuple):
    """A request as it came, trusted, with a code for its ticket."""

    ticket_code: str
    hospital: str
    clinic: str
    medical_record_number: str
    patient_name: str
    date_of_birth: date


def read(body: bytes) -> Registration:
    """What a `register` request asks for."""
    asked = json.loads(body)
    return Registration(
        secrets.token_hex(6),
        asked["hospital"],
        asked["clinic"],
        asked["medical_record_number"],
        asked["name"],
        date.fromisoformat(asked["date_of_birth"]),
    )


def reply(registration: Registration, number: int, registered_at: datetime) -> bytes:
    """The ticket, as the patient gets it."""
    return json.dumps(
        {
            "ticket_code": registration.ticket_code,
            "number": number,
            "display_number": f"{registration.clinic}-{number:03d}",
            "hospital": registration.hospital,
            "clinic": registration.clinic,
            "status": "waiting",
            "registered_at": registered_at.isoformat(),
        }
    ).encode()
