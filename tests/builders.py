"""What tests are made of: a clock that is set, catalogs, and requests as they arrive at a worker."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from admin_cli.catalog_file import Catalog
from common.domain.event_names import EventName
from common.messages.events import Event
from common.messaging.delivery import Delivery
from common.messaging.topology import DESK_EXCHANGE, EVENTS_EXCHANGE, PATIENT_EXCHANGE

DESK_USER = "desk"
"""The user who is at the desk: a manager of every hospital, wherever a test has not made others."""

JAKARTA = ZoneInfo("Asia/Jakarta")
MONDAY = date(2026, 11, 23)

WEEK = {day: ["08:00-12:00", "13:00-15:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
"""Opening hours on working days."""


def in_bandung(clock_time: str, day: date = MONDAY) -> datetime:
    """The moment (UTC) at which clocks in Bandung show, for example, `09:05` or `09:05:30` on `day`."""
    return datetime.fromisoformat(f"{day}T{clock_time}").replace(tzinfo=JAKARTA).astimezone(UTC)


@dataclass
class SetClock:
    """A clock that stands still until it is set."""

    moment: datetime

    def now(self) -> datetime:
        """The moment that was set."""
        return self.moment

    def real_seconds(self, seconds: float) -> float:
        """As for the machine's own clock."""
        return seconds

    def set(self, clock_time: str, day: date = MONDAY) -> None:
        """Shows this time of Bandung."""
        self.moment = in_bandung(clock_time, day)

    def forward(self, **elapsed: float) -> None:
        """Lets time pass; `elapsed` as for timedelta."""
        self.moment += timedelta(**elapsed)


def clinic_table(code: str = "GIG", **changes: Any) -> dict[str, Any]:
    """A clinic as a catalog file has it: one room, ten minutes each, open on working days."""
    return {
        "code": code,
        "name": f"Poli {code}",
        "rooms": 1,
        "daily_quota": 1000,
        "mean_service_minutes": 10.0,
        "hours": WEEK,
        **changes,
    }


def hospital_table(
    code: str = "RSHS", *clinics: Mapping[str, Any], time_zone: str = "Asia/Jakarta", **changes: Any
) -> dict[str, Any]:
    """A hospital as a catalog file has it, with these clinics, or with one."""
    return {
        "code": code,
        "name": f"RSUP {code}",
        "city": "Bandung",
        "time_zone": time_zone,
        "clinics": list(clinics) or [clinic_table()],
        **changes,
    }


def catalog(*hospitals: Mapping[str, Any]) -> Catalog:
    """A catalog of these hospitals, or of one with one clinic, RSHS/GIG."""
    return Catalog.model_validate({"hospitals": list(hospitals) or [hospital_table()]})


def delivery(
    name: str | None,
    body: Mapping[str, Any] | bytes,
    *,
    message_id: str | None = None,
    sent_at: datetime | None = None,
    content_type: str | None = "application/json",
    exchange: str = PATIENT_EXCHANGE,
    user_id: str | None = None,
) -> Delivery:
    """A request as a consumer hands it on; without a `message_id` it gets a new one, and through the desks'
    exchange it comes from the DESK_USER."""
    return Delivery(
        tag=1,
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        name=name,
        content_type=content_type,
        message_id=str(uuid4()) if message_id is None else message_id,
        correlation_id=None,
        reply_to=None,
        sent_at=sent_at,
        exchange=exchange,
        user_id=DESK_USER if user_id is None and exchange == DESK_EXCHANGE else user_id,
    )


def desk_request(
    request: str,
    clinic: str = "GIG",
    /,
    *,
    message_id: str | None = None,
    sent_at: datetime | None = None,
    user: str = DESK_USER,
    **body: Any,
) -> Delivery:
    """What a clinic's desk at RSHS asks for."""
    asked = {"hospital": "RSHS", "clinic": clinic, **body}
    return delivery(
        request, asked, message_id=message_id, sent_at=sent_at, exchange=DESK_EXCHANGE, user_id=user
    )


def patient(number: int) -> dict[str, Any]:
    """The data of one of any number of different patients, none of them of a special age."""
    born = date(1980, 1, 1) + timedelta(days=number % 9000)
    return {
        "medical_record_number": f"{number:08d}",
        "name": f"Pasien {number}",
        "date_of_birth": born.isoformat(),
    }


def registration(
    who: int | Mapping[str, str],
    hospital: str = "RSHS",
    clinic: str = "GIG",
    *,
    message_id: str | None = None,
    sent_at: datetime | None = None,
) -> Delivery:
    """A patient (by number, or by data) asks for a ticket."""
    data = patient(who) if isinstance(who, int) else who
    body = {"hospital": hospital, "clinic": clinic, **data}
    return delivery("register", body, message_id=message_id, sent_at=sent_at)


def cancellation(ticket_code: str, *, message_id: str | None = None) -> Delivery:
    """Somebody gives the ticket with this code up."""
    return delivery("cancel", {"ticket_code": ticket_code}, message_id=message_id)


def tick_delivery(tick: Event) -> Delivery:
    """An emitted tick as it arrives at a ticker."""
    return delivery(
        EventName.CLINIC_TICK,
        tick.body,
        message_id=tick.id,
        content_type="application/cloudevents+json",
        exchange=EVENTS_EXCHANGE,
    )
