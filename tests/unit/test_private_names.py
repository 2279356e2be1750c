"""No private name of a library is used but those in the table of common/messaging/readable_connection.py."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pika

from common.messaging import readable_connection

ROOT = Path(__file__).parents[2]

_PUBLIC_ALL_THE_SAME = {"_replace", "_make", "_asdict", "_fields", "_exit"}
"""Of Python's own, documented: those of named tuples, and `os._exit`."""


def sources() -> Iterator[Path]:
    """All that is not tests."""
    for path in ROOT.glob("*/**/*.py"):
        if path.relative_to(ROOT).parts[0] not in ("tests", "build") and ".venv" not in path.parts:
            yield path


def is_private(name: str) -> bool:
    """Whether a name begins with one underscore."""
    return name.startswith("_") and not name.startswith("__") and len(name) > 1


def defined(tree: ast.AST) -> Iterator[str]:
    """The names that a module gives to things of its own."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Attribute(attr=name, ctx=ast.Store()) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.arg(arg=name):
                yield name


def used(tree: ast.AST) -> Iterator[str]:
    """The private names that a module reads of other things: attributes, imports and named arguments."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) if is_private(name):
                yield name
            case ast.keyword(arg=str(name)) if is_private(name):
                yield name
            case ast.ImportFrom(names=names):
                yield from (each.name for each in names if is_private(each.name))


def in_the_table() -> set[str]:
    """The private names that readable_connection.py says it uses."""
    assert readable_connection.__doc__ is not None
    return set(re.findall(r"^\| `[\w.(]*?(_\w+)", readable_connection.__doc__, re.MULTILINE))


def test_no_other_private_name_of_a_library_is_used() -> None:
    trees = {path: ast.parse(path.read_text()) for path in sources()}
    ours = {name for tree in trees.values() for name in defined(tree)}
    foreign: dict[str, set[str]] = {}
    for path, tree in trees.items():
        for name in set(used(tree)) - ours - _PUBLIC_ALL_THE_SAME:
            foreign.setdefault(name, set()).add(str(path.relative_to(ROOT)))
    assert foreign == {name: {"common/messaging/readable_connection.py"} for name in in_the_table()}


def test_the_private_names_that_are_used_exist() -> None:
    assert in_the_table() == {"_impl_class", "_start_connection_workflow"}
    assert "_impl_class" in inspect.signature(pika.BlockingConnection).parameters
    assert hasattr(pika.SelectConnection, "_start_connection_workflow")


def test_no_library_is_changed() -> None:
    """Nothing is assigned to a module of a library, or to a class of one."""
    libraries = {"pika", "psycopg", "sqlalchemy", "structlog", "click", "pydantic"}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                root = node.value
                while isinstance(root, ast.Attribute):
                    root = root.value
                assert not (isinstance(root, ast.Name) and root.id in libraries), f"{path}:{node.lineno}"
