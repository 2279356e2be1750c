"""Whom a registration is about, in the terms of its hospital; or what is wrong with it there."""

from datetime import date
from typing import NamedTuple

from common.domain.admission import is_birth_possible
from common.domain.catalog import Hospital
from common.domain.newborns import is_newborn_possible, mother_s_name
from common.domain.partial_dates import PartialDate
from common.domain.record_numbers import PatientKey
from common.messages import problems
from common.messages.patients import Register
from common.messages.problems import Problem


class Registrant(NamedTuple):
    """Who is to be registered. The `patient_name` of a newborn is its mother's."""

    patient: PatientKey
    patient_name: str
    date_of_birth: PartialDate


def registrant_of(request: Register, hospital: Hospital, on: date) -> Registrant | Problem:
    """Whom a request registers at a hospital on a service day, or what it has to correct."""
    if not is_birth_possible(request.date_of_birth, on):
        return problems.date_of_birth_impossible()
    number = hospital.record_number(request.medical_record_number)
    if number is None:
        return problems.record_number_unfit(hospital)
    if request.newborn is None:
        return Registrant(PatientKey(number), request.patient_name, request.date_of_birth)
    if not is_newborn_possible(request.date_of_birth, on):
        return problems.no_newborn()
    name = mother_s_name(request.patient_name)
    return Registrant(PatientKey(number, request.newborn), name, request.date_of_birth)
