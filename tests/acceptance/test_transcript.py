"""README.md shows what one sees: its sessions are played on a stack of their own, and have the same shape."""

from pathlib import Path

import pytest

from tests.acceptance.transcript import documented, play, shape, trial

_FAST = 60
_AHEAD = 4
_MAY_BE_MISSED = ("waiting ·", "menunggu ·", "...")
"""What a watched ticket goes through between two looks is not seen; on a fast clock that is more."""


def _certain(lines: set[str]) -> set[str]:
    return {line for line in lines if not any(part in line for part in _MAY_BE_MISSED)}


@pytest.mark.long
def test_the_sessions_of_the_readme_are_what_one_sees(tmp_path: Path) -> None:
    with trial(tmp_path, _FAST) as shell:
        played = play(shell, _AHEAD)
    shown = documented()
    assert played.keys() == shown.keys()
    for name, text in played.items():
        assert _certain(shape(text)) == _certain(shape(shown[name])), f"{name}: run `make transcript`\n{text}"
