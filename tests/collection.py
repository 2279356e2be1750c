"""How the tests are collected at less cost: each process reads all files, and runs some of them."""

import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_TESTS = Path(__file__).parent


@contextmanager
def kept_out_of_garbage_collection() -> Iterator[None]:
    """What the block makes stays until the end, and nobody looks through it for garbage again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


def read_own_share(config: pytest.Config) -> None:
    """In one of several processes, reads a share of the files before all others.

    Most of the work is what pytest makes of `assert`, which it keeps in `__pycache__`: so each file is worked
    at once in a clean checkout, not by all processes at the same time.
    """
    if (process := getattr(config, "workerinput", None)) is None:
        return
    asked = [Path(each.partition("::")[0]).resolve() for each in config.args]
    files = [
        path for path in sorted(_TESTS.rglob("test_*.py")) if any(map(path.resolve().is_relative_to, asked))
    ]
    for path in files[int(process["workerid"].removeprefix("gw")) :: process["workercount"]]:
        with suppress(Exception):  # whoever collects it says what is wrong with it
            importlib.import_module(".".join(path.relative_to(_TESTS.parent).with_suffix("").parts))
