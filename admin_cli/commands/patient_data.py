"""`antrean-admin export-patient` and `erase-patient`: what the law lets a patient ask for."""

import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from admin_cli.operating_user import operating_user
from admin_cli.patient_errors import OpenTickets, PatientRefused
from admin_cli.private_argument import given_or_asked
from admin_cli.session import AdminSession, pass_changing_session, pass_session
from common.domain.ticket_codes import format_ticket_code
from common.domain.tickets import display_number
from common.errors import AntreanError
from common.messages.patient_data import normal_medical_record_number
from common.terminal.localised import LocalisedCommand
from common.terminal.output import print_json
from common.terminal.prompts import confirm
from common.terminal.usage import UsageProblem
from common.translation import N_

if TYPE_CHECKING:
    from admin_cli.database.patient_data import Held, KeptData, Person
    from common.storage.catalog import CatalogCache
    from common.storage.engine import Engine

_CODES: Final = frozenset({"ticket_code", "transferred_to", "sent_from", "return_to"})


@click.command(
    "export-patient",
    cls=LocalisedCommand,
    help=N_(
        "All that is kept on the patient with a medical record number, as JSON: tickets with their events,"
        " and whether the registry knows the number. That you looked is recorded in the access log. NUMBER:"
        " without it, or with -, it is asked for, or read from standard input, so that it does not stand in"
        " the shell's history."
    ),
)
@click.argument("hospital", metavar=N_("HOSPITAL"))
@click.argument("number", metavar=N_("NUMBER"), required=False)
@pass_session
def export_patient(session: AdminSession, hospital: str, number: str | None) -> None:
    from admin_cli.database.connection import catalog_in_force, open_database
    from admin_cli.database.patient_data import read_kept

    number = _read_number(session, number)
    key, now = session.settings.read_registry_key(), session.settings.clock().now()
    with open_database(session.settings.require_database_url()) as engine:
        person = _person(catalog_in_force(engine), hospital, number)
        kept = read_kept(engine, person, key, operating_user(), now)
    print_json(_as_json(person, kept))


@click.command(
    "erase-patient",
    cls=LocalisedCommand,
    help=N_(
        "Remove all that names the patient with a medical record number: name, date of birth, number and"
        " codes of the tickets. Tickets stay as numbers, with their events. Open ones are refused. That you"
        " did it is recorded in the access log, not whose data they were. NUMBER: as for export-patient."
    ),
)
@click.argument("hospital", metavar=N_("HOSPITAL"))
@click.argument("number", metavar=N_("NUMBER"), required=False)
@click.option("--leave-open", is_flag=True, help=N_("Leave open tickets as they are, and erase the others."))
@click.option("--registry", is_flag=True, help=N_("Also take the patient out of the hospital's registry."))
@click.option("--dry-run", is_flag=True, help=N_("Only count; change nothing."))
@click.option("--yes", is_flag=True, help=N_("Do not ask first."))
@pass_changing_session
def erase_patient(
    session: AdminSession,
    hospital: str,
    number: str | None,
    *,
    leave_open: bool,
    registry: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    from admin_cli.database import patient_data
    from admin_cli.database.connection import catalog_in_force, open_database

    number = _read_number(session, number)
    key = session.settings.require_registry_key() if registry else None
    now = session.settings.clock().now()
    with open_database(session.settings.require_database_url()) as engine:
        catalog = catalog_in_force(engine)
        person = _person(catalog, hospital, number)
        held = patient_data.find_held(engine, person, lambda day: _is_over(catalog, day, now))
        opened = [each for each in held if each.is_open]
        if opened and not leave_open:
            raise OpenTickets([_named(each) for each in opened])
        over = [each for each in held if not each.is_open]
        value: dict[str, Any] = {
            "hospital": person.hospital,
            "tickets": len(over),
            "left_open": [_named(each) for each in opened],
            "mismatches": patient_data.count_tried(engine, person),
            "registry": None,
            "dry_run": dry_run,
        }
        if not dry_run:
            _confirm(session, value, yes=yes)
            patient_data.erase(engine, person, over, operating_user(), now)
            if key is not None:
                numbers = [key.number_digest(*person)]
                value["registry"] = _take_out(engine, person, key, numbers)
    session.report(value, lambda: _in_words(session, value))


def _read_number(session: AdminSession, given: str | None) -> str:
    try:
        return normal_medical_record_number(given_or_asked(given, session.texts("Medical record number")))
    except ValueError as error:
        raise UsageProblem(
            N_(
                "A medical record number has 1 to 20 letters and digits; name it on the command line or on"
                " standard input."
            )
        ) from error


def _person(catalog: "CatalogCache", hospital: str, number: str) -> "Person":
    from admin_cli.database.patient_data import person_of

    hospital = hospital.upper()
    person = person_of(catalog, hospital, number)
    if person is None:
        raise PatientRefused(
            N_(
                "{hospital} has no medical record numbers of this form; see record_number_format in its"
                " catalog."
            ),
            hospital=hospital,
        )
    return person


def _is_over(catalog: "CatalogCache", day: Any, now: datetime) -> bool:
    """Whether no desk shows or changes the queue any more: they reach today's and that of the day before."""
    today = catalog.clinic_of(day).clinic_day(now)
    return bool(day.service_date < today.day_before.service_date)


def _named(held: "Held") -> str:
    return (
        f"{held.day.hospital} {display_number(held.day.clinic, held.ticket.number)} {held.day.service_date}"
    )


def _confirm(session: AdminSession, value: dict[str, Any], *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageProblem(N_("A confirmation can be asked for on a terminal only: add --yes."))
    question = session.texts(
        "Erase the patient's data of {tickets} tickets of {hospital}, for ever? [y/n]", **value
    )
    if not confirm(question, session.texts):
        raise AntreanError(session.texts("Nothing was erased."))


def _take_out(engine: "Engine", person: "Person", key: Any, numbers: Sequence[bytes]) -> int:
    from admin_cli.database.registry_changes import remove_patients

    return remove_patients(engine, person.hospital, key, numbers)


def _in_words(session: AdminSession, value: dict[str, Any]) -> str:
    if value["dry_run"]:
        words = [
            session.texts("To be erased: the patient's data of {tickets} tickets of {hospital}.", **value)
        ]
    else:
        words = [session.texts("Erased: the patient's data of {tickets} tickets of {hospital}.", **value)]
    if value["registry"] is not None:
        words.append(session.texts("Taken out of the registry: {registry}.", **value))
    if value["left_open"]:
        left = ", ".join(value["left_open"])
        words.append(session.texts("Left, since they are open: {tickets}.", tickets=left))
    return " ".join(words)


def _as_json(person: "Person", kept: "KeptData") -> dict[str, Any]:
    return {
        **person._asdict(),
        "registry": kept.is_registered,
        "tickets": [_readable(each) for each in kept.tickets],
        "mismatches": [_readable(each) for each in kept.mismatches],
    }


def _readable(row: Any) -> dict[str, Any]:
    """A row as JSON; codes as they are printed on tickets."""
    return {
        name: format_ticket_code(value) if name in _CODES and value else _written(value)
        for name, value in row.items()
    }


def _written(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [_readable(each) for each in value]
    if hasattr(value, "_asdict"):
        return _readable(value._asdict())
    return value if isinstance(value, bool | int | str | None) else str(value)
