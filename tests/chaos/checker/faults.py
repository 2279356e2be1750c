"""The faults: each one fired, and afterwards the queues drained and only poison was set aside."""

from collections import defaultdict

from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.report import Invariant, Report

DRAINED_SECONDS_MAX = 30
"""How long queues take to drain on a machine of its own."""


def check_faults(evidence: Evidence, report: Report) -> None:
    """FAULTS, DRAINED and DEAD_LETTERS."""
    phases: dict[str, set[str]] = defaultdict(set)
    for line in evidence.faults:
        if line["phase"] == "late":
            report.late.append(f"fault {line['id']} ({line['kind']}): {line['detail']}")
        else:
            phases[line["id"]].add(line["phase"])
    for fault in evidence.plan:
        report.checked[Invariant.FAULTS] += 1
        seen = sorted(phases[fault["id"]])
        fired = "fired" in seen and "failed" not in seen
        report.facts[f"fault {fault['kind']} {'fired' if fired else 'NOT FIRED'}"] += 1
        name = f"fault {fault['id']} ({fault['kind']})"
        what = f"{name} did not fire; it was {', '.join(seen) or 'never injected'}"
        report.expect(Invariant.FAULTS, "fired" in seen, what)
        report.expect(Invariant.FAULTS, "failed" not in seen, f"{name} failed")
    unplanned = sorted(phases.keys() - {fault["id"] for fault in evidence.plan})
    report.expect(Invariant.FAULTS, not unplanned, f"faults {unplanned} are not in the plan")
    _drained(evidence, report)
    _dead_letters(evidence, report)


def _drained(evidence: Evidence, report: Report) -> None:
    healed_at, drained_at = evidence.run.get("healed_at"), evidence.run.get("drained_at")
    if healed_at is not None:
        report.checked[Invariant.DRAINED] += 1
    taken = None if healed_at is None or drained_at is None else drained_at - healed_at
    report.expect(Invariant.DRAINED, taken is not None, "the queues never drained")
    if taken is not None and taken > DRAINED_SECONDS_MAX:
        report.late.append(f"the queues drained: after {taken:.1f} s instead of {DRAINED_SECONDS_MAX} s")


def _dead_letters(evidence: Evidence, report: Report) -> None:
    planted = {str(each["message_id"]).lower(): each["kind"] for each in evidence.poison}
    dead = {str(each.get("message_id")).lower(): each for each in evidence.dead}
    report.checked[Invariant.DEAD_LETTERS] += len(planted.keys() | dead.keys())
    for message_id, letter in dead.items():
        what = f"{letter.get('type')} {message_id} is in antrean.dead, unplanted: {letter.get('reason')}"
        report.expect(Invariant.DEAD_LETTERS, message_id in planted, what)
    for message_id, kind in planted.items():
        what = f"the planted {kind} {message_id} is not in antrean.dead"
        report.expect(Invariant.DEAD_LETTERS, message_id in dead, what)
