"""The exit codes that documents describe are those of the programs."""

import re
from pathlib import Path

import pytest

from common.exit_codes import ExitCode

ROOT = Path(__file__).parents[2]
BY_SIGNAL = {143}
"""What a shell reports of a worker that a second signal ended."""


def documented(document: str) -> set[int]:
    text = (ROOT / document).read_text()
    table = text[text.index("| exit code |") :].partition("\n\n")[0]
    first_cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    return {int(code) for cell in first_cells for code in re.findall(r"\d+", cell)}


def test_every_exit_code_is_documented_for_operators() -> None:
    assert documented("docs/operations.md") == {*map(int, ExitCode)} | BY_SIGNAL


@pytest.mark.parametrize("document", ["README.md"])
def test_the_exit_codes_for_patients_exist(document: str) -> None:
    assert documented(document) <= {*map(int, ExitCode)}
