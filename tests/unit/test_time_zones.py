"""WIB, WITA and WIT are the zones of Indonesia; nobody else's have these names."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from common.domain.catalog import Hospital
from common.domain.time_zones import zone_word
from common.messages import problems
from common.words import moments
from common.words.texts import Texts
from tests.domain.clinics import clinic

ZONES = [
    ("Asia/Jakarta", "WIB"),
    ("Asia/Pontianak", "WIB"),
    ("Asia/Makassar", "WITA"),
    ("Asia/Jayapura", "WIT"),
    ("Asia/Bangkok", "UTC+0700"),
    ("Asia/Singapore", "UTC+0800"),
    ("Asia/Kuala_Lumpur", "UTC+0800"),
    ("Asia/Manila", "UTC+0800"),
    ("Asia/Tokyo", "UTC+0900"),
    ("Asia/Dili", "UTC+0900"),
    ("Asia/Kolkata", "UTC+0530"),
    ("UTC", "UTC+0000"),
]
NINE = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "word"), ZONES)
def test_a_moment_has_the_name_of_its_zone(zone: str, word: str) -> None:
    local = NINE.astimezone(ZoneInfo(zone))
    assert zone_word(local, zone) == word
    assert Hospital("RSHS", "RSUP", "Kota", ZoneInfo(zone)).zone_at(NINE) == word
    # As a reply has it: with an offset, and this word beside it.
    shown = moments.clock_time_with_zone(local.isoformat(), Texts("en"), word)
    assert shown == f"{local:%H:%M} {word}"


@pytest.mark.parametrize(("zone", "word"), ZONES)
def test_a_refusal_names_the_zone_of_the_hospital(zone: str, word: str) -> None:
    here = Hospital("RSHS", "RSUP", "Kota", ZoneInfo(zone))
    closed = replace(clinic(), hospital=here)
    for refusal in (problems.clinic_closed(closed, NINE), problems.quota_reached(closed, NINE)):
        assert refusal.next_opening is not None
        assert refusal.zone == word
        assert refusal.detail.endswith(f" {word}.")


def test_where_an_earlier_server_names_no_zone_it_is_one_of_indonesia() -> None:
    for hours, word in ((7, "WIB"), (8, "WITA"), (9, "WIT")):
        assert zone_word(NINE.astimezone(ZoneInfo(f"Etc/GMT-{hours}"))) == word
    assert zone_word(NINE) == "UTC+0000"
