"""A worker's page of metrics, read again: what `antrean-admin top` needs of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

_SUMS: Final[Mapping[str, str]] = {
    "antrean_batch_seconds_sum": "batch_seconds",
    "antrean_batch_seconds_count": "batches",
    "antrean_ready": "ready",
}
"""The series that are added up, whatever their labels, and what of a page each is."""


@dataclass(frozen=True, slots=True)
class WorkerPage:
    """What a worker counts since it was started: batches that it has handled, and the seconds that this took;
    and whether it is `ready` (1) to work."""

    batches: float = 0.0
    batch_seconds: float = 0.0
    ready: float = 0.0


def page_in(text: str) -> WorkerPage:
    """What a page says; raises ValueError where it is none."""
    found = dict.fromkeys(_SUMS.values(), 0.0)
    shows_ready = False
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if (name := _SUMS.get(sample.name)) is not None:
                found[name] += sample.value
                shows_ready = shows_ready or name == "ready"
    if not shows_ready or not all(map(isfinite, found.values())):
        raise ValueError("no page of a worker")
    return WorkerPage(**found)
