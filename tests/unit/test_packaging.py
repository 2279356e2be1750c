"""What is built holds every file of the product, also one that was added since."""

import tomllib
from pathlib import Path
from typing import Any

from setuptools import find_packages

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS: dict[str, Any] = PROJECT["tool"]["setuptools"]
FOR_DEVELOPMENT = {"benchmarks", "calibration", "contract"}
FOLDERS = sorted(set(PROJECT["tool"]["importlinter"]["root_packages"]) - FOR_DEVELOPMENT)
FILES = [
    path.relative_to(ROOT)
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
]


def test_every_folder_of_the_product_is_built_and_nothing_else() -> None:
    built = find_packages(str(ROOT), exclude=SETUPTOOLS["packages"]["find"]["exclude"])
    assert set(built) == {".".join(path.parent.parts) for path in FILES if path.suffix == ".py"}


def test_every_file_beside_the_code_is_built() -> None:
    """Patterns count from the folder of each package, and not within folders that are none."""
    patterns = SETUPTOOLS["package-data"]["*"]
    packages = {path.parent for path in FILES if path.name == "__init__.py"}
    built = {found for folder in packages for pattern in patterns for found in (ROOT / folder).glob(pattern)}
    assert [str(path) for path in FILES if path.suffix != ".py" and ROOT / path not in built] == []
