"""The workflows and hooks fit their schemas, and call only make targets and programs that exist."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

_ROOT = Path(__file__).parents[2]
_WORKFLOWS = sorted((_ROOT / ".github" / "workflows").glob("*.yml"))
_HOOKS = _ROOT / ".pre-commit-config.yaml"
_TARGETS = set(re.findall(r"^([a-z-]+):.* ## ", (_ROOT / "Makefile").read_text(), re.MULTILINE))


def _read(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def _combinations(job: dict[str, Any]) -> list[dict[str, str]]:
    """The matrix of a job: the values of each of its runs."""
    found: list[dict[str, str]] = job.get("strategy", {}).get("matrix", {}).get("include", [{}])
    return found


def _commands(workflow: dict[str, Any]) -> Iterator[str]:
    """What all steps run, with the values of the matrix in place."""
    for job in workflow["jobs"].values():
        for values in _combinations(job):
            for step in job["steps"]:
                yield re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda m: values[m[1]], step.get("run", ""))  # noqa: B023


def _made(command: str) -> list[str]:
    return re.findall(r"\bmake ([a-z-]+)", command)


@pytest.mark.parametrize("workflow", _WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_fits_the_schema(workflow: Path) -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "github-workflows", str(workflow)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("workflow", _WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_calls_targets_and_scripts_that_exist(workflow: Path) -> None:
    commands = list(_commands(_read(workflow)))
    made = set(chain.from_iterable(map(_made, commands)))
    assert made
    assert made <= _TARGETS
    for script in {word for command in commands for word in command.split() if word.startswith(".github/")}:
        assert (_ROOT / script).stat().st_mode & 0o100, script


def test_the_matrix_begins_with_the_oldest_python_and_ends_with_what_counts_coverage() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    runs = _combinations(_read(_ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"])
    pythons = [run["python"] for run in runs]
    assert project["requires-python"] == f">={pythons[0]}"
    assert [run["target"] for run in runs] == [*["test"] * (len(runs) - 1), "coverage"]
    assert {run["rabbitmq"] for run in runs} == {"3.13", "4"}
    assert [run["postgresql"] for run in runs] == ["15", "16", "17", "18"]


def test_hooks_fetch_nothing_and_run_what_make_installs() -> None:
    pins = re.findall(r"^([a-z-]+)==", (_ROOT / "constraints.txt").read_text(), re.MULTILINE)
    for repository in _read(_HOOKS)["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            program, word, *_ = hook["entry"].split()
            assert hook["language"] == "system"
            assert word in _TARGETS if program == "make" else program.removeprefix(".venv/bin/") in pins
