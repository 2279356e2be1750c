"""Hospitals and clinics to choose from."""

from typing import Any

import click

from antrean_client.look_ups import clinics as clinics_of
from antrean_client.look_ups import hospitals as all_hospitals
from common.terminal.prompts import WentBack, choose
from common.terminal.tables import print_table
from common.words.clinics import opening
from patient_cli.session import PatientSession
from patient_cli.tables import clinic_table, hospital_table


def choose_hospital(session: PatientSession) -> dict[str, Any]:
    """The hospital that the patient chooses from a list; raises WentBack."""
    texts = session.texts
    hospitals = all_hospitals(session)
    if not hospitals:
        click.echo(texts("There is no hospital in the system yet."))
        raise WentBack
    click.secho(texts("Choose a hospital"), bold=True)
    print_table(hospital_table(hospitals, texts, numbered=True))
    return hospitals[choose(texts, [each["code"] for each in hospitals])]


def choose_clinic(session: PatientSession, hospital: dict[str, Any]) -> dict[str, Any]:
    """The open clinic that the patient chooses from a list; raises WentBack."""
    texts = session.texts
    clinics = clinics_of(session, hospital["code"], open_only=False)
    if not clinics:
        click.echo(texts("There is no clinic to show."))
        raise WentBack
    click.echo()
    click.secho(texts("Choose a clinic of {hospital}", hospital=hospital["name"]), bold=True)
    print_table(clinic_table(clinics, texts, numbered=True))
    while True:
        clinic = clinics[choose(texts, [each["code"] for each in clinics])]
        if clinic["is_open"]:
            return clinic
        click.secho(f"{clinic['name']}: {opening(clinic, texts)}.", fg="red")
