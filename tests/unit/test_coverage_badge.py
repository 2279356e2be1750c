"""The README shows a badge whose number comes from a run of all tests."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("percent", ["0", "74.9", "96", "100"])
def test_the_badge_shows_the_share(percent: str) -> None:
    command = [sys.executable, "-m", "tests.coverage_badge"]
    drawn = subprocess.run(command, cwd=ROOT, input=percent, capture_output=True, text=True, check=True)

    texts = [element.text for element in ElementTree.fromstring(drawn.stdout).iter() if element.text]
    assert f"{int(float(percent))} %" in texts


def test_the_readme_shows_the_badge_that_a_run_draws() -> None:
    assert "(docs/coverage.svg)" in (ROOT / "README.md").read_text()
    assert ">docs/coverage.svg" in (ROOT / "Makefile").read_text()
    ElementTree.parse(ROOT / "docs" / "coverage.svg")
