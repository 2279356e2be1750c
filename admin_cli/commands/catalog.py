"""`antrean-admin catalog`: hospitals and clinics, from a file into the database and shown again."""

from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from admin_cli.screens.catalog_changes import change_lines, changes_as_json, field_in_words, summary
from admin_cli.screens.opening_hours import hours_in_words
from admin_cli.session import AdminSession, pass_changing_session, pass_session
from common.domain.opening_hours import MINUTES_PER_DAY, format_day_end
from common.terminal.layout import flow, fold, terminal_width
from common.terminal.localised import LocalisedGroup
from common.terminal.output import print_json, print_result
from common.terminal.tables import NOTHING
from common.terminal.usage import UsageProblem
from common.translation import N_
from common.words.record_numbers import record_number_form

if TYPE_CHECKING:
    from admin_cli.database.catalog_plan import CatalogChanges
    from common.domain.catalog import Clinic, Hospital


def _a_file(_ctx: click.Context, _parameter: click.Parameter, path: Path) -> Path:
    if not path.is_file():
        raise UsageProblem(N_("There is no file {path}."), path=str(path))
    return path


@click.group("catalog", cls=LocalisedGroup, help=N_("Hospitals and clinics."))
def catalog() -> None:
    pass


@catalog.command(
    "apply", help=N_("Apply a catalog file in TOML, all of it or nothing, and show what changed.")
)
@click.argument("file", metavar=N_("FILE"), type=click.Path(path_type=Path), callback=_a_file)
@click.option("--if-empty", is_flag=True, help=N_("Change nothing where there is a catalog already."))
@click.option("--dry-run", is_flag=True, help=N_("Only show what would change."))
@click.option(
    "--retire-busy",
    is_flag=True,
    help=N_("Also retire clinics that still have patients: their queues drain, without new registrations."),
)
@pass_changing_session
def apply(session: AdminSession, file: Path, *, if_empty: bool, dry_run: bool, retire_busy: bool) -> None:
    from admin_cli.catalog_file import read_catalog
    from admin_cli.database.catalog_changes import BusyClinicsError, apply_catalog
    from admin_cli.database.catalog_plan import CatalogChanges, hospitals_changed
    from admin_cli.database.connection import catalog_is_empty, open_database
    from admin_cli.database.registry_changes import hospitals_without_registry

    now = session.settings.clock().now()
    wanted = read_catalog(file)
    with open_database(session.settings.require_database_url()) as engine:
        if if_empty and not catalog_is_empty(engine):
            changes, skipped = CatalogChanges((), 0), True
        else:
            skipped = False
            try:
                changes = apply_catalog(engine, wanted, now, retire_busy=retire_busy, dry_run=dry_run)
            except BusyClinicsError as error:
                if dry_run and not session.as_json:
                    click.echo("\n".join(change_lines(error.changes, session.texts)))
                raise
        with_registry = [each.code for each in wanted.hospitals if each.identity == "registry"]
        unknown = [] if skipped else hospitals_without_registry(engine, with_registry)
        reformed = hospitals_changed(changes, "record_number_format")
        outdated = sorted({*reformed} - {*hospitals_without_registry(engine, reformed)})
    applied = bool(changes.changes) and not dry_run
    value = {"applied": applied, "skipped": skipped, **changes_as_json(changes)}
    value["without_registry"] = unknown
    value["registry_outdated"] = outdated
    print_it = session.report if applied else partial(print_result, session)
    print_it(value, lambda: _applied_text(session, changes, skipped=skipped, dry_run=dry_run))
    if outdated:
        session.note(
            session.texts(
                "Registries whose medical record numbers have the form of before: {hospitals}. Import them"
                " again: antrean-admin patients import HOSPITAL FILE --replace",
                hospitals=", ".join(outdated),
            )
        )
    if unknown:
        session.note(
            session.texts(
                'Hospitals with identity = "registry" of which no registry is in force: {hospitals}. All'
                " their patients are sent to the desk until you import them: antrean-admin patients import"
                " HOSPITAL FILE",
                hospitals=", ".join(unknown),
            )
        )


def _applied_text(session: AdminSession, changes: "CatalogChanges", *, skipped: bool, dry_run: bool) -> str:
    if skipped:
        return session.texts("There is a catalog already; nothing was changed.")
    texts = session.texts
    return "\n".join([*change_lines(changes, texts), summary(changes, texts, dry_run=dry_run)])


@catalog.command("show", help=N_("Show the catalog in force."))
@pass_session
def show(session: AdminSession) -> None:
    from admin_cli.database.connection import catalog_in_force, open_database

    with open_database(session.settings.require_database_url()) as engine:
        known = catalog_in_force(engine)
    shown = [(hospital, known.clinics_of(hospital.code)) for hospital in known.hospitals()]
    if session.as_json:
        print_json([_hospital_as_json(hospital, clinics) for hospital, clinics in shown])
    elif not shown:
        session.say("The catalog is empty. Fill it with: antrean-admin catalog apply FILE")
    for hospital, clinics in [] if session.as_json else shown:
        title = f"{hospital.code}  {hospital.name}, {hospital.city} ({hospital.time_zone.key})"
        click.echo("\n".join([*fold(title, terminal_width()), *_identity_lines(hospital, session)]))
        for line in _clinic_lines(clinics, session):
            click.echo(line)


def _identity_lines(hospital: "Hospital", session: AdminSession) -> list[str]:
    """Who may register, and how often."""
    words = session.texts(
        "identity {identity}; of one record number at most {registrations} registrations for a clinic and"
        " day, and {mismatches} mismatches a day",
        identity=hospital.identity.value,
        registrations=hospital.registrations_max,
        mismatches=hospital.mismatches_max,
    )
    if form := hospital.record_number_format:
        words += "; " + session.texts("medical record numbers")
        words += f" [{record_number_form(asdict(form), session.texts)}]"
    width = terminal_width()
    return [f"  {line}" for line in fold(words, None if width is None else width - 2)]


def _clinic_lines(clinics: "list[Clinic]", session: AdminSession) -> list[str]:
    """A line for each clinic, in columns; on a terminal that is too narrow, its arrangement is below it."""
    name_width = max(len(clinic.name) for clinic in clinics)
    rows = [(clinic.code, clinic.name, _arrangement(clinic, session)) for clinic in clinics]
    aligned = [f"  {code:<10}  {name:<{name_width}}  {words}" for code, name, words in rows]
    width = terminal_width()
    if width is None or max(map(len, aligned)) <= width:
        return aligned
    lines = []
    for code, name, words in rows:
        first, *more = flow([code, *fold(name, width - 4)], width - 4)
        lines += [f"  {first}", *(f"    {each}" for each in (*more, *fold(words, width - 4)))]
    return lines


def _arrangement(clinic: "Clinic", session: AdminSession) -> str:
    texts = session.texts
    hours = hours_in_words(clinic.opening_hours.format(), texts)
    if clinic.opening_hours.day_ends != MINUTES_PER_DAY:
        hours += texts("; service day ends at {time}", time=format_day_end(clinic.opening_hours.day_ends))
    rooms = str(clinic.rooms)
    if clinic.room_names:
        rooms += f" ({', '.join(name or NOTHING for name in clinic.room_names)})"
    usual = {each.name: each.default for each in fields(clinic)}
    order = {
        "lanes": clinic.lanes.format(),
        "skip_places": clinic.skip_places,
        "returns_to": clinic.returns_to,
    }
    hours += "".join(
        f"; {field_in_words(name, value, texts)}"
        for name, value in order.items()
        if getattr(clinic, name) != usual[name]
    )
    return texts(
        "rooms {rooms}, quota {quota}, {mean:g} ± {spread:g} minutes, mode {mode}; {hours}",
        rooms=rooms,
        quota=clinic.daily_quota,
        mean=clinic.mean_service.total_seconds() / 60,
        spread=clinic.service_spread.total_seconds() / 60,
        mode=clinic.mode.value,
        hours=hours,
    )


def _hospital_as_json(hospital: "Hospital", clinics: list["Clinic"]) -> dict[str, Any]:
    return {
        "code": hospital.code,
        "name": hospital.name,
        "city": hospital.city,
        "time_zone": hospital.time_zone.key,
        "identity": hospital.identity.value,
        "registrations_max": hospital.registrations_max,
        "mismatches_max": hospital.mismatches_max,
        "record_number_format": hospital.record_number_format and asdict(hospital.record_number_format),
        "clinics": [
            {
                "code": clinic.code,
                "name": clinic.name,
                "rooms": clinic.rooms,
                "room_names": list(clinic.room_names),
                "daily_quota": clinic.daily_quota,
                "mean_service_minutes": clinic.mean_service.total_seconds() / 60,
                "service_spread_minutes": clinic.service_spread.total_seconds() / 60,
                "mode": clinic.mode.value,
                "state": clinic.state.value,
                "priority_age": clinic.priority_age or False,
                "skip_places": clinic.skip_places,
                "lanes": clinic.lanes.format(),
                "priority_ratio": clinic.lanes.priority_ratio,
                "returns_to": clinic.returns_to.value,
                "day_ends_at": format_day_end(clinic.opening_hours.day_ends),
                "hours": clinic.opening_hours.format(),
            }
            for clinic in clinics
        ],
    }
