"""`make` with a Python that is too old, or missing, says which is needed before anything else happens."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = "Antrean needs Python 3.11 or later"
_OF_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `make` reads, and nothing that was made."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def python_of(version: str, path: Path) -> Path:
    """A program that says it is this version of Python."""
    numbers = tuple(map(int, version.split(".")))
    pretend = f"import sys; sys.version_info = {numbers}; exec(sys.argv.pop(1))"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec {sys.executable} -c "{pretend}" "$2"\nexit 70\n')
    path.chmod(0o755)
    return path


def refused(checkout: Path, *words: str) -> str:
    """The one sentence in English with which `make` ends."""
    # A `make` that runs the tests says to others that they are part of it.
    environment = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
    done = subprocess.run(
        ["make", *words], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert done.stdout == ""
    indonesian, english, *rest = done.stderr.splitlines()
    assert "Python 3.11 ke atas" in indonesian
    assert all(line.startswith("make: ") for line in rest)
    return english


@pytest.mark.parametrize("target", ["demo", "up", "test", "lint", "venv"])
@pytest.mark.parametrize("version", ["3.10.13", "3.9.2", "2.7.18"])
def test_an_old_python_is_named(checkout: Path, target: str, version: str) -> None:
    old = python_of(version, checkout / "python")

    said = refused(checkout, target, f"PYTHON={old}")

    assert said.startswith(NEEDED)
    assert f"here: {version})" in said
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_not_there_is_named(checkout: Path) -> None:
    assert "here: missing)" in refused(checkout, "up", "PYTHON=no-such-python")


def test_an_environment_of_an_old_python_is_not_filled(checkout: Path) -> None:
    python_of("3.10.13", checkout / ".venv" / "bin" / "python")
    (checkout / ".venv" / "bin" / "pip").touch()

    assert "make clean" in refused(checkout, "up")
