"""The catalog file: what is accepted, and that every mistake is named with its place."""

from pathlib import Path

import pytest

from admin_cli.catalog_file import FILE_BYTES_MAX, Catalog, CatalogClinic, parse_catalog, read_catalog
from common.domain.catalog import QueueMode
from common.domain.clinic_lanes import TWO_LANES, two_lanes
from common.domain.lanes import ByLane, Lane
from common.domain.tickets import PriorityReason
from common.errors import CatalogError

HOSPITAL = """
[[hospitals]]
code = "RSHS"
name = "RSUP Dr. Hasan Sadikin"
city = "Bandung"
time_zone = "Asia/Jakarta"
"""
GIG = """
[[hospitals.clinics]]
code = "GIG"
name = "Poli Gigi"
rooms = 2
daily_quota = 60
mean_service_minutes = 10
hours = { mon = ["08:00-12:00", "13:00-15:00"], sat = ["08:00-12:00"] }
"""


EMERGENCY = '{ lane = "emergency", ratio = 10 }'
PRIORITY = '{ lane = "priority", ratio = 2 }'


def parse(text: str) -> Catalog:
    return parse_catalog(text.encode())


def problems_of(content: bytes | str) -> list[str]:
    with pytest.raises(CatalogError) as raised:
        parse_catalog(content.encode() if isinstance(content, str) else content)
    return raised.value.problems


def clinic(lines: str = "") -> CatalogClinic:
    return parse(HOSPITAL + GIG + lines).hospitals[0].clinics[0]


def test_the_sample_catalog_has_eight_clinics_or_more_in_hospitals_of_all_three_time_zones(
    sample_catalog: Catalog,
) -> None:
    assert len(sample_catalog.hospitals) >= 4
    assert {hospital.time_zone for hospital in sample_catalog.hospitals} == {
        "Asia/Jakarta",
        "Asia/Makassar",
        "Asia/Jayapura",
    }
    assert all(len(hospital.clinics) >= 8 for hospital in sample_catalog.hospitals)


def test_what_may_be_left_out_has_its_default() -> None:
    assert clinic().queue_mode is QueueMode.CLOCK
    assert clinic().service_spread_seconds == clinic().mean_service_seconds // 2 == 300


def test_what_is_given_is_taken() -> None:
    given = clinic('service_spread_minutes = 0\nmode = "desk"')
    assert given.service_spread_seconds == 0
    assert given.queue_mode is QueueMode.DESK
    assert given.opening_hours.format() == {"mon": ["08:00-12:00", "13:00-15:00"], "sat": ["08:00-12:00"]}


def test_rooms_have_their_numbers_only_unless_they_are_given_names() -> None:
    assert clinic().room_names == []
    longest = [f"{room:02d}" + "x" * 38 for room in range(50)]
    assert clinic(f"room_names = {longest}").room_names == longest
    names = 'room_names = ["", "  Loket   A ", "Ruang 3", " "]'
    assert clinic(names).room_names == ["", "Loket A", "Ruang 3"]  # of rooms that do not serve yet, too


def test_a_clinic_has_the_lanes_that_are_given_or_two() -> None:
    assert clinic().clinic_lanes == TWO_LANES
    assert clinic("priority_ratio = 3").clinic_lanes == two_lanes(3)
    assert clinic(f"lanes = [{PRIORITY}]").clinic_lanes == TWO_LANES
    three = clinic(
        f'lanes = [{EMERGENCY}, {{ lane = "priority", ratio = 2, reasons = ["age", "infant"] }}]'
    ).clinic_lanes
    assert three.lanes == (Lane.EMERGENCY, Lane.PRIORITY, Lane.REGULAR)
    assert three.ratios == ByLane(emergency=10, urgent=1, priority=2)
    assert three.lane_of(PriorityReason.EMERGENCY) is Lane.EMERGENCY
    assert three.lane_of(PriorityReason.PREGNANCY) is None
    assert clinic("lanes = []").clinic_lanes.lanes == (Lane.REGULAR,)


def test_minutes_may_have_fractions() -> None:
    found = parse(HOSPITAL + GIG.replace("minutes = 10", "minutes = 7.5"))
    assert found.hospitals[0].clinics[0].mean_service_seconds == 450


def test_a_file_from_an_editor_that_marks_its_encoding_is_read() -> None:
    assert parse_catalog(b"\xef\xbb\xbf" + (HOSPITAL + GIG).encode()).hospitals[0].code == "RSHS"


@pytest.mark.parametrize(
    ("replaced", "by", "place", "reason"),
    [
        ("rooms = 2", "", "clinic GIG, rooms", "is missing"),
        ("rooms = 2", "rooms = -1", "clinic GIG, rooms", "the least is 0"),
        ("rooms = 2", "rooms = 0", "clinic GIG, mode", "needs a room"),
        ("rooms = 2", "rooms = 51", "clinic GIG, rooms", "the most is 50"),
        ("rooms = 2", "rooms = true", "clinic GIG, rooms", "whole number"),
        ("rooms = 2", 'rooms = "2"', "clinic GIG, rooms", "whole number"),
        ("quota = 60", "quota = 0", "clinic GIG, daily_quota", "the least is 1"),
        ("quota = 60", "quota = 10001", "clinic GIG, daily_quota", "the most is 10000"),
        ("minutes = 10", "minutes = 0.5", "clinic GIG, mean_service_minutes", "the least is 1"),
        ("minutes = 10", "minutes = 240.1", "clinic GIG, mean_service_minutes", "the most is 240"),
        ("minutes = 10", "minutes = nan", "clinic GIG, mean_service_minutes", "a number"),
        ("minutes = 10", "minutes = " + "9" * 400, "clinic GIG, mean_service_minutes", "a number"),
        ("rooms = 2", "rooms = 2\nservice_spread_minutes = -1", "service_spread_minutes", "the least is 0"),
        ("rooms = 2", 'rooms = 2\nmode = "manual"', "clinic GIG, mode", "'clock' or 'desk'"),
        ("rooms = 2", "rooms = 2\nroms = 3", "clinic GIG, roms", "not a known setting"),
        ("rooms = 2", 'rooms = 2\nroom_names = "A"', "clinic GIG, room_names", "must be a list"),
        ("rooms = 2", "rooms = 2\nroom_names = [1]", "clinic GIG, room_names number 1", "quotation marks"),
        (
            "rooms = 2",
            'rooms = 2\nroom_names = ["A", "B", "a"]',
            "clinic GIG, room_names",
            "'A' is the name of 2",
        ),
        ("rooms = 2", f"rooms = 2\nroom_names = {['x'] * 51}", "clinic GIG, room_names", "at most 50"),
        ("rooms = 2", f"rooms = 2\nroom_names = ['{'x' * 41}']", "room_names number 1", "longer than 40"),
        ("rooms = 2", 'rooms = 2\nroom_names = ["A\\u202e"]', "room_names number 1", "invisible"),
        ("rooms = 2", 'rooms = 2\nroom_names = ["A\\nB"]', "room_names number 1", "invisible"),
        (
            "rooms = 2",
            f"rooms = 2\nroom_names = {[f'{n}' + '𝑨' * 30 for n in range(20)]}",
            "room_names",
            "bytes",
        ),
        ("rooms = 2", f"rooms = 2\nlanes = [{PRIORITY}, {EMERGENCY}]", "GIG, lanes", "in this order"),
        ("rooms = 2", f"rooms = 2\nlanes = [{PRIORITY}, {PRIORITY}]", "GIG, lanes", "each once"),
        ("rooms = 2", 'rooms = 2\nlanes = [{ lane = "priority" }]', "lanes number 1, ratio", "is missing"),
        ("rooms = 2", f"rooms = 2\nlanes = [{PRIORITY.replace('2', '21')}]", "ratio", "the most is 20"),
        ("rooms = 2", f"rooms = 2\nlanes = [{PRIORITY.replace('prio', 'authe')}]", "lane", "'urgent' or"),
        (
            "rooms = 2",
            f'rooms = 2\nlanes = [{{ lane = "urgent", ratio = 2, reasons = ["infant"] }}, {PRIORITY}]',
            "clinic GIG, lanes",
            "infant leads to one lane",
        ),
        (
            "rooms = 2",
            f"rooms = 2\npriority_ratio = 2\nlanes = [{PRIORITY}]",
            "lanes",
            "leave priority_ratio",
        ),
        ('"Poli Gigi"', '"  "', "clinic GIG, name", "not empty"),
        ('"Poli Gigi"', '"a\\u001b[31m"', "clinic GIG, name", "on one line"),
        ('"Poli Gigi"', '"' + "a" * 201 + '"', "clinic GIG, name", "longer than 200"),
        ('"GIG"', '"gig"', "hospitals RSHS, clinic number 1, code", "capital letters"),
        ('"GIG"', '"G"', "hospitals RSHS, clinic number 1, code", "2 to 10"),
        ('"RSHS"', '"RS.S"', "hospitals number 1, code", "capital letters"),
        ('"RSHS"', "7", "hospitals number 1, code", "quotation marks"),
        ('"Asia/Jakarta"', '"WIB"', "hospitals RSHS, time_zone", "Asia/Jakarta (WIB)"),
        ('"Asia/Jakarta"', '"../../etc/passwd"', "hospitals RSHS, time_zone", "not a time zone"),
        ('"08:00-12:00", "13', '"8-12", "13', "clinic GIG, hours", "not of the form 08:00-12:00"),
        ('"13:00-15:00"', '"15:00-13:00"', "clinic GIG, hours", "does not end after it begins"),
        ('"13:00-15:00"', '"11:00-15:00"', "clinic GIG, hours", "does not begin after"),
        ("sat =", "sabtu =", "clinic GIG, hours", "'sabtu' is not one of mon"),
        ('["08:00-12:00"]', '"08:00-12:00"', "clinic GIG, hours", "'sat' must be a list"),
    ],
)
def test_a_mistake_is_named_with_its_place(replaced: str, by: str, place: str, reason: str) -> None:
    text = HOSPITAL + GIG
    assert replaced in text
    problems = problems_of(text.replace(replaced, by, 1))
    assert len(problems) == 1
    named, _, explained = problems[0].partition(": ")
    assert place in named
    assert reason in explained


def test_every_problem_is_listed_not_only_the_first() -> None:
    first = GIG.replace("rooms = 2", "rooms = 99").replace("08:00-12:00", "8-12")
    problems = problems_of(HOSPITAL + first + GIG + HOSPITAL.replace("Asia/Jakarta", "Mars"))
    assert [problem.partition(": ")[0] for problem in problems] == [
        "hospitals RSHS",
        "hospitals RSHS, clinic GIG",
        "hospitals RSHS, clinic GIG, rooms",
        "hospitals RSHS, clinic GIG, hours",
        "hospitals RSHS, time_zone",
        "hospitals RSHS, clinics",
    ]
    assert "sat: '8-12'" in problems[3]
    assert "mon: '8-12'" in problems[3]


def test_the_same_clinic_code_may_occur_in_two_hospitals() -> None:
    found = parse(HOSPITAL + GIG + HOSPITAL.replace("RSHS", "RSCM") + GIG)
    assert [hospital.code for hospital in found.hospitals] == ["RSHS", "RSCM"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "hospitals: is missing"),
        (b"hospitals = []", "hospitals: must have at least 1"),
        (b"hospitals = 1", "hospitals: must be a list"),
        (b"hospitals = [1]", "hospitals number 1: must be a table"),
        (HOSPITAL.encode(), "hospitals RSHS, clinics: is missing"),
        (b"[hospitals]\ncode = 'RSHS'", "hospitals: must be a list"),
        (b"hospitals = [", "is not valid TOML"),
        (b"a = " + b"[" * 100_000, "is not valid TOML"),
        (b"a = " + b"9" * 5_000, "is not valid TOML"),
        (b"\xff\xfe\x00h", "is not a text in UTF-8"),
        (bytes(range(128)), "is not valid TOML"),
    ],
)
def test_what_is_no_catalog_at_all_is_refused_in_a_sentence(content: bytes, reason: str) -> None:
    assert any(problem.startswith(reason) for problem in problems_of(content))


def test_a_problem_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "katalog.toml"
    path.write_text(HOSPITAL)
    with pytest.raises(CatalogError) as raised:
        read_catalog(path)
    assert raised.value.problems == [f"{path}: hospitals RSHS, clinics: is missing"]


@pytest.mark.parametrize("path", ["no-such-file.toml", "."])
def test_a_file_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(CatalogError, match="cannot be read"):
        read_catalog(Path(path))


def test_a_file_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    with path.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    with pytest.raises(CatalogError, match="larger than 8 MiB"):
        read_catalog(path)
