"""The version of the project begins the changelog, and SECURITY.md supports it."""

import re
import tomllib
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_VERSION: str = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_the_changelog_begins_with_the_version_of_the_project() -> None:
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (_ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released[0] == _VERSION


def test_the_newest_minor_version_is_supported() -> None:
    minor, _, _ = _VERSION.rpartition(".")
    assert f"({minor})" in (_ROOT / "SECURITY.md").read_text()
