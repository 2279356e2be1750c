"""What a measurement has found, as data: written to the JSON file and shown in docs/performance.md."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

Cell = str | float | None
"""Of a table; None is shown as a dash."""


@dataclass(frozen=True)
class Target:
    """What was asked for: a value of at least `least`, at most `most`. `shown` is the value's format."""

    what: str
    value: float
    least: float | None = None
    most: float | None = None
    shown: str = "{:.2f}"

    @property
    def met(self) -> bool:
        """Whether the value is within its limits."""
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    @property
    def limit(self) -> str:
        """What was asked for, such as `≥ 0.60`."""
        limits = [(sign, limit) for sign, limit in (("≥", self.least), ("≤", self.most)) if limit is not None]
        return " and ".join(f"{sign} {self.shown.format(limit)}" for sign, limit in limits)


@dataclass(frozen=True)
class Table:
    """Rows of cells under `columns`; the first column names the row."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Findings:
    """All about one scenario. `bars` are what the chart shows of it: name and value."""

    name: str
    title: str
    targets: Sequence[Target] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()
    bars: Sequence[tuple[str, float]] = field(default=())


def middle(values: Sequence[float]) -> float:
    """The median; of one value, itself."""
    return median(values)


def spread(values: Sequence[float]) -> str:
    """The least and the greatest value, such as `4,120-4,610`."""
    return f"{min(values):,.0f}-{max(values):,.0f}"
