"""`make voice`: makes the clips again, with espeak-ng and lame (apt-get install espeak-ng lame).

They are made for the repository: nobody who runs the board needs these programs.
"""

import math
import shutil
import subprocess
import sys
import tempfile
import wave
from array import array
from itertools import dropwhile
from pathlib import Path
from typing import Final

from waiting_room.voice.clips import CHIME, CLIPS
from waiting_room.voice.vocabulary import SENTENCES

_PROGRAMS: Final = ("espeak-ng", "lame")
_RATE: Final = 22_050
_KILOBITS: Final = 24
_WORDS_A_MINUTE: Final = 145
_LOUDEST: Final = 0.9 * 32_767
_QUIET: Final = 300
"""Samples below this at both ends of a clip are left out, so that words follow one another as in speech."""

_CHIME_NOTES: Final = ((659.3, 0.0), (523.3, 0.45))
"""Two notes, falling: hertz, and seconds at which they begin."""

_CHIME_SECONDS: Final = 1.5


def main() -> int:
    """Replaces the folder of clips; returns 1, saying what is missing, where a program is."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing:
        sys.stderr.write(f"Install {' and '.join(missing)}: apt-get install {' '.join(missing)}\n")
        return 1
    shutil.rmtree(CLIPS, ignore_errors=True)
    for language, sentences in SENTENCES.items():
        (CLIPS / language).mkdir(parents=True)
        for name, sentence in sentences.items():
            _write(CLIPS / language / f"{name}.mp3", _trimmed(_spoken(sentence, language)))
    _write(CLIPS / f"{CHIME}.mp3", _chime())
    clips = list(CLIPS.rglob("*.mp3"))
    kilobytes = sum(clip.stat().st_size for clip in clips) / 1000
    sys.stdout.write(f"{len(clips)} clips, {kilobytes:.0f} kB\n")
    return 0


def _spoken(sentence: str, language: str) -> list[int]:
    """The samples of a sentence as espeak-ng says it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "said.wav")
        speed = str(_WORDS_A_MINUTE)
        _run(["espeak-ng", "-v", language, "-s", speed, "-w", str(path), sentence])
        with wave.open(str(path)) as said:
            if said.getframerate() != _RATE:
                raise SystemExit(f"espeak-ng gives {said.getframerate()} samples a second, not {_RATE}.")
            return list(array("h", said.readframes(said.getnframes())))


def _trimmed(samples: list[int]) -> list[int]:
    """Without the silence at both ends, and as loud as the other clips."""
    heard = _without_silence_before(_without_silence_before(samples)[::-1])[::-1]
    loudness = _LOUDEST / max(map(abs, heard))
    return [round(sample * loudness) for sample in heard]


def _without_silence_before(samples: list[int]) -> list[int]:
    return list(dropwhile(lambda sample: abs(sample) < _QUIET, samples))


def _chime() -> list[int]:
    count = round(_CHIME_SECONDS * _RATE)
    heights = [sum(_note(place / _RATE, *note) for note in _CHIME_NOTES) for place in range(count)]
    loudness = _LOUDEST / max(map(abs, heights)) / 2
    return [round(height * loudness) for height in heights]


def _note(at: float, hertz: float, begins: float) -> float:
    """The height of a note with one overtone, struck and fading; `at` in seconds."""
    since = at - begins
    if since < 0:
        return 0.0
    struck = min(1.0, since / 0.01) * math.exp(-3.5 * since)
    return struck * (math.sin(math.tau * hertz * since) + 0.3 * math.sin(2 * math.tau * hertz * since))


def _write(path: Path, samples: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "clip.wav")
        with wave.open(str(plain), "wb") as clip:
            clip.setnchannels(1)
            clip.setsampwidth(2)
            clip.setframerate(_RATE)
            clip.writeframes(array("h", samples).tobytes())
        _run(["lame", "--quiet", "-m", "m", "-b", str(_KILOBITS), "-t", "-q", "2", str(plain), str(path)])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, timeout=60, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
