"""The end of a service day, and the beginning of the next."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from common.settings import Role, clock_environment
from tests.broker import RunningBroker
from tests.builders import in_bandung
from tests.deployment import CLINICS, EVENING_CLINIC, Deployment, deployed
from tests.processes import Program
from tests.workers.event_tap import distinct_events, event_tap
from tests.workers.requester import message, registration, requester


def test_the_end_of_the_day_expires_what_is_left(
    broker: RunningBroker, sqlite_url: str, tmp_path: Path
) -> None:
    with deployed(broker, sqlite_url, tmp_path, starts_at=in_bandung("23:55")) as deployment:
        (registrar,) = deployment.start_consuming("registrar")
        with requester(deployment) as patient, event_tap(deployment) as tap:
            clinic = EVENING_CLINIC
            tickets = [patient.call(registration(clinic)).body for _ in range(3)]
            registrar.stop()
            _start_in_the_morning(deployment)
            tap.until(lambda: len(tap.of(clinic, "ticket.expired")) == 3, "all have expired")
            codes = [ticket["ticket_code"] for ticket in tickets]
            found = patient.call(message("ticket_status", {"ticket_codes": codes})).body["tickets"]
            next_day = patient.call(registration(clinic)).body
            events = distinct_events(tap.of(clinic))

    assert [event.name for event in events if event.body["source"].endswith("2026-11-23")] == [
        *["ticket.registered"] * 3,
        "ticket.called",
        "clinic.closed",
        *["ticket.expired"] * 3,
    ]
    assert [ticket["status"] for ticket in found] == ["expired"] * 3
    assert (next_day["number"], next_day["service_date"]) == (1, "2026-11-24")


def test_an_open_clinic_hands_its_queue_over_once_while_tickers_are_killed(
    broker: RunningBroker, database_url: str, tmp_path: Path
) -> None:
    """Two tickers are killed repeatedly after the handover has begun, and others complete it."""
    count = 40
    clinic = CLINICS[0]
    with deployed(broker, database_url, tmp_path, starts_at=in_bandung("23:55")) as deployment:
        (registrar,) = deployment.start_consuming("registrar")
        with requester(deployment) as patient, event_tap(deployment) as tap:
            codes = [patient.call(registration(clinic)).body["ticket_code"] for _ in range(count)]
            registrar.stop()
            for _ in range(3):
                tickers = [_start_a_ticker_in_the_morning(deployment) for _ in range(2)]
                tap.until(lambda: bool(tap.of(clinic, "ticket.transferred")), "the handover has begun")
                for ticker in tickers:
                    ticker.kill()
            _start_in_the_morning(deployment)
            tap.until(
                lambda: len(distinct_events(tap.of(clinic, "ticket.served"))) == count, "all are served"
            )
            found = patient.call(message("ticket_status", {"ticket_codes": codes})).body["tickets"]
            following = [ticket["transferred_to"] for ticket in found[1:]]
            new = patient.call(message("ticket_status", {"ticket_codes": following})).body["tickets"]
            names = Counter(event.name for event in distinct_events(tap.of(clinic)))

    assert [ticket["status"] for ticket in found] == ["served", *["transferred"] * (count - 1)]
    assert [ticket["number"] for ticket in new] == list(range(1, count))
    assert {ticket["service_date"] for ticket in new} == {"2026-11-24"}
    assert names == {
        "ticket.registered": 2 * count - 1,
        "ticket.transferred": count - 1,
        "ticket.called": count,
        "ticket.served": count,
    }


def _start_in_the_morning(deployment: Deployment) -> None:
    """Starts workers on the next morning, after midnight without workers."""
    counts: dict[Role, int] = {"registrar": 1, "status": 1, "ticker": 1}
    deployment.start_together(counts, **_tuesday(), ANTREAN_TICK_SECONDS="0.1")


def _start_a_ticker_in_the_morning(deployment: Deployment) -> Program:
    return deployment.start("ticker", **_tuesday(), ANTREAN_TICK_SECONDS="0.1")


def _tuesday() -> dict[str, str]:
    return clock_environment(in_bandung("23:55") + timedelta(hours=9), datetime.now(UTC), speed=1.0)
