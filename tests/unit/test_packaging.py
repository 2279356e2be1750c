"""What is built holds every file of the product, also one that was added since."""

import tomllib
from pathlib import Path
from typing import Any

from setuptools import find_namespace_packages

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
    found = SETUPTOOLS["packages"]["find"]
    built = find_namespace_packages(str(ROOT), exclude=found["exclude"], include=found["include"])
    assert set(built) >= {".".join(path.parent.parts) for path in FILES}
    assert {each.partition(".")[0] for each in built} == set(FOLDERS)


def test_every_file_beside_the_code_is_built() -> None:
    patterns = SETUPTOOLS["package-data"]["*"]
    left_out = [str(path) for path in FILES if path.suffix != ".py" and not any(map(path.match, patterns))]
    assert left_out == []
