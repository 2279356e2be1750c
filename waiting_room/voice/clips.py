"""The clips of the board's voice: small MP3 files, each a word, or a hospital's recordings in their place."""

import hashlib
import re
from pathlib import Path
from typing import Final

import structlog

from common.errors import SettingsError
from common.translation import N_

CLIPS: Final = Path(__file__).with_name("clips")
CHIME: Final = "chime"

_NAME: Final = re.compile(r"chime|[a-z]{2}/[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_NAMES_MAX: Final = 2_000
_BYTES_MAX: Final = 1_000_000

_log = structlog.get_logger()


def find_clips(recordings: Path | None) -> dict[str, Path]:
    """The files by their names, such as `id/sebelas`.

    One of `recordings`, laid out in the same way, takes the place of ours with its name, or is one more; what
    cannot be used is logged with the reason. Raises SettingsError where there is no such folder.
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
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("[!.]*")):
        if not path.is_file():
            continue
        reason = _why_unusable(path.relative_to(folder), path)
        if reason is None and len(found) >= _NAMES_MAX:
            reason = f"there are more than {_NAMES_MAX:,}"
        if reason is None:
            found[path.relative_to(folder).with_suffix("").as_posix()] = path
        else:
            _log.warning("recording not used", file=str(path), reason=reason)
    return found


def _why_unusable(name: Path, path: Path) -> str | None:
    if name.suffix != ".mp3":
        return "it is no MP3 file, whose name ends with .mp3"
    if not _NAME.fullmatch(name.with_suffix("").as_posix()):
        return "it has no name of a clip, such as id/ruang-melati.mp3"
    try:
        with path.open("rb") as file:
            begins = file.read(3)
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    if path.stat().st_size > _BYTES_MAX:
        return f"it has more than {_BYTES_MAX:,} bytes"
    # What an encoder writes first: a tag, or the eleven set bits of a frame.
    if begins == b"ID3" or (len(begins) > 1 and begins[0] == 0xFF and begins[1] >= 0xE0):
        return None
    return "it is no MP3 file, whatever its name says"
