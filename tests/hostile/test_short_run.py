"""A short run: what attackers must not learn, and two floods, which honest people get through."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker import RunningBroker
from tests.hostile.plan import ATTACKS, Attack
from tests.hostile.run import Run
from tests.hostile.stage import Stage, staged
from tests.processes import SECONDS_MAX

FLOOD_SECONDS = 1.5
FLOODS = ("3", "8a")


@pytest.fixture(scope="module")
def stage(
    broker: RunningBroker, _migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """The system at work, on SQLite; who deploys plays the integrator."""
    directory = tmp_path_factory.mktemp("hostile")
    database = directory / "antrean.sqlite"
    shutil.copyfile(_migrated_sqlite, database)
    with staged(broker, f"sqlite:///{database}", directory, broker.url("deploy"), SECONDS_MAX) as stage:
        yield stage


@pytest.mark.parametrize("attack", [each for each in ATTACKS if each.secret], ids=lambda each: each.key)
def test_nothing_is_learned(stage: Stage, attack: Attack) -> None:
    found = attack.script(stage.scene, 0.0)
    assert not found.learned, found.said


@pytest.mark.long
@pytest.mark.parametrize(
    "attack", [each for each in ATTACKS if each.key in FLOODS], ids=lambda each: each.key
)
def test_honest_people_are_answered_during_a_flood(stage: Stage, attack: Attack) -> None:
    result = Run(stage, None).attacked(attack, FLOOD_SECONDS)
    assert result.patients.count, "somebody asked meanwhile"
    assert result.desk.count
    assert (result.unanswered, result.recovery_seconds is not None) == (0, True), result.said
