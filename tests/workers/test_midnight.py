"""The end of a service day, and the beginning of the next."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from common.settings import Role, clock_environment
from tests.broker import RunningBroker
from tests.builders import in_bandung
from tests.deployment import CLINICS, deployed
from tests.workers.event_tap import event_tap, first_of_each
from tests.workers.requester import message, registration, requester


def test_the_end_of_the_day_expires_what_is_left(
    broker: RunningBroker, sqlite_url: str, tmp_path: Path
) -> None:
    with deployed(broker, sqlite_url, tmp_path, starts_at=in_bandung("23:55")) as deployment:
        (registrar,) = deployment.start_consuming("registrar")
        with requester(deployment) as patient, event_tap(deployment) as tap:
            clinic = CLINICS[0]
            tickets = [patient.ask(registration(clinic)).body for _ in range(3)]
            registrar.stop()
            # The next morning, as it comes to a ticker that was away at midnight.
            tuesday = clock_environment(
                in_bandung("23:55") + timedelta(hours=9), datetime.now(UTC), speed=1.0
            )
            counts: dict[Role, int] = {"registrar": 1, "status": 1, "ticker": 1}
            deployment.start_together(counts, **tuesday, ANTREAN_TICK_SECONDS="0.1")
            tap.until(lambda: len(tap.of(clinic, "ticket.expired")) == 3, "all have expired")
            codes = [ticket["ticket_code"] for ticket in tickets]
            found = patient.ask(message("ticket_status", {"ticket_codes": codes})).body["tickets"]
            next_day = patient.ask(registration(clinic)).body

            events = first_of_each(tap.of(clinic))

    assert [event.name for event in events if event.body["source"].endswith("2026-11-23")] == [
        *["ticket.registered"] * 3,
        "ticket.called",
        "clinic.closed",
        *["ticket.expired"] * 3,
    ]
    assert [ticket["status"] for ticket in found] == ["expired"] * 3
    assert (next_day["number"], next_day["service_date"]) == (1, "2026-11-24")
