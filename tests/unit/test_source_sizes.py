"""A file that grows beyond what one can take in at a glance is split along what it is about."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES_MAX = 400
OTHERS = {".venv", "build", "docs"}


def test_no_file_is_too_long() -> None:
    sources = [each for each in ROOT.rglob("*.py") if each.relative_to(ROOT).parts[0] not in OTHERS]
    assert len(sources) > 300
    lengths = {str(each.relative_to(ROOT)): len(each.read_text().splitlines()) for each in sources}
    assert {name: lines for name, lines in lengths.items() if lines > LINES_MAX} == {}
