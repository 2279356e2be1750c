"""Which clinics are open: what `antrean-stack up` says of it, and when the clock of a trial starts."""

import shlex
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from common.domain.catalog import Clinic
from common.domain.opening_hours import OpeningHours, parse_day_end
from common.domain.time_zones import zone_word
from common.installation import start_command
from common.settings import Settings
from common.storage.catalog import CatalogCache
from common.storage.engine import open_engine, snapshot
from common.words.moments import date_and_time
from common.words.texts import Texts
from local_stack.bilingual import say

HospitalHours = tuple[ZoneInfo, Sequence[OpeningHours]]
"""A hospital's time zone and the opening hours of each of its clinics."""

_DAYS = 7
_EXAMPLE = ("RSHS", "GIG")
"""The clinic of the documents' examples."""


@dataclass(frozen=True)
class Openings:
    """The clinics in force at one moment."""

    clinics: Sequence[Clinic]
    now: datetime

    @property
    def open_now(self) -> list[Clinic]:
        """Where patients can register."""
        return [clinic for clinic in self.clinics if clinic.is_open(self.now)]

    @property
    def next(self) -> tuple[datetime, list[Clinic]] | None:
        """When a clinic opens next, and which do then; None where none does within a fortnight."""
        opening: defaultdict[datetime, list[Clinic]] = defaultdict(list)
        for clinic in self.clinics:
            if (moment := clinic.next_opening(self.now)) is not None:
                opening[moment].append(clinic)
        return min(opening.items(), default=None, key=lambda each: each[0])

    @property
    def example(self) -> tuple[str, str]:
        """A hospital and a clinic in which somebody can register now, if there is one."""
        keys = [clinic.key for clinic in self.open_now]
        return _EXAMPLE if _EXAMPLE in keys or not keys else keys[0]


def openings(database_url: str, now: datetime) -> Openings:
    """The clinics that the database knows; raises StoreUnavailable."""
    engine = open_engine(database_url)
    known = CatalogCache()
    try:
        with snapshot(engine) as connection:
            known.refresh(connection)
    finally:
        engine.dispose()
    return Openings([clinic for each in known.hospitals() for clinic in known.clinics_of(each.code)], now)


def sample_hours(catalog: Path) -> list[HospitalHours]:
    """The time zone of each hospital in a catalog file that is known to be valid, and its clinics' hours."""
    hospitals = tomllib.loads(catalog.read_text())["hospitals"]
    return [
        (
            ZoneInfo(hospital["time_zone"]),
            [
                OpeningHours.parse(clinic["hours"], parse_day_end(clinic.get("day_ends_at", "24:00")))
                for clinic in hospital["clinics"]
            ],
        )
        for hospital in hospitals
    ]


def trial_start(hospitals: Sequence[HospitalHours], at: time, now: datetime) -> datetime:
    """The moment at which it is `at` where most of these hospitals are: today, or on the first day on which
    any clinic is open then."""
    zone = Counter(zone for zone, _ in hospitals).most_common(1)[0][0]
    today = now.astimezone(zone).date()
    moments = [datetime.combine(today + timedelta(days=day), at, zone) for day in range(_DAYS)]
    return next((moment for moment in moments if _any_open(hospitals, moment)), moments[0])


def _any_open(hospitals: Sequence[HospitalHours], moment: datetime) -> bool:
    return any(
        session.opens_at <= moment < session.closes_at
        for zone, clinics in hospitals
        for hours in clinics
        for session in hours.sessions_on(moment.astimezone(zone).date(), zone)
    )


def of_stack(directory: Path) -> str:
    """What stands before a command for the stack in this directory: nothing where that is the usual one."""
    if directory == Settings().stack_dir:
        return ""
    return f"ANTREAN_STACK_DIR={shlex.quote(str(directory.absolute()))} "


def say_what_is_open(found: Openings, before: str) -> None:
    """Prints what is open now; where nothing is, what opens next and how to try it all the same, by a command
    with `before` before it."""
    if found.open_now:
        here = found.open_now[0].hospital.time_zone
        say("{now}. Open now:", now=partial(_when, found.now, here))
        _show(found.open_now)
        return
    if found.next is None:
        say("No clinic is open.")
        return
    moment, clinics = found.next
    here = clinics[0].hospital.time_zone
    say(
        "{now}. All clinics are closed. Open next, {moment}:",
        now=partial(_when, found.now, here),
        moment=partial(_when, moment, here),
    )
    _show(clinics)
    command = (
        f"{before}{start_command()} {'CLOCK=' if start_command().startswith('make') else '--clock '}09:00"
    )
    say("To try it as if it were 09:00: {command}", command=command)


def commands_to_try(found: Openings, antrean: str, desk: str) -> list[str]:
    """Commands that work now: a registration only where a clinic is open."""
    hospital, clinic = found.example
    patient = [
        f'{antrean} register {hospital} {clinic} --mrn 00123456 --name "Siti Aminah" --dob 1990-01-31',
        f"{antrean} watch KODE",
    ]
    return [
        f"{antrean} hospitals",
        *(patient if found.open_now else []),
        f"{desk} queue {hospital} {clinic}",
        f"{desk} console {hospital} {clinic}",
    ]


def _when(moment: datetime, zone: ZoneInfo, texts: Texts) -> str:
    local = moment.astimezone(zone)
    return date_and_time(local.isoformat(), texts, zone_word(local, zone.key))


def _show(clinics: Sequence[Clinic]) -> None:
    """A line for each hospital."""
    codes: defaultdict[str, list[str]] = defaultdict(list)
    for clinic in clinics:
        codes[clinic.hospital.code].append(clinic.code)
    width = max(map(len, codes))
    for hospital, here in codes.items():
        click.echo(f"  {hospital:<{width}}  {' '.join(here)}")
