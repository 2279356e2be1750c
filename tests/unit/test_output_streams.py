"""Standard output as it is found: unbuffered, full, or without the letters of our texts."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import common

ROOT = Path(common.__file__).parents[1]
PACKAGES = ("patient_cli", "clinic_desk", "admin_cli")
NOT_PRINTED = 74


def run(
    words: list[str], stdout: int, tmp_path: Path, **variables: str
) -> "subprocess.CompletedProcess[bytes]":
    """Runs a module of this project with no stack and these variables only."""
    environment: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "ANTREAN_STACK_DIR": str(tmp_path / "stack"),
        "ANTREAN_DATA_DIR": str(tmp_path / "data"),
        "LC_ALL": "C.UTF-8",
        **variables,
    }
    return subprocess.run(
        [sys.executable, *words],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


@pytest.mark.parametrize("words", ["--help", "--version"])
@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("unbuffered", ["variable", "option", "not"])
def test_a_full_disk_is_told_also_where_python_is_unbuffered(
    unbuffered: str, package: str, words: str, tmp_path: Path
) -> None:
    option = ["-u"] if unbuffered == "option" else []
    variables = {"PYTHONUNBUFFERED": "1"} if unbuffered == "variable" else {}
    with Path("/dev/full").open("wb") as full:
        done = run([*option, "-m", package, words, "--lang", "en"], full.fileno(), tmp_path, **variables)

    said = done.stderr.decode()
    assert (done.returncode, said) == (
        NOT_PRINTED,
        "The result could not be written to standard output (No space left on device).\n",
    )


def test_unbuffered_output_is_whole(tmp_path: Path) -> None:
    usual = run(["-m", "patient_cli", "--help"], subprocess.PIPE, tmp_path)
    unbuffered = run(["-u", "-m", "patient_cli", "--help"], subprocess.PIPE, tmp_path)
    assert unbuffered.stdout == usual.stdout
    assert usual.stdout
