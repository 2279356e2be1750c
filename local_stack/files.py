"""Files that only their owner can read."""

import os
from pathlib import Path


def open_private(path: str, flags: int) -> int:
    """An opener for `open`: a new file can be read by its owner only."""
    return os.open(path, flags, 0o600)


def write_private(path: Path, text: str) -> None:
    """Writes `text` as the whole of `path`, readable by its owner only, in one step for whoever reads it."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)
