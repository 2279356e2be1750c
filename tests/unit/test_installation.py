"""Advice fits how the program was installed: `make` is there in a checkout only."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import common
from common.installation import start_command

CODE = """
import sys
sys.argv[0] = "antrean"
from patient_cli.__main__ import main
sys.exit(main())
"""


def test_in_a_checkout_make_starts_the_system() -> None:
    assert start_command() == "make up"


@pytest.mark.parametrize("words", [["hospitals"], ["hospitals", "--json"], ["hospitals", "--lang", "en"]])
def test_an_installed_program_says_how_to_start_the_system(tmp_path: Path, words: list[str]) -> None:
    site = tmp_path / "site-packages"
    for package in ("common", "patient_cli"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(Path(common.__file__).parents[1] / package, site / package, ignore=ignored)
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "ANTREAN_STACK_DIR": str(tmp_path / "stack")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 69, done.stderr
    assert "antrean-stack up" in done.stderr
    assert "make" not in done.stderr
