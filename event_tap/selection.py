"""Which events are wanted: of which queues, of which kinds, of which time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from antrean_client.events import Event


@dataclass(frozen=True)
class Selection:
    """Everything where nothing is named. `clinics` are written as `RSHS/GIG`; `kinds` are names of events, in
    which `*` stands for any word. Events happened at `since` or later, and before `until`."""

    hospitals: frozenset[str] = frozenset()
    clinics: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def of_queue(self, routing_key: str) -> bool:
        """Whether events with this routing key are of a queue that is wanted."""
        if not self.hospitals and not self.clinics:
            return True
        hospital, clinic, *_ = routing_key.split(".")
        return hospital in self.hospitals or f"{hospital}/{clinic}" in self.clinics

    def takes(self, event: "Event") -> bool:
        """Whether an event of a queue that is wanted is wanted itself."""
        if self.kinds and not any(fnmatchcase(event.name, kind) for kind in self.kinds):
            return False
        if self.since is None and self.until is None:
            return True
        happened_at = event.happened_at
        return not (
            (self.since is not None and happened_at < self.since)
            or (self.until is not None and happened_at >= self.until)
        )

    def as_json(self) -> Mapping[str, Any]:
        """What has to be the same when a state is gone on from."""
        return {
            "hospitals": sorted(self.hospitals),
            "clinics": sorted(self.clinics),
            "types": list(self.kinds),
        }
