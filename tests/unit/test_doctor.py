"""What the doctor decides from values alone: clocks, policies, permissions; and what it says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from admin_cli.broker.management import effective_policy
from admin_cli.broker.permissions import may
from admin_cli.doctor.clock_checks import compared
from admin_cli.doctor.findings import Status
from admin_cli.program import run
from common.messaging import topology


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (0.0, Status.OK),
        (1.9, Status.OK),
        (2.1, Status.WARNING),
        (-2.1, Status.WARNING),
        (29.0, Status.WARNING),
        (31.0, Status.FAILED),
        (-86_400.0, Status.FAILED),
    ],
)
def test_clocks_that_are_apart(seconds: float, status: Status) -> None:
    here = datetime(2026, 11, 23, 3, tzinfo=UTC)
    theirs = here + timedelta(seconds=seconds)
    assert compared("clocks.database", theirs, theirs, here, here).status is status


def test_a_slow_answer_and_a_clock_of_whole_seconds_are_allowed_for() -> None:
    here = datetime(2026, 11, 23, 3, tzinfo=UTC)
    earlier = here - timedelta(seconds=4)
    assert compared("clocks.broker", earlier, earlier, earlier, here).status is Status.OK
    cut_off = here - timedelta(seconds=3)
    finding = compared("clocks.broker", cut_off, cut_off + timedelta(seconds=1), here, here)
    assert finding.status is Status.OK


def test_the_policy_in_force_is_the_one_with_the_highest_priority_and_the_operators_lower_limit() -> None:
    def policy(pattern: str, priority: int, kinds: str = "queues", **definition: object) -> dict[str, object]:
        definition = {key.replace("_", "-"): value for key, value in definition.items()}
        return {"pattern": pattern, "priority": priority, "apply-to": kinds, "definition": definition}

    ours = [
        policy("^antrean", 0, max_length=1, delivery_limit=3),
        policy("registrar", 1, max_length=2, overflow="reject-publish"),
        policy("registrar", 9, "classic_queues", max_length=3),
        policy("registrar", 9, "exchanges", max_length=4),
        policy("^registrar", 9, max_length=5),
    ]
    operators = [policy(".*", 0, max_length=1, expires=7)]
    assert effective_policy("antrean.registrar", "quorum", ours, []) == {
        "max-length": 2,
        "overflow": "reject-publish",
    }
    assert effective_policy("antrean.registrar", "quorum", ours, operators) == {
        "max-length": 1,
        "overflow": "reject-publish",
        "expires": 7,
    }
    assert effective_policy("other", "stream", [], []) == {}


@pytest.mark.parametrize("queue_type", ["classic", "quorum", "stream"])
def test_a_policy_with_a_key_that_a_type_does_not_take_does_not_apply_to_it(queue_type: str) -> None:
    ours = topology.definitions({})["policies"]
    wanted = topology.integrators_policies()[queue_type]
    for policies in (ours, list(reversed(ours))):
        assert effective_policy("antrean.sub.papan", queue_type, policies, []) == wanted
    queues = {name: kind for name, kind in topology.queue_types().items() if kind == queue_type}
    for name in queues:
        assert effective_policy(name, queue_type, ours, []) == topology.policies()[name]


def test_what_an_expression_permits_is_searched_as_rabbitmq_does() -> None:
    assert may({"write": "antrean.desk"}, "write", "not-antrean.desk-at-all")
    assert not may({"write": "^$"}, "write", "antrean.desk")


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize(
    ("language", "ours", "other"),
    [("id", "Broker belum diketahui", "No broker"), ("en", "No broker is known", "belum diketahui")],
)
def test_without_a_stack_the_doctor_keeps_to_one_language(
    language: str,
    ours: str,
    other: str,
    form: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "stack"))
    assert run(["doctor", "--lang", language, *form]) == 1
    said = capsys.readouterr().out
    assert ours in said
    assert other not in said
