"""How this program came here: what of Antrean is installed, and what starts the whole system."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from common.errors import NotInstalled
from common.translation import N_

Extra = Literal["desk", "events", "server", "traces", "web"]
"""A part of Antrean beyond the patient's command: an extra of the package, as pyproject.toml defines it."""

MODULES: Final[dict[Extra, tuple[str, ...]]] = {
    "desk": ("segno", "textual"),
    "events": ("pydantic", "standardwebhooks"),
    "server": (
        "alembic",
        "cloudevents",
        "cryptography",
        "prometheus_client",
        "psycopg",
        "pydantic",
        "sqlalchemy",
        "structlog",
        "textual",
        "typing_extensions",
    ),
    "traces": ("opentelemetry.exporter.otlp.proto.http", "opentelemetry.sdk"),
    "web": (
        "cryptography",
        "http_ece",
        "jinja2",
        "prometheus_client",
        "py_vapid",
        "pydantic",
        "segno",
        "sse_starlette",
        "starlette",
        "structlog",
        "typing_extensions",
        "uvicorn",
    ),
}
"""What is imported of each extra."""


def require_extra(program: str, extra: Extra) -> None:
    """Returns if the libraries of `extra`, which `program` needs, are there; imports none of them.

    Raises NotInstalled with the command that installs them.
    """
    missing = [module for module in MODULES[extra] if not _is_there(module)]
    if missing:
        python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
        # In quotes, since shells take brackets for a pattern; in double ones, since Windows knows no others.
        command = f'{python} -m pip install "antrean[{extra}]"'
        raise NotInstalled(
            N_("{program} is not fully installed ({libraries} missing): run `{command}`."),
            program=program,
            libraries=", ".join(missing),
            command=command,
        )


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package that it would be in
        return False


def start_command() -> str:
    """What starts the whole system on this machine: `make up` in a checkout, else the installed program."""
    return "make up" if (Path(__file__).parents[1] / "Makefile").is_file() else "antrean-stack up"
