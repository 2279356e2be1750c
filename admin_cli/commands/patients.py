"""`antrean-admin patients`: whom a hospital knows, kept as keyed hashes."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click

from admin_cli.registry_errors import RegistryRefused
from admin_cli.session import AdminSession, pass_changing_session, pass_session
from common.terminal.layout import fold, terminal_width
from common.terminal.localised import LocalisedGroup
from common.terminal.output import print_json
from common.terminal.usage import UsageProblem
from common.translation import N_

if TYPE_CHECKING:
    from admin_cli.database.registry_changes import RegistryState
    from admin_cli.patients_file import PatientLine
    from common.registry_key import RegistryKey

_LINES_SHOWN_MAX: Final = 20

_skip_unreadable = click.option(
    "--skip-unreadable", is_flag=True, help=N_("Leave out lines that cannot be read, and end with 0.")
)


@dataclass
class _Progress:
    """Lines that named a patient, how many of these made a difference, and the lines that cannot be read."""

    lines: int = 0
    changed: int = 0
    unreadable: list[int] = field(default_factory=list)


@click.group(
    "patients",
    cls=LocalisedGroup,
    help=N_('Whom a hospital knows: for hospitals with identity = "registry" in the catalog.'),
)
def patients() -> None:
    pass


@patients.command(
    "import",
    help=N_(
        "Add the patients in a CSV file to the registry of a hospital, or replace it. FILE has a medical"
        " record number and a date of birth on each line; - reads standard input. Only keyed hashes of them"
        " are kept (ANTREAN_REGISTRY_KEY). It can be interrupted and run again."
    ),
)
@click.argument("hospital", metavar=N_("HOSPITAL"))
@click.argument("file", metavar=N_("FILE"))
@click.option(
    "--replace", is_flag=True, help=N_("Put these patients in the place of all others, at once, at the end.")
)
@_skip_unreadable
@pass_changing_session
def import_patients(
    session: AdminSession, hospital: str, file: str, *, replace: bool, skip_unreadable: bool
) -> None:
    from admin_cli.database import registry_changes
    from admin_cli.database.connection import open_database

    url, key, now = session.settings.require_database_url(), _key(session), session.settings.clock().now
    hospital, progress = hospital.upper(), _Progress()
    with _opened(file) as lines, open_database(url) as engine:
        filling = registry_changes.begin_filling(engine, hospital, key, now(), replace=replace)
        for digests in _digests(session, lines, hospital, key, progress):
            progress.changed += registry_changes.add_patients(engine, filling, digests)
        if not filling.is_in_force:
            _see_that_all_was_read(progress, skip_unreadable=skip_unreadable)
        registry_changes.end_filling(engine, filling, now())
        [state] = registry_changes.registry_states(engine, [hospital])
    value = {
        "hospital": hospital,
        "replaced": not filling.is_in_force,
        "added": progress.changed,
        "patients": state.patients,
        "unreadable_lines": progress.unreadable,
    }
    session.report(
        value,
        lambda: session.texts(
            "Patients added to the registry of {hospital}: {added}; it knows {patients} now.", **value
        ),
    )
    _tell_unreadable(session, progress, skip_unreadable=skip_unreadable)


@patients.command("count", help=N_("How many patients each registry knows, and whether its key is set here."))
@click.argument("hospitals", metavar=N_("HOSPITAL"), nargs=-1)
@pass_session
def count(session: AdminSession, hospitals: tuple[str, ...]) -> None:
    from admin_cli.database.connection import open_database
    from admin_cli.database.registry_changes import registry_states

    url, key = session.settings.require_database_url(), session.settings.read_registry_key()
    with open_database(url) as engine:
        states = registry_states(engine, [code.upper() for code in hospitals])
    if session.as_json:
        print_json([_as_json(state, key) for state in states])
    elif not states:
        session.say("No hospital has a registry. Make one with: antrean-admin patients import HOSPITAL FILE")
    else:
        for state in states:
            click.echo("\n".join(fold(_in_words(session, state, key), terminal_width())))


@patients.command(
    "remove",
    help=N_("Take the patients in a file (as for import) out of the registry of a hospital, or (--all) all."),
)
@click.argument("hospital", metavar=N_("HOSPITAL"))
@click.argument("file", metavar=N_("FILE"), required=False)
@click.option("--all", "everybody", is_flag=True, help=N_("Remove the whole registry."))
@_skip_unreadable
@pass_changing_session
def remove(
    session: AdminSession, hospital: str, file: str | None, *, everybody: bool, skip_unreadable: bool
) -> None:
    from admin_cli.database import registry_changes
    from admin_cli.database.connection import open_database

    if everybody == (file is not None):
        raise UsageProblem(N_("Name a file of patients, or --all."))
    url, key = session.settings.require_database_url(), None if everybody else _key(session)
    hospital, progress = hospital.upper(), _Progress()
    opened = nullcontext(None) if file is None else _opened(file)
    with opened as lines, open_database(url) as engine:
        [before] = registry_changes.registry_states(engine, [hospital])
        if lines is None or key is None:
            registry_changes.remove_registry(engine, hospital)
            progress.changed = before.patients
        else:
            for digests in _digests(session, lines, hospital, key, progress):
                progress.changed += registry_changes.remove_patients(engine, hospital, key, digests)
        [state] = registry_changes.registry_states(engine, [hospital])
    value = {
        "hospital": hospital,
        "removed": progress.changed,
        "patients": state.patients,
        "unreadable_lines": progress.unreadable,
    }
    session.report(
        value,
        lambda: session.texts(
            "Patients taken out of the registry of {hospital}: {removed}; it knows {patients} now.", **value
        ),
    )
    _tell_unreadable(session, progress, skip_unreadable=skip_unreadable)


# --- the file -------------------------------------------------------------------------------------------


def _key(session: AdminSession) -> "RegistryKey":
    return session.settings.require_registry_key()


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """The file, or standard input."""
    try:
        if file == "-":
            yield sys.stdin.buffer
        else:
            with Path(file).open("rb") as lines:
                yield lines
    except OSError as error:
        raise RegistryRefused(
            N_("{file} cannot be read: {reason}."), file=file, reason=error.strerror or error
        ) from error


def _digests(
    session: AdminSession, file: BinaryIO, hospital: str, key: "RegistryKey", progress: _Progress
) -> Iterator[Sequence[bytes]]:
    """The patients in the file as they are kept, so many at once as a transaction takes."""
    from admin_cli.database.registry_changes import ROWS_AT_ONCE
    from admin_cli.patients_file import read_patients

    lines, watched = read_patients(file), sys.stderr.isatty() and not session.as_json
    while some := list(islice(lines, ROWS_AT_ONCE)):
        if digests := [key.digest(hospital, *each.patient) for each in some if each.patient is not None]:
            yield digests
        _note(progress, some)
        if watched:
            text = session.texts("{lines} lines", lines=progress.lines + len(progress.unreadable))
            click.echo(f"\r{text}\033[K", nl=False, err=True)
    if watched:
        click.echo("\r\033[K", nl=False, err=True)


def _note(progress: _Progress, some: "Sequence[PatientLine]") -> None:
    progress.unreadable += [line.number for line in some if line.patient is None]
    progress.lines += sum(line.patient is not None for line in some)


def _see_that_all_was_read(progress: _Progress, *, skip_unreadable: bool) -> None:
    """Nothing comes into force by half, or by nothing."""
    if not progress.lines:
        raise RegistryRefused(N_("Nothing came into force: the file names no patient that can be read."))
    if progress.unreadable and not skip_unreadable:
        raise RegistryRefused(
            N_(
                "Nothing came into force: lines that cannot be read: {lines}. Correct them and import again,"
                " or leave them out with --skip-unreadable."
            ),
            lines=_shown(progress.unreadable),
        )


def _tell_unreadable(session: AdminSession, progress: _Progress, *, skip_unreadable: bool) -> None:
    """The lines that were left out, by their numbers: what stands there is somebody's data."""
    if not progress.unreadable:
        return
    sentence = N_("Lines that cannot be read were left out: {lines}.")
    if not skip_unreadable:
        raise RegistryRefused(sentence, lines=_shown(progress.unreadable))
    session.note(session.texts(sentence, lines=_shown(progress.unreadable)))


def _shown(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_LINES_SHOWN_MAX]))
    return f"{shown} ... ({len(numbers)})" if len(numbers) > _LINES_SHOWN_MAX else shown


# --- what is shown --------------------------------------------------------------------------------------


def _key_fits(state: "RegistryState", key: "RegistryKey | None") -> bool | None:
    """Whether the key that is set here is that of the registry; None where either is missing."""
    return None if key is None or state.key_check is None else state.key_check == key.check


def _as_json(state: "RegistryState", key: "RegistryKey | None") -> dict[str, Any]:
    return {
        "hospital": state.hospital,
        "patients": state.patients,
        "changed_at": state.changed_at and state.changed_at.isoformat(),
        "key_fits": _key_fits(state, key),
    }


def _in_words(session: AdminSession, state: "RegistryState", key: "RegistryKey | None") -> str:
    texts = session.texts
    if state.changed_at is None:
        return texts("{hospital} has no registry.", hospital=state.hospital)
    words = texts(
        "{hospital}: {patients} patients, last changed {moment}",
        hospital=state.hospital,
        patients=state.patients,
        moment=state.changed_at.isoformat(timespec="seconds"),
    )
    if _key_fits(state, key) is False:
        words += texts("; made with another key than the one that is set here")
    return words
