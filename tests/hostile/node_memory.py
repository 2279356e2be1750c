"""How much memory a node of ours takes, as its operating system counts it."""

import os
from contextlib import suppress
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_VIRTUAL_MACHINE = "beam.smp"
_SESSION_AFTER_NAME = 3  # of the fields of /proc/PID/stat that follow the name


def resident_bytes(session: int) -> int:
    """Resident memory of the Erlang virtual machine in this session; 0 where the system does not tell."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            name, _, rest = (process / "stat").read_text().partition("(")[2].rpartition(")")
            if name == _VIRTUAL_MACHINE and int(rest.split()[_SESSION_AFTER_NAME]) == session:
                found += int((process / "statm").read_text().split()[1]) * _PAGE_BYTES
    return found


def directory_bytes(directory: Path) -> int:
    """How much of the disk the files in a directory take."""
    total = 0
    for path in directory.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_blocks * 512
    return total
