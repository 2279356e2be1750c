"""Runs the whole experiment: `make calibrate`, or `python -m calibration` with options.

Exits with 1 where an interval is not calibrated, or a rival is better, in any family of queueing laws or of
staff's habits.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from calibration.experiment import Extent, examine
from calibration.findings import Findings
from calibration.habit_families import HABIT_FAMILIES
from calibration.report import HABIT_HEADINGS, HEADINGS, habit_row, row, write_report
from calibration.scenarios import FAMILIES, Family

_EXTENT = Extent(clinics=10, days=8)
_QUICK = Extent(clinics=3, days=4)
_SEED = 6


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make calibrate", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=_SEED, help="another seed, another set of clinics")
    parser.add_argument("--family", default="", help="only families whose name has this text")
    parser.add_argument("--quick", action="store_true", help="few clinics and days: for a first look")
    given = parser.parse_args()
    seed, extent = given.seed, _QUICK if given.quick else _EXTENT
    of_law = [each for each in FAMILIES if given.family in each.name]
    of_habit = [each for each in HABIT_FAMILIES if given.family in each.name]
    laws = list(_shown(of_law, HEADINGS, row, _holds_by_law, seed, extent))
    habits = list(_shown(of_habit, HABIT_HEADINGS, habit_row, _holds_by_habit, seed, extent))
    found = [*laws, *habits]
    run = (
        f"{sum(each.predictions for each in found):,} estimates, of {len(found)} families of "
        f"{extent.clinics} clinics with {extent.days} days each (seed {seed}). "
        "Errors are mean absolute errors in minutes."
    )
    hold, hold_by_habit = sum(map(_holds_by_law, laws)), sum(map(_holds_by_habit, habits))
    print(run)
    print(f"{hold} of {len(laws)} families of laws hold, {hold_by_habit} of {len(habits)} of habits.")
    if seed == _SEED and extent == _EXTENT and not given.family:
        write_report(laws, habits, run)
    sys.exit(hold + hold_by_habit < len(found))


def _holds_by_law(found: Findings) -> bool:
    return found.is_calibrated and found.is_best


def _holds_by_habit(found: Findings) -> bool:
    return found.holds_by_habit


def _shown(
    families: Sequence[Family],
    headings: Sequence[str],
    row_of: Callable[[Findings], list[str]],
    holds: Callable[[Findings], bool],
    seed: int,
    extent: Extent,
) -> Iterator[Findings]:
    """The findings family by family, as soon as they are there."""
    widths = [50, *(len(heading) for heading in headings[1:])]
    print("  ".join(heading.ljust(width) for heading, width in zip(headings, widths, strict=True)))
    with ProcessPoolExecutor() as executor:
        for findings in executor.map(partial(examine, extent=extent, seed=seed), families):
            cells = zip(row_of(findings), widths, strict=True)
            verdict = "" if holds(findings) else "  <-- misses"
            print("  ".join(cell.ljust(width) for cell, width in cells) + verdict, flush=True)
            yield findings


if __name__ == "__main__":
    main()
