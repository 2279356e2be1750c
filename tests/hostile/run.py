"""Runs attacks, one after the other, and measures what honest people notice of each."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.hostile.attacks.findings import Findings
from tests.hostile.attacks.texts import FORGED
from tests.hostile.calls import Call, Waited, between, count, recovered_at, waited
from tests.hostile.node_memory import directory_bytes, resident_bytes
from tests.hostile.plan import Attack
from tests.hostile.stage import Stage

RECOVERY_SECONDS_MAX = 10.0
"""What is asked: after so long all is as before."""

_RECOVERY_WAITED_SECONDS_MAX = 60.0
_LONGER_SECONDS_MAX = 45.0
_SAMPLE_SECONDS = 0.2
_MEBIBYTE = 1 << 20
_DISK_TOLD_BYTES = 50 * _MEBIBYTE
_ROWS_TOLD = 100


@dataclass(frozen=True)
class Result:
    """What was seen during an attack; `recovery_seconds` is None where the system did not recover.

    Memory is the broker's, at most, and how much of it came during the attack.
    """

    attack: Attack
    patients: Waited
    desk: Waited
    unanswered: int
    busy: int
    recovery_seconds: float | None
    memory_bytes: int
    memory_more_bytes: int
    said: str
    missed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Node:
    """The broker's node, where it is one of ours: the session of its processes, and its folder."""

    session: int
    directory: Path


class Run:
    """One run on a stage; `node` is None where the broker is not ours to look into."""

    def __init__(self, stage: Stage, node: Node | None) -> None:
        self._stage = stage
        self._node = node
        self._memory_max = 0

    def undisturbed(self, seconds: float) -> Result:
        """What honest people see without an attack."""

        def nothing() -> Findings:
            self._watch(lambda: False, seconds)
            return Findings("")

        return self._measured(Attack("", "none", lambda _scene, _seconds: Findings("")), nothing)

    def attacked(self, attack: Attack, seconds: float) -> Result:
        """What they see of this attack, which lasts `seconds` at most."""
        return self._measured(attack, lambda: self._attacked(attack, seconds))

    def _attacked(self, attack: Attack, seconds: float) -> Findings:
        """Attacks from a process of its own, which is ended when its time is over."""
        file = self._stage.deployment.directory / f"findings-{attack.key}.json"
        arguments = (attack.key, str(self._stage.scene_file), str(file), str(seconds))
        attacker = self._stage.program(f"attack-{attack.key}", "tests.hostile.attacks", *arguments)
        try:
            self._watch(lambda: attacker.exit_code is not None, seconds if attack.holds else 0.0)
            longer = seconds + _LONGER_SECONDS_MAX
            self._watch(lambda: file.exists() or attacker.exit_code is not None, longer)
        finally:
            if attacker.exit_code is None:
                attacker.kill()
        if file.exists():
            return Findings.read(file)
        return Findings(f"the attack failed: {(attacker.output.strip().splitlines() or [''])[-1][:200]}")

    def _measured(self, attack: Attack, act: Callable[[], Findings]) -> Result:
        stage = self._stage
        dead, rows, disk = stage.dead_letters(), stage.rows(), self._disk()
        memory = self._memory_max = self._memory()
        began_at = time.monotonic()
        found = act()
        left_at = time.monotonic()
        more = self._left_behind(found, stage.dead_letters() - dead, stage.rows() - rows, self._disk() - disk)
        recovered = self._recovered(left_at)
        during = [each for each in stage.calls() if between(began_at, recovered or time.monotonic())(each)]
        missed = [f"{name} ended" for name in stage.revive()]
        stage.clear(found.queues)
        if recovered is None:
            self._recovered(time.monotonic())
        result = Result(
            attack=attack,
            patients=waited(each for each in _begun(during, left_at) if not each.is_desk),
            desk=waited(each for each in _begun(during, left_at) if each.is_desk),
            unanswered=count(during, "unanswered", "unreachable"),
            busy=count(during, "busy"),
            recovery_seconds=None if recovered is None else recovered - left_at,
            memory_bytes=self._memory_max,
            memory_more_bytes=self._memory_max - memory,
            said="; ".join([*([found.said] if found.said else []), *more]),
        )
        return result if not attack.key else _judged(result, found, missed)

    def _left_behind(self, found: Findings, dead: int, rows: int, disk: int) -> list[str]:
        """What the attack has left where it does not belong."""
        left = []
        if dead > 0:
            left.append(f"{dead:,} dead letters")
        if rows > _ROWS_TOLD:
            left.append(f"{rows:,} rows of refusals")
        if found.queues and disk > _DISK_TOLD_BYTES:
            left.append(f"{disk // _MEBIBYTE:,} MiB of disk")
        if found.forges_logs and any(line.endswith(FORGED) for line in self._log_lines()):
            left.append("line feeds and escapes in the broker's log")
        return left

    def _recovered(self, left_at: float) -> float | None:
        """Waits until all is as before; when that was."""
        found: list[float] = []

        def recovered() -> bool:
            at = recovered_at(self._stage.calls(), left_at, time.monotonic())
            found.extend([] if at is None else [at])
            return bool(found)

        self._watch(recovered, _RECOVERY_WAITED_SECONDS_MAX)
        return found[0] if found else None

    def _watch(self, done: Callable[[], bool], seconds_max: float) -> None:
        """Waits, and looks at the broker's memory meanwhile."""
        until = time.monotonic() + seconds_max
        while not done() and time.monotonic() < until:
            self._memory_max = max(self._memory_max, self._memory())
            time.sleep(_SAMPLE_SECONDS)

    def _memory(self) -> int:
        return 0 if self._node is None else resident_bytes(self._node.session)

    def _disk(self) -> int:
        return 0 if self._node is None else directory_bytes(self._node.directory / "data")

    def _log_lines(self) -> Iterator[str]:
        if self._node is not None:
            for log in (self._node.directory / "log").glob("*.log"):
                yield from log.read_text(errors="replace").splitlines()


def _begun(calls: list[Call], before: float) -> list[Call]:
    return [each for each in calls if each.begun < before]


def _judged(result: Result, found: Findings, missed: list[str]) -> Result:
    """With what was asked for and is not so."""
    attack = result.attack
    if attack.single and result.unanswered:
        missed.append(f"{result.unanswered} requests unanswered")
    if attack.single and (result.recovery_seconds is None or result.recovery_seconds > RECOVERY_SECONDS_MAX):
        missed.append("did not recover in time")
    if attack.secret and found.learned:
        missed.append("something was learned")
    result.missed.extend(missed)
    return result
