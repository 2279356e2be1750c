"""The clips of the board's voice: small MP3 files, each a word, or a hospital's recordings in their place."""

import hashlib
from pathlib import Path
from typing import Final

from common.errors import SettingsError
from common.translation import N_

CLIPS: Final = Path(__file__).with_name("clips")
CHIME: Final = "chime"

_NAMES_MAX: Final = 2_000
_BYTES_MAX: Final = 1_000_000


def find_clips(recordings: Path | None) -> dict[str, Path]:
    """The files by their names, such as `id/sebelas`.

    One of `recordings`, laid out in the same way, takes the place of ours with its name, or is one more; what
    is larger than a megabyte is none. Raises SettingsError where there is no such folder.
    """
    found = _clips_in(CLIPS)
    if recordings is not None:
        if not recordings.is_dir():
            raise SettingsError(
                N_("ANTREAN_BOARD_VOICE_DIR cannot be used: there is no folder {folder}."), folder=recordings
            )
        found |= _clips_in(recordings)
    return found


def digest(path: Path) -> str:
    """Names what the file holds."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _clips_in(folder: Path) -> dict[str, Path]:
    paths = [path for path in sorted(folder.rglob("*.mp3")) if path.stat().st_size <= _BYTES_MAX]
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths[:_NAMES_MAX]}
