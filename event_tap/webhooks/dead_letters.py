"""Events that a receiver did not take, in a file: a JSON object on each line, with all that is needed to send
them again."""

import json
import os
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from antrean_client.events import Event, event_of

_FILE_MODE: Final = 0o600


class DeadLetters:
    """Adds to the file at `path`, which is made when it is first needed. May be used by several threads;
    `count` is how many were added."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._lock = Lock()

    def add(self, event: Event, reason: str, given_up_at: datetime) -> None:
        """Adds an event, so that it outlives the machine when this returns; raises OSError."""
        dead_letter = {
            "given_up_at": given_up_at.isoformat(),
            "reason": reason,
            "event": json.loads(event.body),
        }
        with self._lock:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, _FILE_MODE)
            with os.fdopen(descriptor, "r+b") as file:
                if file.seek(0, os.SEEK_END):
                    file.seek(-1, os.SEEK_END)
                    # A line that was torn by a kill stays alone; its event comes again.
                    file.write(b"" if file.read(1) == b"\n" else b"\n")
                file.write(json.dumps(dead_letter).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self.count += 1


class DeadLettersRead(NamedTuple):
    """The events of a file, in its order, and the numbers of the lines that hold none."""

    events: list[Event]
    unreadable: list[int]


def read_dead_letters(path: Path) -> DeadLettersRead:
    """What a file holds; raises OSError."""
    events, unreadable = list[Event](), list[int]()
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            attributes = json.loads(line)["event"]
            body = json.dumps(attributes, separators=(",", ":")).encode()
            events.append(event_of(attributes, body))
        except (ValueError, KeyError, TypeError):
            unreadable.append(number)
    return DeadLettersRead(events, unreadable)
