"""What a command ended with, run within a test."""

import json
from typing import Any, NamedTuple


class Ended(NamedTuple):
    """The exit code, and what was printed."""

    exit_code: int
    out: str
    err: str

    @property
    def said(self) -> Any:
        """What it has printed as JSON, where it succeeded."""
        assert (self.exit_code, self.err) == (0, ""), self
        return json.loads(self.out)
