"""`antrean-admin patients`: whom a hospital knows, kept as keyed hashes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from admin_cli.registry_errors import RegistryRefused
from admin_cli.screens import patients_file as view
from admin_cli.screens.patients_file import Progress
from admin_cli.session import AdminSession, pass_changing_session, pass_session
from common.errors import AntreanError
from common.terminal.layout import fold, terminal_width
from common.terminal.localised import LocalisedGroup
from common.terminal.output import print_json
from common.terminal.prompts import confirm
from common.terminal.usage import UsageProblem
from common.translation import N_

if TYPE_CHECKING:
    from admin_cli.database.registry_changes import RegistryState
    from admin_cli.patients_file import PatientLine
    from common.domain.partial_dates import PartialDate
    from common.domain.record_numbers import RecordNumberFormat
    from common.registry_key import RegistryKey
    from common.storage.engine import Engine

_skip_unreadable = click.option(
    "--skip-unreadable", is_flag=True, help=N_("Leave out lines that cannot be read, and end with 0.")
)


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
        " are kept (ANTREAN_REGISTRY_KEY). One number has one date of birth: a later one replaces it. It can"
        " be interrupted and run again."
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
    hospital, progress = hospital.upper(), Progress()
    with _opened(file) as lines, open_database(url) as engine:
        number_format = registry_changes.record_number_format(engine, hospital)
        filling = registry_changes.begin_filling(engine, hospital, key, now(), replace=replace)
        try:
            for some in _read(session, lines, progress, number_format):
                kept = [key.kept(hospital, each.medical_record_number, _born(each)) for each in some]
                progress.note_dates(some, kept)
                added = registry_changes.add_patients(engine, filling, kept)
                progress.changed += added.new
                progress.dates_replaced += added.replaced
            if not filling.is_in_force:
                view.see_that_all_was_read(progress, session.texts, skip_unreadable=skip_unreadable)
        except (RegistryRefused, OSError):
            registry_changes.abandon_filling(engine, filling)
            raise
        registry_changes.end_filling(engine, filling, now())
        [state] = registry_changes.registry_states(engine, [hospital])
    value = {
        "hospital": hospital,
        "replaced": not filling.is_in_force,
        "added": progress.changed,
        "dates_replaced": progress.dates_replaced,
        "patients": state.patients,
        "lines_with_another_date": progress.other_dates,
        "partial_dates": progress.partial_dates,
        **view.unreadable_as_json(progress),
    }
    session.report(
        value,
        lambda: session.texts(
            "Patients added to the registry of {hospital}: {added}; dates of birth replaced:"
            " {dates_replaced}; it knows {patients} now.",
            **value,
        ),
    )
    view.tell_other_dates(session, progress)
    view.tell_partial_dates(session, progress)
    view.tell_unreadable(session, progress, skip_unreadable=skip_unreadable)


def _born(line: "PatientLine") -> "PartialDate":
    assert line.date_of_birth is not None  # else it has a fault
    return line.date_of_birth


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
    help=N_(
        "Take the patients in a file out of the registry of a hospital, or (--all) all. FILE is as for"
        " import; the record number alone is enough, dates of birth are not looked at."
    ),
)
@click.argument("hospital", metavar=N_("HOSPITAL"))
@click.argument("file", metavar=N_("FILE"), required=False)
@click.option("--all", "everybody", is_flag=True, help=N_("Remove the whole registry."))
@click.option("--yes", is_flag=True, help=N_("Do not ask first (--all)."))
@_skip_unreadable
@pass_changing_session
def remove(
    session: AdminSession,
    hospital: str,
    file: str | None,
    *,
    everybody: bool,
    yes: bool,
    skip_unreadable: bool,
) -> None:
    from admin_cli.database.connection import open_database
    from admin_cli.database.registry_changes import registry_states

    if everybody == (file is not None):
        raise UsageProblem(N_("Name a file of patients, or --all."))
    url, hospital, progress = session.settings.require_database_url(), hospital.upper(), Progress()
    key = None if file is None else _key(session)
    with open_database(url) as engine:
        if file is None or key is None:
            _remove_everybody(session, engine, hospital, progress, yes=yes)
        else:
            _remove_those_in(session, engine, hospital, file, key, progress)
        [state] = registry_states(engine, [hospital])
    value = {
        "hospital": hospital,
        "removed": progress.changed,
        "patients": state.patients,
        **view.unreadable_as_json(progress),
    }
    session.report(
        value,
        lambda: session.texts(
            "Patients taken out of the registry of {hospital}: {removed}; it knows {patients} now.", **value
        ),
    )
    view.tell_unreadable(session, progress, skip_unreadable=skip_unreadable)


def _remove_everybody(
    session: AdminSession, engine: "Engine", hospital: str, progress: Progress, *, yes: bool
) -> None:
    from admin_cli.database.registry_changes import registry_states, remove_registry

    [before] = registry_states(engine, [hospital])
    if before.is_begun and not yes:
        if not sys.stdin.isatty():
            raise UsageProblem(N_("A confirmation can be asked for on a terminal only: add --yes."))
        question = session.texts(
            "Remove the whole registry of {hospital}, {patients} patients? [y/n]",
            hospital=hospital,
            patients=before.patients,
        )
        if not confirm(question, session.texts):
            raise AntreanError(session.texts("Nothing was removed."))
    remove_registry(engine, hospital)
    progress.changed = before.patients


def _remove_those_in(
    session: AdminSession,
    engine: "Engine",
    hospital: str,
    file: str,
    key: "RegistryKey",
    progress: Progress,
) -> None:
    from admin_cli.database.registry_changes import record_number_format, remove_patients

    number_format = record_number_format(engine, hospital)
    with _opened(file) as lines:
        for some in _read(session, lines, progress, number_format, with_dates=False):
            numbers = [key.number_digest(hospital, each.medical_record_number) for each in some]
            progress.changed += remove_patients(engine, hospital, key, numbers)


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


def _read(
    session: AdminSession,
    file: BinaryIO,
    progress: Progress,
    number_format: "RecordNumberFormat | None",
    *,
    with_dates: bool = True,
) -> "Iterator[list[PatientLine]]":
    """The patients in the file, so many at once as a transaction takes; what cannot be read is noted."""
    from admin_cli.database.registry_changes import ROWS_AT_ONCE
    from admin_cli.patients_file import read_patients

    lines, watched = (
        read_patients(file, number_format, with_dates=with_dates),
        sys.stderr.isatty() and not session.as_json,
    )
    while some := list(islice(lines, ROWS_AT_ONCE)):
        if readable := [each for each in some if each.fault is None]:
            yield readable
        progress.note(some)
        if watched:
            text = session.texts("{lines} lines", lines=progress.lines + len(progress.unreadable))
            click.echo(f"\r{text}\033[K", nl=False, err=True)
    if watched:
        click.echo("\r\033[K", nl=False, err=True)


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
        "import_ended": state.changed_at is not None if state.is_begun else None,
    }


def _in_words(session: AdminSession, state: "RegistryState", key: "RegistryKey | None") -> str:
    texts = session.texts
    if state.changed_at is None and state.is_begun:
        return texts(
            "{hospital}: its first import has not ended, so nobody is known yet. Import again:"
            " antrean-admin patients import HOSPITAL FILE",
            hospital=state.hospital,
        )
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
