"""click commands whose help is in the user's language.

Their `help` and their parameters' `metavar` are marked sentences; their `epilog` is an example.
"""

from typing import Any

import click

from common.terminal.usage import UsageProblem, placeholder
from common.translation import N_, languages
from common.words.texts import Texts


def _texts(ctx: click.Context) -> Texts:
    texts: Texts = ctx.find_root().obj.texts
    return texts


class LocalisedCommand(click.Command):
    """A command with the common options and its help in the user's language."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        settings["context_settings"] = {"help_option_names": ["-h", "--help"]}
        super().__init__(*args, **settings)
        # They may stand before and after the command. Their values were read before click began, so that
        # errors come in the right language and form; here click learns that they are allowed.
        self.params += [
            click.Option(["--json"], is_flag=True, expose_value=False, help=N_("Print JSON.")),
            click.Option(
                ["--lang"], type=click.Choice(languages()), expose_value=False, help=N_("Language: id or en.")
            ),
            click.Option(["--verbose"], is_flag=True, expose_value=False),
        ]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click's parser does not say whose option lacks its value
            raise

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        texts = _texts(ctx)
        arguments = [each for each in self.get_params(ctx) if isinstance(each, click.Argument)]
        options = texts("OPTIONS")
        return [f"[{options}]", *(_argument(each, ctx, texts) for each in arguments)]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))
        usage = _texts(ctx)(N_("Usage"))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{usage}: ")

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        texts = _texts(ctx)
        self.format_usage(ctx, formatter)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(texts(str(self.help)))
        if self.epilog:
            formatter.write_paragraph()
            # Not folded: a command is copied as a whole.
            example = texts("Example: {command}", command=self.epilog)
            formatter.write(f"  {example}\n")
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        with formatter.section(texts("Options")):
            formatter.write_dl([_option_row(ctx, each, texts) for each in options])


class LocalisedGroup(LocalisedCommand, click.Group):
    """A group of such commands, listed in the order in which they are defined."""

    command_class = LocalisedCommand

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands:
            raise UsageProblem(
                N_("There is no command {name}."), ctx, known=list(self.commands), name=args[0]
            )
        return super().resolve_command(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), _texts(ctx)(N_("COMMAND [ARGUMENTS]..."))]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help(ctx, formatter)
        texts = _texts(ctx)
        with formatter.section(texts("Commands")):
            formatter.write_dl([(name, texts(str(command.help))) for name, command in self.commands.items()])


version_option = click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _parameter, wanted: _print_version(ctx, wanted),
    help=N_("Print the version."),
)
"""For the group that is a whole program."""


def _print_version(ctx: click.Context, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("antrean")
        except PackageNotFoundError:
            not_installed = _texts(ctx)(N_("not installed"))
            found = f"({not_installed})"
        click.echo(f"{ctx.info_name} {found}")
        ctx.exit()


def _argument(argument: click.Argument, ctx: click.Context, texts: Texts) -> str:
    name = placeholder(argument, ctx, texts)
    if not argument.required:
        name = f"[{name}]"
    return name if argument.nargs == 1 else f"{name}..."


def _option_row(ctx: click.Context, option: click.Option, texts: Texts) -> tuple[str, str]:
    names = ", ".join(option.opts)
    if not option.is_flag:
        names = f"{names} {placeholder(option, ctx, texts)}"
    if "--help" in option.opts:
        return names, texts("Show this help.")
    if "--verbose" in option.opts:
        return names, texts(ctx.find_root().obj.verbose_help)
    return names, texts(str(option.help))
