"""A doctor who is late, and a room on its break: what the desk says, and what patients read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from antrean_client.connection import user_of
from tests.acceptance.command_line import Shell
from tests.acceptance.consoles import console, shows
from tests.acceptance.desks import ClinicDesk, desk_at, journal
from tests.deployment import Deployment


@pytest.fixture
def desk(system: Deployment, tmp_path: Path) -> Callable[[str], ClinicDesk]:
    """A desk that moves its queue."""
    return lambda clinic: desk_at(system, tmp_path, "RSHS", clinic).moved_by_staff(2)


@pytest.mark.parametrize(
    ("language", "clinic", "late", "of_room", "said", "in_queue", "back"),
    [
        (
            "id",
            "GIG",
            "Dokter terlambat, diperkirakan mulai 14.30 WIB",
            "istirahat sampai 15.00 WIB",
            "Pasien GIG sekarang membaca: Dokter terlambat, diperkirakan mulai 14.30",
            "dokter terlambat s.d. 14.30",
            "Ruang 2 Poli GIG sudah kembali; pasien dipanggil lagi di sana.",
        ),
        (
            "en",
            "MAT",
            "The doctor is late, expected to begin at 14:30 WIB",
            "on a break until 15:00 WIB",
            "Patients of MAT read now: The doctor is late, expected to begin at 14:30",
            "the doctor is late, until 14:30",
            "Room 2 of clinic MAT is back; patients are called there again.",
        ),
    ],
)
def test_by_commands(
    system: Deployment,
    shell: Shell,
    desk: Callable[[str], ClinicDesk],
    language: str,
    clinic: str,
    late: str,
    of_room: str,
    said: str,
    in_queue: str,
    back: str,
) -> None:
    here, lang = desk(clinic), ("--lang", language)
    code = shell.register("RSHS", clinic)["ticket_code"]
    words = ("antrean", "watch", code, "--interval", "0.2", "--until-called", *lang)
    watching = shell.start("watch", *words)
    assert said in here.run("away", "--reason", "late", "--until", "14.30", *lang).stdout
    watching.prints(late)
    here.do("away", "--room", "2", "--reason", "break", "--until", "15:00")
    watching.prints(of_room)

    listed = " ".join(shell.antrean("clinics", "RSHS", *lang, COLUMNS="200").stdout.split())
    assert late in listed
    card = shell.antrean("status", code, *lang).stdout
    assert late in card
    assert of_room in card
    [ticket] = shell.antrean("status", code, "--json").json
    assert [(each["room"], each["reason"]) for each in ticket["absences"]] == [(None, "late"), (2, "break")]
    assert ticket["estimated_call_at"] >= "2026-11-23T14:"
    assert in_queue in here.run("queue", *lang).stdout

    assert back in here.run("back", "--room", "2", *lang).stdout
    done = here.do("next", "--room", "1")
    assert [each["event"] for each in done["changes"]] == ["ticket.called", "clinic.back"]
    assert here.queue()["absences"] == []
    assert here.refused("back") == "not_permitted_now"
    assert watching.ends() == 0
    happened = [(name, operator) for name, number, operator in journal(system, clinic) if number is None]
    assert happened[-4:] == [
        *[("clinic.away", user_of(system.urls["desk"]))] * 2,
        *[("clinic.back", user_of(system.urls["desk"]))] * 2,
    ]


@pytest.mark.parametrize(
    ("language", "clinic", "size", "words"),
    [
        (
            "id",
            "INT",
            (80, 24),
            (
                "Siapa yang tidak di tempat, atau sudah kembali?",
                "Apa alasannya? Pasien membacanya.",
                "Kira-kira sampai pukul berapa",
                "Pasien INT sekarang membaca: ",
                "istirahat s.d. 14.45",
                "Seluruh poli: sudah kembali",
                "Poli INT sudah kembali; pasien dipanggil lagi.",
            ),
        ),
        (
            "en",
            "ANA",
            (120, 40),
            (
                "Who is away, or back?",
                "Why? Patients read it.",
                "Until about when",
                "Patients of ANA read now: ",
                "break, until 14:45",
                "The whole clinic: back",
                "Clinic ANA is back; patients are called again.",
            ),
        ),
    ],
)
def test_by_keys(
    system: Deployment,
    desk: Callable[[str], ClinicDesk],
    language: str,
    clinic: str,
    size: tuple[int, int],
    words: tuple[str, ...],
) -> None:
    here = desk(clinic)
    who, why, until, said, in_queue, choice, back = words

    async def absent(pilot: Pilot[None], *scope: str) -> None:
        await pilot.press("minus")
        await shows(pilot, who)
        await pilot.press(*scope, "enter")
        await shows(pilot, why)
        await pilot.press("down", "enter")
        await shows(pilot, until)
        await pilot.press(*"14:45", "enter")
        await shows(pilot, said)
        await shows(pilot, in_queue)

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, here.queue()["clinic_name"])
        await absent(pilot)
        assert [each["room"] for each in here.queue()["absences"]] == [1]
        await absent(pilot, "down", "down")
        assert [each["room"] for each in here.queue()["absences"]] == [None, 1]
        await pilot.press("minus")
        await shows(pilot, choice)
        await pilot.press("down", "enter")
        await shows(pilot, back)

    console(system, play, language=language, size=size, clinic=clinic)
    assert [each["room"] for each in here.queue()["absences"]] == [1]
