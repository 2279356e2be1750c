"""What is wrong with a command line, as one sentence that says what to write instead.

The sentence never repeats a value that could be a patient's, and has none of click's own words.
"""

import shlex
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click

from common.words.texts import Texts

_SIMILAR_MAX: Final = 3


class UsageProblem(click.UsageError):
    """Words that cannot be understood, as `message` says with these values; `known` are the words that could
    have been meant by `name` among them."""

    def __init__(
        self, message: str, ctx: click.Context | None = None, *, known: list[str] | None = None, **values: str
    ) -> None:
        super().__init__(message, ctx or click.get_current_context(silent=True))
        self.known = known or []
        self.values = values


class ExplainedChoice(click.Choice[str]):
    """A choice among codes; `meanings` are marked words for them."""

    def __init__(self, choices: Sequence[str], meanings: Mapping[str, str]) -> None:
        super().__init__(choices)
        self.meanings = meanings


def usage_sentence(error: click.UsageError, texts: Texts) -> str:
    """What is wrong with the words of a command line, and how to get help."""
    sentence = _what_is_wrong(error, texts)
    if error.ctx is None:
        return sentence
    hint = texts("Help: {command}", command=help_command(error.ctx))
    return f"{sentence} {hint}"


def similar(word: str, known: list[str]) -> list[str]:
    """Those of the known words that could be meant, the likeliest first."""
    return get_close_matches(word, known, n=_SIMILAR_MAX)


def placeholder(parameter: click.Parameter, ctx: click.Context, texts: Texts) -> str:
    """What stands for the value of an argument or option in help: its choices, or its metavar."""
    if isinstance(parameter.type, click.Choice):
        return parameter.type.get_metavar(parameter, ctx) or ""
    return _metavar(parameter, texts)


def help_command(ctx: click.Context) -> str:
    """What shows a command's help, as it can be typed: with the program's path, if it was started by one."""
    name, _, rest = ctx.command_path.partition(" ")
    if Path(sys.argv[0]).name == name:
        from shutil import which

        name = name if which(name) == sys.argv[0] else shlex.quote(sys.argv[0])
    return f"{f'{name} {rest}'.rstrip()} --help"


def _what_is_wrong(error: click.UsageError, texts: Texts) -> str:
    match error:
        case UsageProblem():
            sentence = texts(
                error.message, **{name: _on_one_line(each) for name, each in error.values.items()}
            )
            return _with_similar(sentence, similar(error.values.get("name", ""), error.known), texts)
        case click.MissingParameter():
            return texts("{name} is missing.", name=_parameter_name(error, texts))
        case click.BadParameter():
            return _bad_value(error, texts)
        case click.NoSuchOption():
            sentence = texts("There is no option {name}.", name=_on_one_line(error.option_name))
            return _with_similar(sentence, error.possibilities or [], texts)
        case click.BadOptionUsage():
            return texts(
                "The value for {name} is missing, or this option takes none.", name=error.option_name
            )
    return texts("This command has a word too many or too few.")


def _with_similar(sentence: str, names: list[str], texts: Texts) -> str:
    if not names:
        return sentence
    question = texts("Did you mean: {names}?", names=", ".join(names))
    return f"{sentence} {question}"


def _bad_value(error: click.BadParameter, texts: Texts) -> str:
    sentence = texts("The value for {name} cannot be used.", name=_parameter_name(error, texts))
    expected = _expected(error.param.type, texts) if error.param else None
    return f"{sentence} {expected}" if expected else sentence


def _expected(kind: "click.ParamType[Any]", texts: Texts) -> str | None:
    """What a value of this kind has to be."""
    match kind:
        case click.Choice():
            meanings = kind.meanings if isinstance(kind, ExplainedChoice) else {}
            choices = ", ".join(_choice(str(each), meanings, texts) for each in kind.choices)
            return texts("Choose one of: {choices}.", choices=choices)
        case click.IntRange() | click.FloatRange() if kind.min is not None and kind.max is not None:
            bounds = {"lowest": f"{kind.min:g}", "highest": f"{kind.max:g}"}
            return texts("Write a number from {lowest} to {highest}.", **bounds)
        case click.IntRange() | click.FloatRange():
            lowest = f"{kind.min or 0:g}"
            return texts("Write a number from {lowest} on.", lowest=lowest)
    if kind is click.INT:
        return texts("Write a whole number, such as 2.")
    return texts("Write the request id just as the message gave it.") if kind is click.UUID else None


def _choice(value: str, meanings: Mapping[str, str], texts: Texts) -> str:
    """A value to choose, with its meaning where it has one."""
    return f"{value} ({texts(meanings[value])})" if value in meanings else value


def _on_one_line(word: str) -> str:
    """A word as it was given; in quotes where it has none, or line feeds and control characters."""
    return word if word and word.isprintable() else repr(word)


def _parameter_name(error: click.BadParameter, texts: Texts) -> str:
    if error.param is None or error.ctx is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Option):
        return error.param.opts[0]
    return _metavar(error.param, texts)


def _metavar(parameter: click.Parameter, texts: Texts) -> str:
    return texts(parameter.metavar or str(parameter.name).upper())
