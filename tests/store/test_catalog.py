"""Applying a catalog file: what it changes, what it refuses, and what the ticker is to look at."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from admin_cli.catalog_file import Catalog
from admin_cli.database.catalog_changes import BusyClinicsError, apply_catalog
from admin_cli.database.catalog_plan import BusyClinic, CatalogChanges, FieldChange
from common.domain.opening_hours import (
    DAY_ENDS_LATEST,
    MINUTES_PER_DAY,
    OpeningHours,
    parse_day_end,
)
from common.errors import CatalogError
from common.storage.catalog import is_empty, take_version
from common.storage.engine import snapshot, transaction
from common.storage.tables import catalog_version, clinic_days, clinics, tickets
from tests.store.catalogs import (
    LATER,
    NOW,
    TODAY,
    WIT,
    add_ticket,
    apply,
    catalog,
    clinic,
    hospital,
    known,
    refreshed,
)


def kinds(changes: CatalogChanges) -> list[tuple[str, str, str | None]]:
    return [(change.kind.value, change.hospital, change.clinic) for change in changes.changes]


def version(engine: Engine) -> int:
    with snapshot(engine) as connection:
        found: int = connection.execute(select(catalog_version.c.version)).scalar_one()
        return found


def day_of(engine: Engine, code: str = "GIG", of: str = "RSHS") -> Any:
    with snapshot(engine) as connection:
        return connection.execute(
            select(clinic_days).where(clinic_days.c.hospital == of, clinic_days.c.clinic == code)
        ).one_or_none()


# --- applying -------------------------------------------------------------------------------------------


def test_a_first_catalog_is_what_every_process_then_knows(engine: Engine) -> None:
    with snapshot(engine) as connection:
        assert is_empty(connection)
    changes = apply(
        engine,
        hospital(
            "RSWS", clinic("INT"), clinic("ANA", mode="desk"), time_zone="Asia/Makassar", city="Makassar"
        ),
        hospital("RSHS", clinic(mean_service_minutes=7.5, service_spread_minutes=1)),
    )
    assert kinds(changes) == [
        ("added", "RSHS", None),
        ("added", "RSHS", "GIG"),
        ("added", "RSWS", None),
        ("added", "RSWS", "ANA"),
        ("added", "RSWS", "INT"),
    ]
    cache = refreshed(engine)
    assert [found.code for found in cache.hospitals()] == ["RSHS", "RSWS"]
    assert [found.code for found in cache.clinics_of("RSWS")] == ["ANA", "INT"]
    gig = known(engine)
    assert gig.hospital == cache.hospital("RSHS")
    assert (gig.mean_service, gig.service_spread) == (timedelta(seconds=450), timedelta(seconds=60))
    assert gig.opening_hours.format() == {"mon": ["08:00-12:00"]}
    assert gig.is_open(NOW)
    assert cache.clinic("RSHS", "XXX") is None
    assert cache.hospital("XXX") is None
    assert cache.clinics_of("XXX") == []
    with snapshot(engine) as connection:
        assert not is_empty(connection)


def test_the_same_catalog_again_changes_nothing(engine: Engine, sample_catalog: Catalog) -> None:
    first = apply_catalog(engine, sample_catalog, NOW)
    applied = version(engine)
    again = apply_catalog(engine, sample_catalog, LATER)
    assert again == CatalogChanges((), sum(change.clinic is not None for change in first.changes))
    assert version(engine) == applied
    assert known(engine).serving_since == NOW


def test_what_changed_is_told_and_taken_over(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic(), clinic("INT"), clinic("ANA")))
    changes = apply(
        engine,
        hospital("RSHS", clinic(rooms=3, name="Poli Gigi"), clinic("INT"), clinic("ANA"), city="Cimahi"),
        now=LATER,
    )
    assert kinds(changes) == [("changed", "RSHS", None), ("changed", "RSHS", "GIG")]
    assert changes.changes[0].fields == (FieldChange("city", "Bandung", "Cimahi"),)
    assert changes.changes[1].fields == (
        FieldChange("name", "Poli GIG", "Poli Gigi"),
        FieldChange("rooms", 2, 3),
    )
    assert changes.unchanged == 2
    assert (known(engine).rooms, known(engine, "INT").hospital.city) == (3, "Cimahi")


def test_names_of_rooms_are_taken_over_and_taken_away(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic(room_names=["", "Loket A"]), clinic("INT")))
    cache = refreshed(engine)
    named, unnamed = cache.clinic("RSHS", "GIG"), cache.clinic("RSHS", "INT")
    assert named is not None
    assert unnamed is not None
    assert [named.room_name(room) for room in (1, 2, 3)] == [None, "Loket A", None]
    assert unnamed.room_name(1) is None
    again = apply(engine, hospital("RSHS", clinic(room_names=["", "Loket A"]), clinic("INT")))
    assert again.changes == ()
    changes = apply(engine, hospital("RSHS", clinic(), clinic("INT")), now=LATER)
    assert changes.changes[0].fields == (FieldChange("room_names", ["", "Loket A"], None),)
    now_unnamed = refreshed(engine, cache).clinic("RSHS", "GIG")
    assert now_unnamed is not None
    assert now_unnamed.room_name(2) is None


def test_a_dry_run_tells_the_same_and_changes_nothing(engine: Engine) -> None:
    foreseen = apply(engine, hospital("RSHS", clinic()), dry_run=True)
    assert version(engine) == 0
    assert [*refreshed(engine).hospitals()] == []
    assert apply(engine, hospital("RSHS", clinic())) == foreseen


@pytest.mark.parametrize(
    ("changed", "starts_again"),
    [
        ({"rooms": 3}, True),
        ({"mode": "desk"}, True),
        ({"mean_service_minutes": 12}, True),
        ({"service_spread_minutes": 1}, True),
        ({"daily_quota": 61}, False),
        ({"name": "Poli Gigi"}, False),
        ({"room_names": ["Ruang Gigi"]}, False),
        ({"hours": {"tue": ["08:00-12:00"]}}, False),
    ],
)
def test_a_new_arrangement_counts_from_now(
    engine: Engine, changed: dict[str, Any], starts_again: bool
) -> None:
    apply(engine, hospital("RSHS", clinic()))
    apply(engine, hospital("RSHS", clinic(**changed)), now=LATER)
    assert known(engine).serving_since == (LATER if starts_again else NOW)


def test_a_clinic_that_its_staff_closed_stays_closed(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic()))
    with transaction(engine) as connection:
        connection.execute(update(clinics).values(state="closed", version=take_version(connection)))
    apply(engine, hospital("RSHS", clinic(rooms=3)))
    assert not known(engine).is_open(NOW)


def test_several_apply_at_once_and_one_does_the_work(
    engine: Engine, open_another: Callable[[], Engine]
) -> None:
    wanted = catalog(hospital("RSHS", clinic(), clinic("INT")))
    engines = [open_another() for _ in range(4)]
    with ThreadPoolExecutor(len(engines)) as threads:
        done = list(threads.map(lambda each: apply_catalog(each, wanted, NOW), engines))
    assert sorted(len(changes.changes) for changes in done) == [0, 0, 0, 3]
    assert version(engine) == 1


# --- what the file leaves out ---------------------------------------------------------------------------


def test_a_clinic_left_out_is_retired_and_keeps_its_past(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic(), clinic("INT")))
    changes = apply(engine, hospital("RSHS", clinic("INT")))
    assert kinds(changes) == [("retired", "RSHS", "GIG")]
    cache = refreshed(engine)
    assert [found.code for found in cache.clinics_of("RSHS")] == ["INT"]
    assert known(engine).retired
    assert not known(engine).is_open(NOW)
    assert apply(engine, hospital("RSHS", clinic("INT"))).changes == ()


def test_a_hospital_left_out_has_no_clinics(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic(), clinic("INT")), hospital("RSCM", clinic()))
    changes = apply(engine, hospital("RSCM", clinic()))
    assert kinds(changes) == [("retired", "RSHS", "GIG"), ("retired", "RSHS", "INT")]
    cache = refreshed(engine)
    assert [found.code for found in cache.hospitals()] == ["RSCM"]
    assert cache.hospital("RSHS") is None


def test_a_retired_clinic_that_is_in_the_file_again_works_again(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic(), clinic("INT")))
    apply(engine, hospital("RSHS", clinic("INT")))
    changes = apply(engine, hospital("RSHS", clinic(), clinic("INT")), now=LATER)
    assert kinds(changes) == [("restored", "RSHS", "GIG")]
    assert known(engine).is_open(LATER)
    # What it would have announced while it was retired is not announced now.
    assert day_of(engine).announced_until == LATER


@pytest.mark.parametrize("status", ["waiting", "called", "in_service"])
def test_a_clinic_with_patients_is_not_dropped(engine: Engine, status: str) -> None:
    apply(engine, hospital("RSHS", clinic(), clinic("INT"), clinic("ANA")))
    add_ticket(engine, 1, status)
    add_ticket(engine, 2)
    applied = version(engine)
    with pytest.raises(BusyClinicsError) as raised:
        apply(engine, hospital("RSHS", clinic("INT", rooms=9)))
    assert raised.value.changes.busy == (BusyClinic("RSHS", "GIG", "Poli GIG", 2),)
    # Refused as a whole.
    assert version(engine) == applied
    assert not known(engine).retired
    assert not known(engine, "ANA").retired
    assert known(engine, "INT").rooms == 2


def test_who_insists_retires_a_clinic_with_patients_whose_queue_then_goes_on(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic(), clinic("INT")))
    add_ticket(engine, 1)
    changes = apply(engine, hospital("RSHS", clinic("INT")), now=LATER, retire_busy=True)
    assert [busy.patients for busy in changes.busy] == [1]
    assert not known(engine).is_open(LATER)
    assert day_of(engine).next_change_at == LATER
    with snapshot(engine) as connection:
        assert connection.scalars(select(tickets.c.status)).all() == ["waiting"]


@pytest.mark.parametrize("status", ["served", "cancelled", "no_show", "expired"])
def test_tickets_that_are_done_hold_nothing_up(engine: Engine, status: str) -> None:
    apply(engine, hospital("RSHS", clinic(), clinic("INT")))
    add_ticket(engine, 1, status)
    assert kinds(apply(engine, hospital("RSHS", clinic("INT")))) == [("retired", "RSHS", "GIG")]


def test_the_hospitals_time_zone_says_which_tickets_are_of_today(engine: Engine) -> None:
    late = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)  # 23:00 in Jakarta, 01:00 of the next day in Jayapura
    both = [
        hospital("RSHS", clinic(), clinic("INT")),
        hospital("RSJL", clinic(), clinic("INT"), time_zone=WIT),
    ]
    apply(engine, *both)
    add_ticket(engine, 1, clinic=("RSHS", "GIG"))
    add_ticket(engine, 2, clinic=("RSJL", "GIG"))
    without = [hospital("RSHS", clinic("INT")), hospital("RSJL", clinic("INT"), time_zone=WIT)]
    with pytest.raises(BusyClinicsError) as raised:
        apply(engine, *without, now=late)
    assert [busy.hospital for busy in raised.value.changes.busy] == ["RSHS"]


# --- the service day ------------------------------------------------------------------------------------


def test_a_new_clinic_has_its_service_day_in_its_own_time_zone(engine: Engine) -> None:
    late = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    apply(engine, hospital("RSHS", clinic()), hospital("RSJL", clinic(), time_zone=WIT), now=late)
    for day, service_date in (
        (day_of(engine), TODAY),
        (day_of(engine, of="RSJL"), TODAY + timedelta(days=1)),
    ):
        assert day.service_date == service_date
        assert (day.last_number, day.last_sequence, day.waiting, day.cancelled, day.now_serving) == (
            0,
            0,
            0,
            0,
            None,
        )
        # Nothing is announced for the time before, and the ticker looks at it at once.
        assert (day.announced_until, day.next_change_at) == (late, late)


@pytest.mark.parametrize(
    ("changed", "due"),
    [
        ({"rooms": 3}, True),
        ({"mode": "desk"}, True),
        ({"mean_service_minutes": 12}, True),
        ({"hours": {"mon": ["09:00-12:00"]}}, True),
        ({"name": "Poli Gigi"}, False),
        ({"daily_quota": 5}, False),
    ],
)
def test_the_ticker_looks_at_once_at_a_queue_that_moves_otherwise(
    engine: Engine, changed: dict[str, Any], due: bool
) -> None:
    apply(engine, hospital("RSHS", clinic()))
    in_an_hour = NOW + timedelta(hours=1)
    with transaction(engine) as connection:
        connection.execute(
            update(clinic_days).values(last_number=7, waiting=3, now_serving=4, next_change_at=in_an_hour)
        )
    apply(engine, hospital("RSHS", clinic(**changed)), now=LATER)
    day = day_of(engine)
    assert day.next_change_at == (LATER if due else in_an_hour)
    assert (day.last_number, day.waiting, day.now_serving, day.announced_until) == (7, 3, 4, NOW)


def test_a_service_day_that_nobody_began_yet_begins_at_midnight(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic()))
    with transaction(engine) as connection:
        connection.execute(clinic_days.delete())
    apply(engine, hospital("RSHS", clinic(rooms=3)), now=LATER)
    # So that the opening at 08:00, which is past, still gets its event.
    assert day_of(engine).announced_until == datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    assert day_of(engine).next_change_at == LATER


def test_another_time_zone_concerns_all_clinics_of_the_hospital(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic(), clinic("INT")))
    apply(engine, hospital("RSHS", clinic(), clinic("INT"), time_zone=WIT), now=LATER)
    assert day_of(engine).next_change_at == day_of(engine, "INT").next_change_at == LATER
    assert known(engine).hospital.time_zone.key == WIT


# --- the end of service days ----------------------------------------------------------------------------


def test_a_clinic_keeps_when_its_service_days_end(engine: Engine) -> None:
    late = clinic(hours={"mon": ["20:00-02:00"]}, day_ends_at="03:00")
    apply(engine, hospital("RSHS", clinic("GIG"), late | {"code": "UGD"}))
    assert known(engine).opening_hours.day_ends == MINUTES_PER_DAY
    assert known(engine, "UGD").opening_hours == OpeningHours.parse(
        {"mon": ["20:00-02:00"]}, parse_day_end("03:00")
    )
    [change] = apply(engine, hospital("RSHS", late, late | {"code": "UGD"})).changes
    assert {field.name: (field.old, field.new) for field in change.fields} == {
        "opening_hours": ({"mon": ["08:00-12:00"]}, {"mon": ["20:00-02:00"]}),
        "day_ends_at": ("24:00", "03:00"),
    }


def test_those_in_the_queue_are_not_moved_to_another_day(engine: Engine) -> None:
    """At 10:00 in Jakarta; a day that ended at noon only would be that of Sunday."""
    apply(engine, hospital("RSHS", clinic()))
    add_ticket(engine, 1)
    at_noon = hospital("RSHS", clinic(day_ends_at="12:00", hours={"mon": ["13:00-15:00"]}))
    with pytest.raises(CatalogError, match=r"GIG: this moment would belong to another service day.* 1;"):
        apply(engine, at_noon)
    assert known(engine).opening_hours.day_ends == MINUTES_PER_DAY
    apply(engine, at_noon, now=NOW + timedelta(hours=3))  # when it is Monday by both
    assert known(engine).opening_hours.day_ends == DAY_ENDS_LATEST


def test_a_day_can_end_otherwise_while_nobody_is_in_the_queue(engine: Engine) -> None:
    apply(engine, hospital("RSHS", clinic()))
    add_ticket(engine, 1, "served")
    apply(engine, hospital("RSHS", clinic(day_ends_at="12:00", hours={"mon": ["13:00-15:00"]})))
    assert known(engine).service_date(NOW) == TODAY - timedelta(days=1)
