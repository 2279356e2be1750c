"""How this program came here, as far as advice to its user depends on it."""

from pathlib import Path


def start_command() -> str:
    """What starts the whole system on this machine: `make up` in a checkout, else the installed program."""
    return "make up" if (Path(__file__).parents[1] / "Makefile").is_file() else "antrean-stack up"
