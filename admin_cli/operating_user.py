"""Who uses this program, for what is recorded of it."""

import os
from contextlib import suppress
from getpass import getuser
from typing import Final

_PREFIX: Final = "os:"
"""No member of the staff has a colon in the name."""

_LENGTH_MAX: Final = 40  # of `access_log.username`


def operating_user() -> str:
    """`os:budi`: the operating system's user, for operators share one user of broker and database; `os:1000`
    where the system has no name for it."""
    name = str(os.getuid()) if hasattr(os, "getuid") else ""
    with suppress(ImportError, KeyError):
        import pwd  # not on every system

        name = pwd.getpwuid(os.getuid()).pw_name
    return f"{_PREFIX}{name or getuser()}"[:_LENGTH_MAX]
