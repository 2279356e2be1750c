"""What clinics did on a day: collected, as tables, and for spreadsheets."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click

from antrean_client.look_ups import clinics
from clinic_desk.accuracy import share_held
from clinic_desk.session import DeskSession
from common.terminal.layout import fold, terminal_width
from common.terminal.tables import NOTHING, new_table, print_table
from common.translation import N_
from common.words.moments import long_date
from common.words.texts import Texts

Report = Mapping[str, Any]
"""A `clinic_report` reply."""

COUNTS: Final[Mapping[str, str]] = {
    "registered": N_("Came"),
    "served": N_("Served"),
    "no_shows": N_("No-show"),
    "cancelled": N_("Cancelled"),
    "transferred": N_("Moved"),
    "expired": N_("Expired"),
}
SPREADS: Final[Mapping[str, str]] = {"waits": N_("Wait"), "services": N_("Service")}
"""Members of a report, with their columns."""

FIGURES: Final = ("count", "median_seconds", "p90_seconds")


TIMES: Final = ("told", "held", "missed", "late", "uncalled", "apart", "median_width_minutes")
"""What a report for spreadsheets has of the times that patients were told that day."""


def collect(session: DeskSession, hospital: str, clinic: str | None, day: str | None) -> list[Report]:
    """The report of one clinic, or of each of a hospital's, on a service day (today's, without one)."""
    codes = [clinic] if clinic else [each["code"] for each in clinics(session, hospital, open_only=False)]
    members: dict[str, Any] = {} if day is None else {"service_date": day}
    return [session.query("clinic_report", hospital, code, **members) for code in codes]


def print_report(texts: Texts, reports: Sequence[Report], *, hours: bool) -> None:
    """A row for each clinic, and with `hours` a table by the hour of registration for each."""
    if not reports:
        click.echo(texts("There is no clinic to report on."))
        return
    _print_folded(long_date(reports[0]["service_date"], texts), bold=True)
    _print_folded(texts("Wait and service in minutes: median / nine in ten."))
    _print_folded(texts("Held: of the times that patients were told that day, how many held the call."))
    columns = [*COUNTS.values(), *SPREADS.values()]
    table = new_table(texts, N_("Clinic"), *columns, N_("Held"))
    for each in reports:
        table.add_row([each["clinic"], *_cells(each["total"]), share_held(each["times"])])
    print_table(table)
    for each in reports if hours else ():
        _print_folded(f"{each['clinic']} {each['clinic_name']}", bold=True)
        by_hour = new_table(texts, N_("Hour"), *columns)
        for row in each["hours"]:
            by_hour.add_row([f"{row['hour']:02d}", *_cells(row)])
        print_table(by_hour)


def _print_folded(text: str, *, bold: bool = False) -> None:
    click.secho("\n".join(fold(text, terminal_width())), bold=bold or None)


def write_csv(reports: Sequence[Report]) -> None:
    """Comma-separated values to standard output: for each clinic its day (`hour` empty), then its hours."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    figures = [f"{spread}_{figure}" for spread in SPREADS for figure in FIGURES]
    heading = ["hospital", "clinic", "clinic_name", "service_date", "hour", *COUNTS, *figures]
    writer.writerow([*heading, *(f"times_{figure}" for figure in TIMES)])
    for each in reports:
        place = [each["hospital"], each["clinic"], each["clinic_name"], each["service_date"]]
        times = [each["times"][figure] for figure in TIMES]
        writer.writerow([*place, None, *_values(each["total"]), *times])
        for row in each["hours"]:
            writer.writerow([*place, row["hour"], *_values(row), *(None for _ in TIMES)])
    click.echo(text.getvalue(), nl=False)


def _values(row: Mapping[str, Any]) -> Iterator[Any]:
    yield from (row[name] for name in COUNTS)
    yield from (row[spread][figure] for spread in SPREADS for figure in FIGURES)


def _cells(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(row[name]) for name in COUNTS)
    for spread in SPREADS:
        figures = (row[spread]["median_seconds"], row[spread]["p90_seconds"])
        yield NOTHING if None in figures else " / ".join(map(_minutes, figures))


def _minutes(seconds: int) -> str:
    minutes = round(seconds / 60)
    return str(minutes) if minutes else "<1"
