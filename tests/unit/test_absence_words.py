"""What is said of a room or a clinic that is away, in both languages."""

from typing import Any

import pytest

from common.domain.absences import AbsenceReason
from common.translation import languages
from common.words.absences import REASONS, absence_in_words, absences_in_words, brief_absence
from common.words.clinics import opening
from common.words.texts import Texts

ID, EN = Texts("id"), Texts("en")
UNTIL = "2026-11-23T13:00:00+07:00"
CLINIC: dict[str, Any] = {
    "is_open": True,
    "opens_at": "2026-11-23T08:00:00+07:00",
    "closes_at": "2026-11-23T15:00:00+07:00",
    "next_opening": None,
    "zone": "WIB",
    "closed_reason": None,
}


def absence(reason: str, *, room: int | None = None, until: str | None = UNTIL) -> dict[str, Any]:
    return {"room": room, "room_name": None, "reason": reason, "since": UNTIL, "until": until}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("until", [None, UNTIL])
def test_every_reason_has_words_of_its_own(language: str, until: str | None) -> None:
    texts = Texts(language)
    said = [absence_in_words(absence(each, until=until), texts, "WIB") for each in AbsenceReason]
    brief = [brief_absence(absence(each, until=until), texts) for each in AbsenceReason]
    known = len(AbsenceReason) - (until is None)  # closed is until a time
    assert len({*said}) >= known
    assert len({*brief}) == len(AbsenceReason)
    assert all(("13" in each) == (until is not None) for each in said + brief)
    assert {*REASONS} == {*AbsenceReason} - {AbsenceReason.CLOSED}


def test_a_room_is_named_and_a_whole_clinic_is_not() -> None:
    both = [absence("late"), absence("break", room=2)]
    assert absences_in_words(both, ID, "WIB") == [
        "Dokter terlambat, diperkirakan mulai 13.00 WIB",
        "Ruang 2: istirahat sampai 13.00 WIB",
    ]
    named = absence("break", room=2) | {"room_name": "Loket A"}
    assert absences_in_words([named], EN, "WIB") == ["Loket A: on a break until 13:00 WIB"]


def test_a_reason_that_only_a_newer_server_knows_stays_as_it_is() -> None:
    assert absence_in_words(absence("vacation"), EN, "WIB") == "vacation 13:00 WIB"
    assert absence_in_words(absence("vacation", until=None), EN) == "vacation"
    assert brief_absence(absence("vacation"), EN) == "vacation, until 13:00"


def test_the_list_of_clinics_says_who_is_away_beside_the_hours() -> None:
    late = CLINIC | {"absences": [absence("late")]}
    assert opening(late, EN) == "08:00–15:00; The doctor is late, expected to begin at 13:00 WIB"
    assert opening(CLINIC, EN) == "08:00–15:00", "a server of before says nothing of it"


def test_a_clinic_that_opens_again_when_the_absence_ends_says_that_once() -> None:
    closed = CLINIC | {"is_open": False, "next_opening": UNTIL, "absences": [absence("closed")]}
    assert opening(closed, EN) == "closed, opens Mon 23 Nov 13:00 WIB"
    not_known = closed | {"absences": [absence("late", until=None)]}
    assert opening(not_known, EN).endswith("; The doctor is late, until when is not known yet")
