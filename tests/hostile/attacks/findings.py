"""What an attacker has to tell."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Findings:
    """`said` goes into the table. `learned` tells whether the attacker knows, or has, what they should not.

    `queues` are those that were left behind on the broker; where `forges_logs`, its log is worth a look.
    """

    said: str
    learned: bool = False
    queues: list[str] = field(default_factory=list)
    forges_logs: bool = False

    def write(self, path: Path) -> None:
        """Keeps them for who runs the attack; whole or not at all."""
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.rename(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """What `write` has kept."""
        return cls(**json.loads(path.read_text()))
