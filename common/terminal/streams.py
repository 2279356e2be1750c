"""The standard streams: characters that a terminal lacks, colours, and output that cannot be written."""

import codecs
import io
import json
import os
import sys
import traceback
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import click

from antrean_client.visible_text import visible_lines
from common.settings import colours_wanted, plain_text_wanted

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_ASCII_ERRORS: Final = "antrean.plain"

_ASCII: Final = "antrean_ascii"
"""ASCII under a name that click does not know. It takes a stream whose encoding is `ascii` for a mistake, and
writes UTF-8 past it."""

_ASCII_SIGNS: Final = str.maketrans("·–—±★▶’‘“”…→×─│╭╮╰╯", "---~*>''\"\".>x-|++++")
"""What stands for the signs that our texts use, one for one, so that columns stay straight."""


class _RecordingOutput(io.FileIO):
    """Standard output, which remembers that a write has failed."""

    failed: OSError | None = None

    def write(self, data: "ReadableBuffer", /) -> int | None:  # type: ignore[override] # None: would block
        try:
            return super().write(data)
        except OSError as error:
            self.failed = error
            raise


def prepare_streams() -> None:
    """Makes the standard streams fit for everything that is printed.

    A standard output that was closed before this program started takes nothing and fails: its result is not
    wanted, but what was done has to be told.
    """
    codecs.register_error(_ASCII_ERRORS, _as_ascii)
    codecs.register(_own_ascii)
    for name, flags, mode in (
        ("stdin", os.O_RDONLY, "r"),
        ("stdout", os.O_RDONLY, "w"),
        ("stderr", os.O_WRONLY, "w"),
    ):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            is_ascii = plain_text_wanted() or codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding=_ASCII if is_ascii else None, errors=_ASCII_ERRORS)
    if isinstance(sys.stdout, io.TextIOWrapper) and isinstance(_raw(sys.stdout), io.FileIO):
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(_RecordingOutput(sys.stdout.fileno(), "w", closefd=False)),
            encoding=sys.stdout.encoding,
            errors=_ASCII_ERRORS,
            # An unbuffered stream has no buffer of ours behind it; lines are written at once all the same.
            line_buffering=sys.stdout.line_buffering or sys.stdout.write_through,
        )


def writes_unicode() -> bool:
    """Whether standard output takes every character; where not, frames are drawn in ASCII."""
    return _is_unicode(sys.stdout, sys.__stdout__)


def as_receipt_printers_write(text: str) -> str:
    """The text with signs in place of the letters that receipt printers lack, one for one: they have those of
    code page 437, blocks among them. After `prepare_streams`."""
    return text.encode("cp437", errors=_ASCII_ERRORS).decode("cp437")


def json_text(value: Any, *, err: bool = False, indent: int | None = None) -> str:
    """JSON for a standard stream; with escapes for what the stream does not take, or a terminal obeys."""
    takes_all = _is_unicode(sys.stderr, sys.__stderr__) if err else writes_unicode()
    text = json.dumps(value, ensure_ascii=not takes_all, indent=indent)
    # What JSON leaves as it is stands in strings, where its escape means the same.
    return "".join(_json_escaped(each) if not each.isprintable() else each for each in text)


def print_traceback(error: BaseException) -> None:
    """Writes where an error comes from to standard error."""
    echo(visible_lines("".join(traceback.format_exception(error)).rstrip("\n")), err=True)


def echo(text: str, *, err: bool = False) -> None:
    """Writes a line, in colours only where they are wanted."""
    click.echo(text, err=err, color=colours())


def colours() -> bool | None:
    """False where no colours are wanted, else None: where the output is a terminal."""
    return None if colours_wanted() else False


def output_error(error: BaseException | None = None) -> OSError | None:
    """Why standard output could not be written, if that is so; `error` is what ended the program."""
    try:
        sys.stdout.flush()
    except OSError as failed:
        return failed
    output = _raw(sys.stdout)
    if isinstance(output, _RecordingOutput) and output.failed is not None:
        return output.failed
    return error if isinstance(error, BrokenPipeError) else None


def flush_or_discard() -> None:
    """Writes what is left; what cannot be written cannot be at the exit either: spares Python's complaint."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _json_escaped(character: str) -> str:
    return character if character == "\n" else json.dumps(character)[1:-1]


def _is_unicode(stream: Any, original: Any) -> bool:
    # The live console puts something without an encoding in the place of a standard stream.
    encoding = getattr(stream, "encoding", None) or getattr(original, "encoding", None) or ""
    return str(encoding).lower().startswith("utf")


def _own_ascii(name: str) -> codecs.CodecInfo | None:
    if name != _ASCII:
        return None
    known = codecs.lookup("ascii")
    return codecs.CodecInfo(
        known.encode,
        known.decode,
        known.streamreader,
        known.streamwriter,
        known.incrementalencoder,
        known.incrementaldecoder,
        name=_ASCII,
    )


def _raw(stream: Any) -> object:
    buffer = getattr(stream, "buffer", None)
    # Where Python runs unbuffered (`-u`, PYTHONUNBUFFERED), the buffer is the raw file itself.
    return getattr(buffer, "raw", buffer)


def _as_ascii(error: Any) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(map(_ascii_sign, missing)), error.end


def _ascii_sign(letter: str) -> str:
    plain = letter.translate(_ASCII_SIGNS)
    if plain == letter:
        plain = unicodedata.normalize("NFKD", letter)[0]
    return plain if plain.isascii() else "?"
