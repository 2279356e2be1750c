"""Runs the whole experiment: `make calibrate`, or `python -m calibration [--seed N]`.

Exits with 1 where an interval is not calibrated, or a rival is better, in any family.
"""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from calibration.experiment import Extent, examine
from calibration.findings import Findings
from calibration.report import HEADINGS, row, write_report
from calibration.scenarios import FAMILIES

_EXTENT = Extent(clinics=10, days=8)
_SEED = 1


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make calibrate", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=_SEED, help="another seed, another set of clinics")
    seed = parser.parse_args().seed
    found = list(_shown(seed))
    predictions = sum(each.predictions for each in found)
    run = (
        f"{predictions:,} estimates, of {len(found)} families of {_EXTENT.clinics} clinics "
        f"with {_EXTENT.days} days each (seed {seed}). Errors are mean absolute errors in minutes."
    )
    missed = sum(not (each.is_calibrated and each.is_best) for each in found)
    print(f"{run}\n{len(found) - missed} of {len(found)} families hold.")
    if seed == _SEED:
        write_report(found, run)
    sys.exit(missed > 0)


def _shown(seed: int) -> Iterator[Findings]:
    """The findings family by family, as soon as they are there."""
    widths = [44, *(len(heading) for heading in HEADINGS[1:])]
    print("  ".join(heading.ljust(width) for heading, width in zip(HEADINGS, widths, strict=True)))
    with ProcessPoolExecutor() as executor:
        for findings in executor.map(partial(examine, extent=_EXTENT, seed=seed), FAMILIES):
            cells = zip(row(findings), widths, strict=True)
            verdict = "" if findings.is_calibrated and findings.is_best else "  <-- misses"
            print("  ".join(cell.ljust(width) for cell, width in cells) + verdict, flush=True)
            yield findings


if __name__ == "__main__":
    main()
