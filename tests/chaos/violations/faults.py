"""A fault, the drain at the end, or the run's own record is wrong."""

from uuid import uuid4

from tests.chaos.checked_run import CheckedRun
from tests.chaos.checker import Invariant
from tests.chaos.violations.plants import plant


@plant(Invariant.DEAD_LETTERS, "is in antrean.dead, unplanted: internal")
def dead_letter_that_nobody_planted(run: CheckedRun) -> None:
    run.lines["dead"].append({"message_id": str(uuid4()), "type": "register", "reason": "internal"})


@plant(Invariant.DEAD_LETTERS, "is not in antrean.dead")
def poison_gone(run: CheckedRun) -> None:
    run.lines["dead"].clear()


@plant(Invariant.DRAINED, "never drained")
def never_drained(run: CheckedRun) -> None:
    run.run["drained_at"] = None


@plant(Invariant.FAULTS, "fault f001 (kill:registrar) did not fire; it was healed, injected")
def fault_that_took_no_effect(run: CheckedRun) -> None:
    run.lines["faults"] = [
        each for each in run.lines["faults"] if (each["id"], each["phase"]) != ("f001", "fired")
    ]


@plant(Invariant.FAULTS, "it was never injected")
def fault_never_injected(run: CheckedRun) -> None:
    run.plan.append({"id": "f003", "kind": "broker:kill"})


@plant(Invariant.FAULTS, "fault f002 (poison) failed")
def fault_that_failed(run: CheckedRun) -> None:
    run.lines["faults"].append({"id": "f002", "kind": "poison", "phase": "failed", "at": 1, "detail": ""})


@plant(Invariant.FAULTS, "are not in the plan")
def fault_that_was_not_planned(run: CheckedRun) -> None:
    run.lines["faults"].append({"id": "f009", "kind": "poison", "phase": "fired", "at": 1, "detail": ""})


@plant(Invariant.EVIDENCE, "ended twice")
def operation_with_two_ends(run: CheckedRun) -> None:
    run.tell(run.of("second", "invoked")[0], "refused", code="clinic_closed")


@plant(Invariant.EVIDENCE, "but never was invoked")
def operation_that_nobody_invoked(run: CheckedRun) -> None:
    run.history.remove(run.of("second", "invoked")[0])


@plant(Invariant.EVIDENCE, "another form than agreed")
def line_of_another_form(run: CheckedRun) -> None:
    del run.lines["events"][0]["event"]
