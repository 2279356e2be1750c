"""Secrets in files of their own: `ANTREAN_AMQP_URL_FILE` names the file that holds `ANTREAN_AMQP_URL`.

The environment of a process is inherited by what it starts, and shown by tools that look into processes; a
file is neither, and can be written again while its readers run.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from common.errors import SettingsError
from common.translation import N_
from common.trusted_files import FileNotTrusted, check_secret, read_secret

FILE: Final = "_FILE"

Variables = Mapping[str, str | None]


def laid_over(under: Variables, over: Variables, secrets: list[str]) -> dict[str, str | None]:
    """`over` before `under`: one of these secrets that it has in one form hides the other form, too."""
    hidden = {
        form for name in secrets if over.get(name) or over.get(name + FILE) for form in (name, name + FILE)
    }
    return {name: value for name, value in under.items() if name not in hidden} | {**over}


def secret_in(variables: Variables, name: str) -> str | None:
    """The secret as it is given, or what its file holds; None where there is neither. Raises SettingsError
    where the file cannot be used."""
    if value := variables.get(name):
        return value
    file = variables.get(name + FILE)
    return read_secret_file(name + FILE, Path(file)) if file else None


def read_secret_file(variable: str, path: Path) -> str:
    """The secret in the file that `variable` names; raises SettingsError where it cannot be read, holds
    nothing, or is not only its user's."""
    try:
        secret = read_secret(path).strip()
    except FileNotTrusted as error:
        raise SettingsError(error.reason.of_settings, path=error.path) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            N_("{variable} cannot be used: the file {file} cannot be read."), variable=variable, file=path
        ) from error
    if not secret:
        raise SettingsError(
            N_("{variable} cannot be used: the file {file} is empty."), variable=variable, file=path
        )
    return secret


def see_that_it_is_secret(path: Path) -> None:
    """Raises SettingsError where others can read or change a file. A missing one is told by who opens it."""
    with suppress(FileNotFoundError):
        try:
            check_secret(path, path.stat())
        except FileNotTrusted as error:
            raise SettingsError(error.reason.of_settings, path=error.path) from error
