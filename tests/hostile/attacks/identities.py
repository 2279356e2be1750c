"""Attacks on patients: in their names, on quotas, and to learn of them. The scripts play the victims."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from common.messaging.topology import DESK_EXCHANGE
from tests.deployment import Patient
from tests.hostile.attacks.attackers import Ask, Asking, codes
from tests.hostile.attacks.findings import Findings
from tests.hostile.scene import (
    CLOSING_CLINIC,
    FULL_CLINIC,
    FULL_QUOTA,
    HOSPITAL,
    NUMBERS_CLINIC,
    NUMBERS_QUOTA,
    REGISTRY_HOSPITAL,
    Scene,
)

_BORN = date(1980, 1, 31)
"""No age that has a lane of its own."""

_PIPELINE = 200
_DATES_TRIED = 3000
_RIGHT_AFTER = 2095
_ASKED_TIMES = 8
_LOOPS = 40


def young() -> Patient:
    """Somebody whose age gives no priority."""
    return Patient(date_of_birth=_BORN)


def registering(patient: Patient, hospital: str, clinic: str) -> Ask:
    """A registration."""
    return "register", patient.body(hospital, clinic)


def victims(scene: Scene, hospital: str, first: int, wanted: int) -> list[Patient]:
    """So many patients; those of the registry from `first` on where the hospital has one."""
    if hospital == HOSPITAL:
        return [young() for _ in range(wanted)]
    return scene.known_patients()[first : first + wanted]


def hospitals(scene: Scene) -> list[str]:
    """Where patients are attacked: the one that takes everybody, and the one with a registry."""
    return [HOSPITAL, REGISTRY_HOSPITAL] if scene.registered else [HOSPITAL]


def named(hospital: str) -> str:
    """What the table calls it."""
    return "open" if hospital == HOSPITAL else "registry"


def others_numbers(scene: Scene, _seconds: float) -> Findings:
    """Registers with others' record numbers, once each or again and again; then the owners come."""
    said, learned = [], False
    with Asking(scene.urls["patient"]) as asking:
        for hospital in hospitals(scene):
            owners, tried_often = victims(scene, hospital, 0, 10), victims(scene, hospital, 60, 10)
            shut_out = _shut_out(asking, owners, hospital, 1)
            often = _shut_out(asking, tried_often, hospital, _ASKED_TIMES)
            learned |= hospital == REGISTRY_HOSPITAL and shut_out > 0
            said.append(
                f"{named(hospital)}: {shut_out} of {len(owners)} owners get no number,"
                f" {often} after {_ASKED_TIMES} tries"
            )
    return Findings("; ".join(said), learned)


def _shut_out(asking: Asking, owners: Sequence[Patient], hospital: str, times: int) -> int:
    """How many owners get no number after somebody else has tried theirs so many times."""
    others = [replace(each, name="Orang Lain", date_of_birth=date(1975, 5, 5)) for each in owners]
    for _ in range(times):
        asking.ask_all(registering(each, hospital, "V04") for each in others)
    answers = codes(asking.ask_all(registering(each, hospital, "V04") for each in owners))
    return sum(each != "ticket" for each in answers)


def quotas(scene: Scene, _seconds: float) -> Findings:
    """Invented record numbers until a quota is gone; and one number, registered and cancelled in a loop."""
    said = []
    with Asking(scene.urls["patient"]) as asking:
        for hospital in hospitals(scene):
            began, taken = time.monotonic(), 0
            for _ in range(NUMBERS_QUOTA // _PIPELINE + 1):
                found = codes(
                    asking.ask_all(registering(young(), hospital, NUMBERS_CLINIC) for _ in range(_PIPELINE))
                )
                taken += found.count("ticket")
                if "ticket" not in found:
                    break
            seconds = time.monotonic() - began
            looped = _register_and_cancel(asking, victims(scene, hospital, 10, 1)[0], hospital)
            said.append(
                f"{named(hospital)}: {taken:,} of {NUMBERS_QUOTA:,} numbers in {seconds:.1f} s,"
                f" by one record number {looped}"
            )
    return Findings("; ".join(said))


def _register_and_cancel(asking: Asking, patient: Patient, hospital: str) -> int:
    """How many numbers one patient gets in a loop."""
    taken = 0
    for _ in range(_LOOPS):
        reply = asking.ask(*registering(patient, hospital, "V12"))
        if reply.name != "ticket":
            break
        taken += 1
        asking.ask("cancel", {"ticket_code": reply.body["ticket_code"]})
    return taken


def dates_of_birth(scene: Scene, _seconds: float) -> Findings:
    """Knows record number and name of somebody with a ticket, and tries dates of birth."""
    said, learned = [], False
    with Asking(scene.urls["patient"]) as asking:
        for hospital in hospitals(scene):
            (victim,) = victims(scene, hospital, 11, 1)
            asking.ask(*registering(victim, hospital, "V06"))
            first = victim.date_of_birth - timedelta(days=_RIGHT_AFTER)
            dates = [first + timedelta(days=day) for day in range(_DATES_TRIED)]
            found = _tries(asking, victim, dates, hospital)
            learned |= not found.startswith("not found")
            said.append(f"{named(hospital)}: {found}")
    return Findings("; ".join(said), learned)


def _tries(asking: Asking, victim: Patient, dates: Sequence[date], hospital: str) -> str:
    """What becomes of a registration with each of these dates."""
    began, usual = time.monotonic(), {"medical_record_mismatch", "ask_at_desk"}
    for at in range(0, len(dates), _PIPELINE):
        tried = dates[at : at + _PIPELINE]
        replies = asking.ask_all(
            registering(replace(victim, date_of_birth=each), hospital, "V06") for each in tried
        )
        for number, reply in enumerate(replies, at + 1):
            if reply is None or reply.code in usual:
                continue
            ticket = reply.body.get("ticket") or {}
            with_code = "with" if ticket.get("ticket_code") else "without"
            seconds = time.monotonic() - began
            return f"{reply.code} after {number:,} tries in {seconds:.1f} s, {with_code} the code"
    return f"not found in {len(dates):,} tries"


def is_in_clinic(scene: Scene, _seconds: float) -> Findings:
    """Asks with wrong data who has a ticket: the same people with one, and without."""
    told: list[str] = []
    learned = False
    with Asking(scene.urls["patient"]) as asking, Asking(scene.urls["desk"], DESK_EXCHANGE) as desk:
        for hospital in hospitals(scene):
            holders = {clinic: victims(scene, hospital, first, 5) for clinic, first in _ASKED_OF.items()}
            others = {clinic: victims(scene, hospital, first + 5, 5) for clinic, first in _ASKED_OF.items()}
            for clinic, patients in holders.items():
                asking.ask_all(registering(each, hospital, clinic) for each in patients)
            _fill(desk, hospital)
            place = {"hospital": hospital, "clinic": CLOSING_CLINIC}
            desk.ask("close_clinic", {**place, "waiting": "drain"})
            for clinic, state in _STATES.items():
                seen = {_answers(asking, each, hospital, clinic) for each in holders[clinic]}
                unseen = {_answers(asking, each, hospital, clinic) for each in others[clinic]}
                if seen != unseen:
                    told.append(f"{named(hospital)}, {state} clinic")
                    learned |= hospital == REGISTRY_HOSPITAL or clinic != "V07"
    return Findings("told apart: " + ("; ".join(told) or "nobody"), learned)


_STATES = {"V07": "open", CLOSING_CLINIC: "closed", FULL_CLINIC: "full"}
_ASKED_OF = {"V07": 20, CLOSING_CLINIC: 30, FULL_CLINIC: 40}


def _fill(desk: Asking, hospital: str) -> None:
    """Takes what is left of a small quota, at the desk, where nobody needs to be known."""
    bodies = [young().body(hospital, FULL_CLINIC) for _ in range(FULL_QUOTA)]
    desk.ask_all(("desk_register", body) for body in bodies)


def _answers(asking: Asking, patient: Patient, hospital: str, clinic: str) -> tuple[str, ...]:
    """What somebody is told who asks again and again with this patient's record number and wrong data."""
    wrong = replace(patient, name="Siapa Saja", date_of_birth=date(1975, 5, 5))
    return tuple(codes(asking.ask(*registering(wrong, hospital, clinic)) for _ in range(_ASKED_TIMES)))


def priority(scene: Scene, _seconds: float) -> Findings:
    """Says to have been born in 1930."""
    said, learned = [], False
    with Asking(scene.urls["patient"]) as asking:
        for hospital in hospitals(scene):
            (patient,) = victims(scene, hospital, 50, 1)
            old = replace(patient, date_of_birth=date(1930, 1, 1))
            reply = asking.ask(*registering(old, hospital, "V12"))
            lane = str(reply.body.get("lane", reply.code))
            learned |= lane == "priority"
            said.append(f"{named(hospital)}: {lane}")
    return Findings("; ".join(said), learned)
