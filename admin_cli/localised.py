"""click commands whose help is in the operator's language: their `help` texts are keys of texts.py."""

from collections.abc import Callable
from typing import Any

import click

from admin_cli.session import Session
from admin_cli.texts import LANGUAGES, Texts


def _texts(ctx: click.Context) -> Texts:
    session: Session = ctx.find_root().obj
    return session.texts


class LocalisedOption(click.Option):
    """An option whose help is a key of texts.py."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        return record and (record[0], _texts(ctx)(self.help or ""))


def json_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--json`, whose value program.py reads before click begins, so that errors come as JSON too."""
    return click.option("--json", cls=LocalisedOption, is_flag=True, expose_value=False, help="help.json")


class LocalisedCommand(click.Command):
    """A command with the options that all have, and its help in the operator's language."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        # Read by program.py before click begins; here click learns that they are allowed.
        self.params += [
            LocalisedOption(["--lang"], type=click.Choice(LANGUAGES), expose_value=False, help="help.lang"),
            LocalisedOption(["--verbose"], is_flag=True, expose_value=False, help="help.verbose"),
        ]

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - click's signature
        return _texts(click.get_current_context())(self.help or "")

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = _texts(ctx)("help.help")
        return found

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_texts(ctx)(self.help or ""))


class LocalisedGroup(LocalisedCommand, click.Group):
    """A group of such commands, listed in the order in which they were added."""

    command_class = LocalisedCommand
    group_class = type

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)
