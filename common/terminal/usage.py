"""What is wrong with a command line, as one sentence that says what to write instead.

The sentence never repeats a value that could be a patient's, and has none of click's own words.
"""

import shlex
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click

from common.terminal.texts import Texts

_SIMILAR_MAX: Final = 3


class UsageProblem(click.UsageError):
    """Words that cannot be understood, as the program's text `key` says with these values; `known` are the
    words that could have been meant by `name` among them."""

    def __init__(
        self, key: str, ctx: click.Context | None = None, *, known: list[str] | None = None, **values: str
    ) -> None:
        super().__init__(key, ctx or click.get_current_context(silent=True))
        self.known = known or []
        self.values = values


def usage_sentence(error: click.UsageError, texts: Texts) -> str:
    """What is wrong with the words of a command line, and how to get help."""
    sentence = _what_is_wrong(error, texts)
    if error.ctx is None:
        return sentence
    return f"{sentence} {texts('usage.help_hint', command=help_command(error.ctx))}"


def similar(word: str, known: list[str]) -> list[str]:
    """Those of the known words that could be meant, the likeliest first."""
    return get_close_matches(word, known, n=_SIMILAR_MAX)


def placeholder(parameter: click.Parameter, ctx: click.Context, texts: Texts) -> str:
    """What stands for the value of an argument or option in help: its choices, or a word for it."""
    if isinstance(parameter.type, click.Choice):
        return parameter.type.get_metavar(parameter, ctx) or ""
    return texts(f"metavar.{parameter.name}")


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
        case _ if error.message in texts:
            return texts(error.message)
        case click.MissingParameter():
            return texts("usage.missing", name=_parameter_name(error, texts))
        case click.BadParameter():
            return _bad_value(error, texts)
        case click.NoSuchOption():
            sentence = texts("usage.no_such_option", name=_on_one_line(error.option_name))
            return _with_similar(sentence, error.possibilities or [], texts)
        case click.BadOptionUsage():
            return texts("usage.needs_value", name=error.option_name)
    return texts("usage.unreadable")


def _with_similar(sentence: str, names: list[str], texts: Texts) -> str:
    return f"{sentence} {texts('usage.did_you_mean', names=', '.join(names))}" if names else sentence


def _bad_value(error: click.BadParameter, texts: Texts) -> str:
    sentence = texts("usage.bad_value", name=_parameter_name(error, texts))
    expected = _expected(error.param.type, texts) if error.param else None
    return f"{sentence} {expected}" if expected else sentence


def _expected(kind: "click.ParamType[Any]", texts: Texts) -> str | None:
    """What a value of this kind has to be."""
    match kind:
        case click.Choice():
            choices = ", ".join(_choice(str(each), texts) for each in kind.choices)
            return texts("usage.choose", choices=choices)
        case click.IntRange() | click.FloatRange() if kind.min is not None and kind.max is not None:
            return texts("usage.number_between", lowest=f"{kind.min:g}", highest=f"{kind.max:g}")
        case click.IntRange() | click.FloatRange():
            return texts("usage.number_from", lowest=f"{kind.min or 0:g}")
    if kind is click.INT:
        return texts("usage.whole_number")
    return texts("usage.uuid") if kind is click.UUID else None


def _choice(value: str, texts: Texts) -> str:
    """A value to choose, with its meaning where the word itself is a code."""
    key = f"choice.{value}"
    return f"{value} ({texts(key)})" if key in texts else value


def _on_one_line(word: str) -> str:
    """A word as it was given; with its line feeds and control characters, if any, made visible."""
    return word if word and word.isprintable() else repr(word)


def _parameter_name(error: click.BadParameter, texts: Texts) -> str:
    if error.param is None or error.ctx is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Option):
        return error.param.opts[0]
    return texts(f"metavar.{error.param.name}")
