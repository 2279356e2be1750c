"""Whatever the hours, the end of the service day, what the staff force, what the catalog changes and when
ticks come: openings and closings take turns, and what was announced last is so."""

import random
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine

from admin_cli.database.catalog_changes import apply_catalog
from common.domain.catalog import Clinic
from common.storage.catalog import CatalogCache
from common.storage.engine import snapshot
from tests.builders import JAKARTA, catalog, clinic_table, desk_request, hospital_table, registration
from tests.store.desks import is_whole, outcome_of
from tests.store.workers import Workers, journal_rows, workers_of

STEPS = 40
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def random_table(dice: random.Random, shift: int) -> dict[str, Any]:
    """A clinic with any hours, whose service day ends `shift` minutes after midnight."""
    hours = {}
    for day in WEEKDAYS:
        if dice.random() < 0.3:
            hours[day] = ["00:00-24:00"]
        else:
            bounds = sorted(dice.sample(range(25), dice.choice([0, 2, 4])))
            pairs = zip(bounds[::2], bounds[1::2], strict=True)
            hours[day] = [
                f"{_clock(opens * 60 + shift)}-{_clock(closes * 60 + shift)}" for opens, closes in pairs
            ]
    return clinic_table(
        "GIG", mode=dice.choice(["clock", "desk"]), hours=hours, day_ends_at=_clock(shift or 1440)
    )


def _clock(minutes: int) -> str:
    shown = minutes if minutes <= 1440 else minutes - 1440
    return f"{shown // 60:02d}:{shown % 60:02d}"


def clinic_now(engine: Engine) -> Clinic:
    """The clinic as the catalog has it."""
    known = CatalogCache()
    with snapshot(engine) as connection:
        known.refresh(connection)
    found = known.clinic("RSHS", "GIG")
    assert found is not None
    return found


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 10])
def test_openings_and_closings_take_turns(engine: Engine, seed: int) -> None:
    dice = random.Random(seed)
    shift = dice.choice([0, 0, 60, 180, 720])
    workers = workers_of(engine, hospital_table("RSHS", random_table(dice, shift)))
    tick_all(workers)
    for _ in range(STEPS):
        step(workers, dice, shift)
        tick_all(workers)
        is_open = clinic_now(engine).is_open(workers.clock.now())
        names = told(engine)
        assert names[-1:] in ([], ["clinic.opened" if is_open else "clinic.closed"])
    assert len(names) > 1
    assert all(one != other for one, other in pairwise(names)), names
    is_whole(workers)


def step(workers: Workers, dice: random.Random, shift: int) -> None:
    """Time passes, patients come, the staff open or close, or the catalog changes."""
    workers.clock.forward(minutes=dice.choice([1, 17, 60, 173, 480]), seconds=dice.randrange(60))
    choice = dice.random()
    until = workers.clock.now() + timedelta(minutes=dice.choice([5, 90, 600, 3000]))
    body: dict[str, Any] = (
        {"until": until.astimezone(JAKARTA).isoformat(timespec="seconds")} if dice.random() < 0.7 else {}
    )
    if choice < 0.2:
        outcome_of(workers, desk_request("open_clinic", **body))
    elif choice < 0.4:
        outcome_of(workers, desk_request("close_clinic", **body))
    elif choice < 0.6:
        workers.registrar.handle([registration(dice.randrange(1, 60))])
    elif choice < 0.65:
        changed = catalog(hospital_table("RSHS", random_table(dice, shift)))
        apply_catalog(workers.engine, changed, workers.clock.now())


def tick_all(workers: Workers) -> None:
    """Ticks until nothing is due."""
    while due := workers.emitter.emit():
        workers.apply(*due)


def told(engine: Engine) -> list[str]:
    """The openings and closings, in the order in which they happened."""
    rows = [row for row in journal_rows(engine) if row["event_name"] in ("clinic.opened", "clinic.closed")]
    rows.sort(key=lambda row: (row["service_date"], row["sequence"]))
    return [row["event_name"] for row in rows]
