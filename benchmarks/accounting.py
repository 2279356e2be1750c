"""What a process has used: read from Linux's /proc, which every figure here rests on."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")


@dataclass(frozen=True)
class _Stat:
    """One line of /proc/PID/stat; `awaited` is the time of those children whose end it has taken note of."""

    parent: int
    own_ticks: int
    awaited_ticks: int


def cpu_seconds(pid: int) -> float:
    """Processor time of one process, user and system; 0 where it has ended."""
    stat = _stat(pid)
    return stat.own_ticks / _TICKS_PER_SECOND if stat else 0.0


def tree_cpu_seconds(pid: int) -> float:
    """Processor time of a process and of all that it started, also of what has ended since."""
    stats = {int(each.name): _stat(int(each.name)) for each in _PROC.iterdir() if each.name.isdecimal()}
    ticks, generation = 0, {pid}
    while generation:
        for each in generation:
            stat = stats[each]
            ticks += stat.own_ticks + stat.awaited_ticks if stat else 0
        generation = {each for each, stat in stats.items() if stat and stat.parent in generation}
    return ticks / _TICKS_PER_SECOND


def resident_bytes(pid: int) -> int:
    """Memory that a process occupies; 0 where it has ended."""
    with suppress(OSError, IndexError):
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE_BYTES
    return 0


def _stat(pid: int) -> _Stat | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The name of the program, in parentheses, may hold anything. After it: state, parent, ... (proc(5)).
    fields = text.rpartition(")")[2].split()
    own, awaited = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
    return _Stat(int(fields[1]), own, awaited)
