"""`python -m tests.chaos.checker RUN_DIRECTORY`: 0 where nothing is wrong, 1 where something is,
2 wrong usage, 3 where nothing is wrong but something was late."""

import sys
from pathlib import Path

from tests.chaos.checker import check


def main(words: list[str]) -> int:
    """Checks the run and prints what was found."""
    if len(words) != 1 or not Path(words[0]).is_dir():
        print("Usage: python -m tests.chaos.checker RUN_DIRECTORY", file=sys.stderr)
        return 2
    report = check(Path(words[0]))
    for line in report.lines():
        print(line)
    if report.violations:
        return 1
    return 3 if report.late else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
