"""A worker whose processor time is sampled: `python -m benchmarks.sampled MODULE FILE`.

From SIGUSR1 on, every two milliseconds that the worker computes, it is noted where; at its end the counts
are written to FILE as JSON. That costs the worker little, so the shares are those of an ordinary run.
"""

import json
import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

_SAMPLE_SECONDS = 0.002
_TREE = Path(__file__).parents[1]
# Who executes a statement tells more than how it is executed.
_EXECUTING = frozenset({"common/storage/prepared.py", "common/storage/bounded_connection.py"})


class Sampler:
    """Counts the places at which samples were taken: the innermost file and function of ours, with
    `SQL` before it where that executed a statement, and after it whether pika was reading or writing."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def begin(self, *_: object) -> None:
        """Samples from now on."""
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, _SAMPLE_SECONDS, _SAMPLE_SECONDS)

    def end(self) -> None:
        """Samples no more."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        within, executes = "", ""
        while frame is not None:
            code = frame.f_code
            path = code.co_filename.removeprefix(f"{_TREE}/")
            if path in _EXECUTING:
                executes = "SQL "
            elif not path.startswith(("/", ".", "<")):
                self.counts[f"{executes}{path}:{code.co_qualname}{within}"] += 1
                return
            elif "/pika/" in path and code.co_name.endswith(("readable", "writable")):
                within = f" {code.co_name[-len('readable') :]}"
            frame = frame.f_back


def main() -> None:
    """Runs the module as if nobody watched."""
    module, file = sys.argv[1:]
    sys.argv = [module]
    sampler = Sampler()
    signal.signal(signal.SIGUSR1, sampler.begin)
    try:
        runpy.run_module(module, run_name="__main__")
    finally:
        sampler.end()
        Path(file).write_text(json.dumps(sampler.counts))


if __name__ == "__main__":
    main()
