"""The commands of `antrean-admin`: as of every program, but `--json` belongs only to those that show data."""

from collections.abc import Callable
from typing import Any, ClassVar

import click

from common.terminal.localised import LocalisedCommand, LocalisedGroup


class AdminCommand(LocalisedCommand):
    """A command whose help is in the operator's language."""

    takes_json: ClassVar[bool] = False


class AdminGroup(AdminCommand, LocalisedGroup):
    """A group of such commands."""

    command_class = AdminCommand


def json_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--json`, whose value program.py reads before click begins, so that errors come as JSON too."""
    return click.option("--json", is_flag=True, expose_value=False, help="help.json")
