"""click commands whose help is in the user's language: their `help` texts are keys of the program's texts,
their `epilog` is an example."""

from typing import Any

import click

from common.terminal.failures import NoSuchCommand
from common.terminal.session import Session
from common.terminal.texts import LANGUAGES, Texts


def _texts(ctx: click.Context) -> Texts:
    session: Session = ctx.find_root().obj
    return session.texts


def _common_options() -> list[click.Parameter]:
    """Options that may stand before and after the command. Their values were read by program.py before
    click began; here click learns that they are allowed."""
    return [
        click.Option(["--json"], is_flag=True, expose_value=False, help="help.json"),
        click.Option(["--lang"], type=click.Choice(LANGUAGES), expose_value=False, help="help.lang"),
        click.Option(["--verbose"], is_flag=True, expose_value=False, help="help.verbose"),
    ]


class LocalisedCommand(click.Command):
    """A command with the common options and its help in the user's language."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params.extend(_common_options())

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        texts = _texts(ctx)
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{texts('help.usage')}: ")
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(texts(self.help or ""))
        if self.epilog:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(texts("help.example", command=self.epilog))
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        with formatter.section(texts("help.options")):
            formatter.write_dl([_option_row(ctx, each, texts) for each in options])


class LocalisedGroup(LocalisedCommand, click.Group):
    """A group of such commands, listed in the order in which they are defined."""

    command_class = LocalisedCommand

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        version = click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="help.version",
        )
        self.params.insert(0, version)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands:
            raise NoSuchCommand(args[0], ctx)
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help(ctx, formatter)
        texts = _texts(ctx)
        with formatter.section(texts("help.commands")):
            formatter.write_dl([(name, texts(command.help or "")) for name, command in self.commands.items()])


def _print_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"{ctx.info_name} {version('antrean')}")
        except PackageNotFoundError:
            click.echo(f"{ctx.info_name} (not installed)")
        ctx.exit()


def _option_row(ctx: click.Context, option: click.Option, texts: Texts) -> tuple[str, str]:
    names = ", ".join(option.opts)
    if not option.is_flag:
        names = f"{names} {option.make_metavar(ctx)}"
    return names, texts("help.help" if "--help" in option.opts else option.help or "")
