"""Standard output as it is found: unbuffered, full, or without the letters of our texts."""

import json
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


ASCII = [
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "ascii:strict"},
]
TEXT = "08.00–14.00 · Poli Gigi → Né ±5"
PRINT = f"""
import click, sys
from rich.console import Console
from common.settings import Settings
from common.terminal.failures import Failure, problem_of
from common.terminal.output import print_failure, print_json
from common.terminal.streams import echo, prepare_streams
from common.terminal.tables import Table, print_table
from patient_cli.session import PatientSession
prepare_streams()
session = PatientSession(Settings(), "id")
text = {TEXT!r}
echo(text)
click.echo(text)
click.secho(text, fg="red")
print(text)
Console().print(text)
table = Table(["·"]); table.add_row([text]); print_table(table)
failure = Failure(1, problem_of("busy", text), text)
for err in (False, True):
    echo(text, err=err)
    click.echo(text, err=err)
session.note(text)
print_failure(session, failure)
session.as_json = True
session.note(text)
print_failure(session, failure)
print_json({{"name": text}})
"""


@pytest.mark.parametrize("variables", ASCII, ids=lambda each: " ".join(each.values()))
@pytest.mark.parametrize("unbuffered", [(), ("-u",)])
def test_every_way_of_printing_keeps_to_ascii(
    unbuffered: tuple[str, ...], variables: dict[str, str], tmp_path: Path
) -> None:
    done = run([*unbuffered, "-c", PRINT], subprocess.PIPE, tmp_path, **variables)

    out, err = done.stdout.decode("ascii").splitlines(), done.stderr.decode("ascii").splitlines()
    assert done.returncode == 0, err
    assert out[:5] == ["08.00-14.00 - Poli Gigi > Ne ~5"] * 5
    assert json.loads(out[-1]) == {"name": TEXT}
    assert json.loads(err[-2])["note"] == TEXT
    assert json.loads(err[-1])["detail"] == TEXT
    assert "?" not in "".join(out + err)


@pytest.mark.parametrize("variables", ASCII[:2], ids=lambda each: " ".join(each.values()))
@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("words", [["--help"], ["fly·"], ["fly·", "--json"]])
def test_programs_keep_to_ascii(
    words: list[str], package: str, variables: dict[str, str], tmp_path: Path
) -> None:
    done = run(["-m", package, *words], subprocess.PIPE, tmp_path, **variables)
    assert done.stdout.isascii()
    assert done.stderr.isascii()
    assert done.stdout or done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp437"])
def test_other_encodings_stay_what_they_are(encoding: str, tmp_path: Path) -> None:
    code = PRINT.replace("print_json(", "echo('é'); print_json(")
    done = run(["-c", code], subprocess.PIPE, tmp_path, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode(encoding).splitlines()[-2] == "é"
