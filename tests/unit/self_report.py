"""A program that prints how it was started, and ends with exit code 7: `python -m tests.unit.self_report`."""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any


def report() -> dict[str, Any]:
    """What a program can see of how it was started."""
    streams = {"stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr}
    return {
        "arguments": sys.argv,
        "directory": str(Path.cwd()),
        "environment": dict(os.environ),
        "file descriptors": sorted(each.name for each in Path("/proc/self/fd").iterdir())[:3],
        "first place of modules": sys.path[0],
        "leads its session": os.getsid(0) == os.getpid(),
        "has a terminal": _has_terminal(),
        "name and package": [__name__, __package__],
        "main is this": sys.modules["__main__"].__dict__ is globals(),
        "signals": {str(int(each)): str(signal.getsignal(each)).split(" at ")[0] for each in _SIGNALS},
        "streams": {
            name: [each.encoding, each.errors, each.fileno(), each.isatty(), each.line_buffering]
            for name, each in streams.items()
        },
        "time zone": time.tzname,
    }


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGCHLD, signal.SIGHUP)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


if __name__ == "__main__":
    json.dump(report(), sys.stdout)
    sys.exit(7)
