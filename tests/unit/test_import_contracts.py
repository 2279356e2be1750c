"""A contract that allows a library in one place forbids it in every other folder."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LINTER: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
ONLY: dict[str, dict[str, Any]] = {
    contract["name"]: contract for contract in LINTER["contracts"] if " only in " in contract["name"]
}
MEASURING = {"benchmarks", "calibration"}
"""They compare with other ways of doing the same, and may import what those need."""


def test_every_folder_of_the_product_is_checked() -> None:
    folders = {each.parent.name for each in ROOT.glob("*/__init__.py")} - {"tests"}
    assert folders <= set(LINTER["root_packages"])


@pytest.mark.parametrize("name", ONLY)
def test_a_library_of_one_place_is_forbidden_everywhere_else(name: str) -> None:
    contract = ONLY[name]
    assert contract["type"] == "forbidden"
    sources = contract["source_modules"]
    assert len(sources) == len(set(sources))
    allowed = {each.split(" ->")[0].split(".")[0] for each in contract["ignore_imports"]}
    needed = set(LINTER["root_packages"]) - MEASURING
    if "click" in contract["forbidden_modules"]:
        # the command-line folders
        needed -= {"patient_cli", "clinic_desk", "event_tap", "admin_cli", "local_stack"}
    assert needed <= set(sources)
    assert allowed - {"*"} <= set(sources)


def test_textual_is_forbidden_where_things_are_measured_as_well() -> None:
    assert set(ONLY["textual only in full-screen programs"]["source_modules"]) >= MEASURING


COMMON = {
    f"common.{each.parent.name if each.name == '__init__.py' else each.stem}"
    for each in [*ROOT.glob("common/*.py"), *ROOT.glob("common/*/__init__.py")]
} - {"common.common"}


@pytest.mark.parametrize(
    ("name", "side", "without"),
    [
        ("The domain imports no other layer", "forbidden_modules", "common.domain"),
        ("The ticker's rules import only the domain", "forbidden_modules", "common.domain"),
        ("The calibration knows of the system only its domain", "forbidden_modules", "common.domain"),
        (
            "Nothing else that is common, and no worker, knows of terminals",
            "source_modules",
            "common.terminal",
        ),
    ],
)
def test_a_contract_about_what_is_common_names_all_of_it(name: str, side: str, without: str) -> None:
    [contract] = [each for each in LINTER["contracts"] if each["name"] == name]
    assert {each for each in contract[side] if each.startswith("common.")} == COMMON - {without}
