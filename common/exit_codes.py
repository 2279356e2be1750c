"""The exit codes of all programs and workers; docs/operations.md describes them for those who run them."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a process ended, for the shell or supervisor that started it."""

    DONE = 0
    REFUSED = 1
    """It was understood and not done, or what was checked is not right."""
    USAGE = 2
    """Words of the command line, or settings, that cannot be used."""
    UNAVAILABLE = 69
    """The broker or the database cannot be reached, or refuses this user."""
    FAULT = 70
    """A fault in the program itself."""
    NOT_PRINTED = 74
    """The result could not be written; what was done is on standard error."""
    NO_REPLY = 75
    """No reply in time, or the system is busy: the request may have been carried out."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C."""
    BROKEN_PIPE = 141
    """Nobody reads the output, as a shell reports a program that a closed pipe ended."""
