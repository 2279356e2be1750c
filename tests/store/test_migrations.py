"""Migrations of databases that are in use: what is in them stays, in both directions."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, func, select, text

from admin_cli.database.schema import migrate
from common.storage.engine import snapshot, transaction
from common.storage.schema import HEAD
from common.storage.tables import metadata, refusals
from tests.builders import MONDAY, cancellation, clinic_table, hospital_table, patient, registration
from tests.database import new_database, opened
from tests.staff import let_serve
from tests.store.desks import TWO_CLINICS, calls, does, is_whole, sees
from tests.store.revisions import move
from tests.store.test_schema import shape
from tests.store.workers import Workers, day_rows, ticket_rows, workers_of

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

NEW_IN: Mapping[str, Mapping[str, set[str]]] = {
    "0002": {
        "clinics": {"forced_until", "forced_reason", "priority_age", "priority_ratio"},
        "clinic_days": {"waiting_priority", "priority_streak", "last_arrival_at"},
        "journal": {"operator"},
        "tickets": {"lane", "priority_reason", "arrived_at", "transferred_to"},
    },
    "0003": {"clinics": {"day_ends_at"}, "clinic_days": {"announced_state", "ending"}},
    "0004": {
        "hospitals": {"identity", "registrations_max", "mismatches_max"},
        "tickets": {"date_of_birth_confirmed"},
    },
    "0005": {
        "clinics": {"room_names"},
        "tickets": {"recalled_at", "cancelled_by", "cancel_reason"},
        "journal": {"undo"},
    },
    "0006": {
        "hospitals": {"record_number_format"},
        "clinics": {"skip_places", "lanes", "returns_to"},
        "clinic_days": {
            *("parked", "waiting_emergency", "waiting_urgent"),
            *("emergency_streak", "urgent_streak"),
        },
        "tickets": {
            *("birth_order", "place_at", "place_number"),
            *("visit", "station", "sent_from", "return_to", "is_return"),
        },
    },
    "0007": {"clinics": {"absences"}, "clinic_days": {"purged_at"}, "tickets": {"told"}},
}
"""The columns that a revision adds, and its downgrade drops."""


NEW_TABLES_IN = {
    "0002": {"service_times"},
    "0004": {"mismatches", "registries", "registered_patients"},
    "0005": {"staff", "access_log"},
    "0007": {"accuracy"},
}


def rows_of(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """All that is in a database of any revision, by table."""
    found = MetaData()
    found.reflect(engine)
    with snapshot(engine) as connection:
        rows = {
            name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for name, table in found.tables.items()
            if name != "alembic_version"
        }
    return {name: sorted(of_table, key=str) for name, of_table in rows.items()}


def without_newer(rows: Rows, than: str) -> dict[str, list[dict[str, Any]]]:
    """The rows without what the revisions after this one add."""
    revisions = [each for each in NEW_IN if each > than]
    dropped: dict[str, set[str]] = {}
    new_tables = set().union(*(NEW_TABLES_IN.get(each, ()) for each in revisions))
    for each in revisions:
        for table, names in NEW_IN[each].items():
            dropped[table] = dropped.get(table, set()) | names
    return {
        table: sorted(
            (
                {
                    name: date.fromisoformat(value) if name == "date_of_birth" and than < "0006" else value
                    for name, value in _older(row).items()
                    if name not in dropped.get(table, ())
                }
                for row in of_table
            ),
            key=str,
        )
        for table, of_table in rows.items()
        if table not in new_tables
    }


def _older(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with what older revisions said in another way: one ratio, one streak, one sum of priority."""
    older = dict(row)
    if lanes := row.get("lanes"):
        older["priority_ratio"] = next(each["ratio"] for each in lanes if each["lane"] == "priority")
    before = (row.get("undo") or {}).get("before")
    if before and isinstance(before[2], list):
        older["undo"] = {**row["undo"], "before": [*before[:2], before[2][-1], *before[3:]]}
    if sums := row.get("sums"):
        older["sums"] = {name: each[:6] if isinstance(each, list) else each for name, each in sums.items()}
    return older


def fill(engine: Engine, rows: Rows) -> None:
    """Writes rows into the tables of an older revision."""
    known = MetaData()
    known.reflect(engine)
    with transaction(engine) as connection:
        connection.execute(known.tables["catalog_version"].delete())
        for table in (each.name for each in metadata.sorted_tables if each.name in known.tables):
            if of_table := rows.get(table):
                connection.execute(known.tables[table].insert(), of_table)


def a_day_by_the_clock(engine: Engine) -> Workers:
    """Two clinics in whose queues tickets are in every state that revision 0001 knows."""
    clinics = [clinic_table(code, rooms=2) for code in ("GIG", "MAT")]
    workers = workers_of(engine, hospital_table("RSHS", *clinics))
    tickets = workers.register_many(9) + workers.register_many(3, "MAT")
    workers.tick()
    workers.clock.forward(minutes=15)
    workers.tick()
    workers.cancel(tickets[8])
    workers.refusal(cancellation("7K3F-9QXM-2T5R"))
    return workers


def a_day_by_the_desk(engine: Engine) -> Workers:
    """Two clinics whose staff have done all that there is to do at revision 0002."""
    workers = workers_of(engine, TWO_CLINICS)
    let_serve(engine)
    for who in range(1, 10):
        workers.register(who)
        workers.clock.forward(seconds=20)
    assert [calls(workers, 1), calls(workers, 2)] == [1, 2]
    workers.clock.forward(minutes=8)
    does(workers, "mark_no_show", number=2)
    calls(workers, 1)
    does(workers, "start", number=3)
    does(workers, "set_priority", number=6, reason="disability")
    does(workers, "transfer", number=5, to_clinic="MAT")
    does(workers, "open_clinic", until="2026-11-23T18:00:00+07:00", reason="Banyak pasien")
    workers.cancel(workers.register(20))
    return workers


@pytest.fixture(params=["0001", "0002", "0003"])
def old_revision(request: pytest.FixtureRequest) -> str:
    """A revision that databases in use have."""
    revision: str = request.param
    return revision


def test_a_database_in_use_is_upgraded_with_all_that_is_in_it(
    empty_engine: Engine, tmp_path: Path, old_revision: str
) -> None:
    by_revision = {"0001": a_day_by_the_clock, "0002": a_day_by_the_desk, "0003": a_day_by_the_desk}
    with opened(f"sqlite:///{tmp_path / 'source.sqlite'}") as source:
        migrate(source)
        clock = by_revision[old_revision](source).clock
        wanted = without_newer(rows_of(source), than=old_revision)
    move(empty_engine, old_revision)
    fill(empty_engine, wanted)
    before = rows_of(empty_engine)

    assert migrate(empty_engine) == (old_revision, HEAD)

    after = rows_of(empty_engine)
    assert without_newer(after, than=old_revision) == before
    if old_revision < "0002":
        assert all(row["arrived_at"] == row["waiting_since"] for row in after["tickets"])
    assert {row["day_ends_at"] for row in after["clinics"]} == {"24:00"}
    # And the system goes on with it: numbers, openings and the end of the day.
    workers = Workers.on(empty_engine, clock)
    is_whole(workers)
    given_out = max(row["number"] for row in ticket_rows(empty_engine) if row["clinic"] == "GIG")
    assert workers.register(77).number == given_out + 1
    workers.clock.set("23:30")
    names = [event.name for event in workers.tick() if event.name.startswith("clinic.")]
    assert names[:1] == ["clinic.closed"]
    workers.clock.set("00:00:05", MONDAY + timedelta(days=1))
    workers.tick()
    assert {row["ending"] for row in day_rows(empty_engine) if row["service_date"] == MONDAY} == {"expiry"}
    is_whole(workers)


def test_a_database_in_use_forgets_refusals_that_hold_ticket_codes(empty_engine: Engine) -> None:
    migrate(empty_engine)
    now = a_day_by_the_clock(empty_engine).clock.now()
    move(empty_engine, "0003")
    with transaction(empty_engine) as connection:
        for code in ("already_registered", "clinic_closed"):
            refused = {"request_id": code, "digest": b"", "code": code, "problem": b"{}", "refused_at": now}
            connection.execute(refusals.insert(), refused)
    migrate(empty_engine)
    assert [row["code"] for row in rows_of(empty_engine)["refusals"]] == ["clinic_closed"]


def test_who_has_priority_by_age_has_it_after_the_upgrade(empty_engine: Engine) -> None:
    """A transfer looks at the age again where the date of birth is confirmed, and only there."""
    migrate(empty_engine)
    a_day_by_the_desk(empty_engine)
    move(empty_engine, "0003")
    with transaction(empty_engine) as connection:
        connection.execute(text("UPDATE tickets SET priority_reason = 'age' WHERE number = 8"))
    migrate(empty_engine)
    confirmed = [row["number"] for row in ticket_rows(empty_engine) if row["date_of_birth_confirmed"]]
    assert confirmed == [8]


def test_a_database_in_use_goes_back_to_0002_and_forward_again(empty_engine: Engine, tmp_path: Path) -> None:
    migrate(empty_engine)
    workers = a_day_by_the_desk(empty_engine)
    before = rows_of(empty_engine)
    move(empty_engine, "0002")
    assert rows_of(empty_engine) == without_newer(before, than="0002")
    assert shape(empty_engine) == _shape_at("0002", empty_engine, tmp_path)
    migrate(empty_engine)
    after = rows_of(empty_engine)
    assert without_newer(after, than="0002") == without_newer(before, than="0002")
    workers.clock.forward(minutes=1)
    calls(workers, 1)
    is_whole(workers)


def test_newborns_and_partial_dates_become_others_going_back(empty_engine: Engine) -> None:
    """A ticket of its own each, and a day of each date of birth."""
    migrate(empty_engine)
    workers = workers_of(empty_engine, TWO_CLINICS)
    mother = {**patient(1), "date_of_birth": "1990"}
    born = ["1990", "2026-11", "2026-11-20"]
    for order, when in enumerate(born):
        newborn: dict[str, Any] = {"newborn": order} if order else {}
        workers.ticket(registration({**mother, "date_of_birth": when, **newborn}))
    move(empty_engine, "0005")
    found = sorted(rows_of(empty_engine)["tickets"], key=lambda row: row["number"])
    assert [str(row["date_of_birth"]) for row in found] == ["1990-01-01", "2026-11-01", "2026-11-20"]
    assert [row["medical_record_number"] for row in found] == ["00000001", "00000001N1", "00000001N2"]
    migrate(empty_engine)
    is_whole(workers)


def test_lanes_become_two_going_back_and_what_was_called_can_still_be_taken_back(
    empty_engine: Engine,
) -> None:
    migrate(empty_engine)
    lanes = [{"lane": "emergency", "ratio": 10}, {"lane": "priority", "ratio": 3}]
    workers = workers_of(
        empty_engine, hospital_table("RSHS", clinic_table(mode="desk", rooms=3, lanes=lanes))
    )
    let_serve(empty_engine)
    for who in (1, 2, 3, 4, 5):
        workers.register(who)
    for number, reason in ((2, "disability"), (4, "emergency"), (5, "emergency")):
        does(workers, "set_priority", number=number, reason=reason)
    assert [calls(workers, 1), calls(workers, 2)] == [4, 5]
    does(workers, "set_priority", number=3, reason="emergency")
    move(empty_engine, "0005")
    older = rows_of(empty_engine)
    assert [row["priority_ratio"] for row in older["clinics"]] == [3]
    assert [(row["waiting_priority"], row["priority_streak"]) for row in older["clinic_days"]] == [(2, 0)]
    by_lane = sorted((row["number"], row["lane"], row["priority_reason"]) for row in older["tickets"])
    assert by_lane[1:3] == [(2, "priority", "disability"), (3, "priority", None)]
    migrate(empty_engine)
    is_whole(workers)
    [day] = day_rows(empty_engine)
    assert (day["waiting_priority"], day["waiting_emergency"]) == (2, 0)
    does(workers, "undo", number=5)
    assert sees(workers).waiting[0].number == 2
    is_whole(workers)


def test_a_database_in_use_goes_back_to_0001(empty_engine: Engine, tmp_path: Path) -> None:
    """Where there are no transfers, whose tickets are cancelled ones there, and no end of a forced state."""
    migrate(empty_engine)
    a_day_by_the_desk(empty_engine)
    wanted = without_newer(rows_of(empty_engine), than="0001")
    for row in wanted["tickets"]:
        if row["status"] == "transferred":
            row["status"] = "cancelled"
    move(empty_engine, "0001")
    found = rows_of(empty_engine)
    wanted["tickets"].sort(key=str)
    assert found["tickets"] == wanted["tickets"]
    assert found["hospitals"] == wanted["hospitals"]
    assert {row["state"] for row in found["clinics"]} == {"schedule"}
    assert shape(empty_engine) == _shape_at("0001", empty_engine, tmp_path)
    with snapshot(empty_engine) as connection:
        counted = connection.execute(text("SELECT sum(cancelled) FROM clinic_days")).scalar_one()
        is_cancelled = text("SELECT count(*) FROM tickets WHERE status = 'cancelled'")
        assert counted == connection.execute(is_cancelled).scalar_one()


def test_an_empty_database_goes_back_to_nothing(empty_engine: Engine) -> None:
    migrate(empty_engine)
    move(empty_engine, "base")
    assert shape(empty_engine) == {}
    assert migrate(empty_engine) == (None, HEAD)
    with snapshot(empty_engine) as connection:
        version = metadata.tables["catalog_version"]
        assert connection.scalar(select(func.count()).select_from(version)) == 1


def _shape_at(revision: str, like: Engine, tmp_path: Path) -> dict[str, Any]:
    """The tables of a revision that was never left."""
    if like.dialect.name == "sqlite":
        with opened(f"sqlite:///{tmp_path / f'{revision}.sqlite'}") as other:
            move(other, revision)
            return shape(other)
    with opened(new_database(like.url.render_as_string(hide_password=False))) as other:
        move(other, revision)
        return shape(other)
