"""The plan of a chaos run follows from its seed, holds what it has to, and fits."""

from itertools import combinations

import pytest

from tests.chaos.database import EngineKind
from tests.chaos.faults.injector import INJECTABLE
from tests.chaos.plan import FULL_SECONDS, WORKERS, Fault, Plan, kinds, make_plan

ENGINE_KINDS: tuple[EngineKind, ...] = ("sqlite", "postgresql")
SEEDS = range(8)


@pytest.fixture(params=ENGINE_KINDS)
def engine_kind(request: pytest.FixtureRequest) -> EngineKind:
    """Each kind of database."""
    kind: EngineKind = request.param
    return kind


def plans(duration_seconds: float, engine_kind: EngineKind) -> list[Plan]:
    """The plans of many seeds."""
    return [make_plan(seed, duration_seconds, engine_kind) for seed in SEEDS]


@pytest.mark.parametrize("duration_seconds", [25, 60, FULL_SECONDS])
def test_a_seed_gives_the_same_plan_and_another_seed_another(
    duration_seconds: float, engine_kind: EngineKind
) -> None:
    assert plans(duration_seconds, engine_kind) == plans(duration_seconds, engine_kind)
    assert len({plan.faults for plan in plans(duration_seconds, engine_kind)}) == len(SEEDS)


@pytest.mark.parametrize("rounds", [1, 2])
def test_every_kind_occurs_in_a_full_plan_and_in_a_longer_one_again(
    rounds: int, engine_kind: EngineKind
) -> None:
    wanted = sorted([kind.name for kind in kinds(engine_kind)] * rounds)
    for plan in plans(FULL_SECONDS * rounds, engine_kind):
        assert sorted(fault.kind for fault in plan.faults) == wanted


@pytest.mark.parametrize("duration_seconds", [10, 20, 25, 30, 60, 120, FULL_SECONDS])
def test_a_plan_fits_in_its_duration(duration_seconds: float, engine_kind: EngineKind) -> None:
    for plan in plans(duration_seconds, engine_kind):
        assert all(fault.starts_after > 0 for fault in plan.faults)
        assert all(fault.starts_after + fault.seconds < duration_seconds for fault in plan.faults)
        starts = [fault.starts_after for fault in plan.faults]
        assert starts == sorted(starts)
        assert len({fault.id for fault in plan.faults}) == len(plan.faults)


def test_a_short_plan_has_most_families_and_a_minute_has_all_but_the_longest(
    engine_kind: EngineKind,
) -> None:
    all_families = {kind.family for kind in kinds(engine_kind)}
    for plan in plans(25, engine_kind):
        assert len({fault.family for fault in plan.faults}) >= len(all_families) - 2
    for plan in plans(60, engine_kind):
        assert {fault.family for fault in plan.faults} == all_families


def test_faults_that_would_hide_each_other_do_not_overlap(engine_kind: EngineKind) -> None:
    lanes = {kind.name: set(kind.lanes) for kind in kinds(engine_kind)}
    for plan in plans(FULL_SECONDS, engine_kind):
        for first, second in combinations(plan.faults, 2):
            if _overlap(first, second):
                assert not lanes[first.kind] & lanes[second.kind] - {"any role"}, (first, second)
                assert first.target is None or first.target != second.target, (first, second)


def test_kinds_do_overlap(engine_kind: EngineKind) -> None:
    for plan in plans(FULL_SECONDS, engine_kind):
        assert sum(_overlap(*pair) for pair in combinations(plan.faults, 2)) > 10


def test_every_fault_of_a_worker_has_a_target_of_its_role(engine_kind: EngineKind) -> None:
    for plan in plans(FULL_SECONDS, engine_kind):
        for fault in plan.faults:
            role = fault.kind.partition(":")[2]
            if role in WORKERS:
                assert fault.target in WORKERS[role]
            elif role.startswith("worker_"):
                assert fault.target in sum(WORKERS.values(), ())


def test_every_kind_can_be_injected(engine_kind: EngineKind) -> None:
    assert {kind.name.partition(":")[0] for kind in kinds(engine_kind)} <= INJECTABLE


def test_poison_takes_long_and_begins_early(engine_kind: EngineKind) -> None:
    for plan in plans(FULL_SECONDS, engine_kind):
        (poison,) = (fault for fault in plan.faults if fault.kind == "poison")
        assert poison.starts_after < FULL_SECONDS / 4
    assert not any(fault.kind == "poison" for plan in plans(60, engine_kind) for fault in plan.faults)


def _overlap(first: Fault, second: Fault) -> bool:
    return (
        first.starts_after < second.starts_after + second.seconds
        and second.starts_after < first.starts_after + first.seconds
    )
