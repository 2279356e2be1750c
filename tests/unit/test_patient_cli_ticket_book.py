"""The book of remembered tickets: private, bounded, and whole whoever writes at once."""

import json
import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from common.domain.ticket_codes import ALPHABET
from patient_cli.ticket_book import FIELDS, TICKETS_MAX, BookDamaged, TicketBook

WRITERS = 4
TICKETS_EACH = 10


def ticket(number: int) -> dict[str, Any]:
    code = "0000-0000-00" + ALPHABET[number // 32] + ALPHABET[number % 32]
    return {
        "ticket_code": code,
        "number": number,
        "display_number": f"GIG-{number:03d}",
        "hospital": "RSHS",
        "clinic": "GIG",
        "service_date": "2026-11-23",
        "status": "waiting",
        "name": "Siti Aminah",
    }


def add_some(directory: Path, first: int) -> None:
    book = TicketBook(directory)
    for number in range(first, first + TICKETS_EACH):
        book.add(ticket(number))


def test_an_empty_book_makes_no_file(tmp_path: Path) -> None:
    assert TicketBook(tmp_path / "data").entries() == []
    assert list(tmp_path.iterdir()) == []


def test_only_its_user_can_read_it(tmp_path: Path) -> None:
    book = TicketBook(tmp_path / "data")
    book.add(ticket(1))
    assert book.path.parent.stat().st_mode & 0o777 == 0o700
    for file in book.path.parent.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600


def test_it_holds_nothing_about_the_patient(tmp_path: Path) -> None:
    book = TicketBook(tmp_path)
    book.add(ticket(1))
    assert "Siti" not in book.path.read_text()
    assert [set(entry) for entry in book.entries()] == [set(FIELDS)]


def test_names_of_places_are_kept_where_they_are_known(tmp_path: Path) -> None:
    book = TicketBook(tmp_path)
    book.add({**ticket(1), "hospital_name": None})  # of an earlier server
    book.add({**ticket(2), "hospital_name": "RSUP Dr. Hasan Sadikin", "clinic_name": "Poli Gigi"})
    older, newer = book.entries()
    assert set(older) == set(FIELDS)
    assert (newer["hospital_name"], newer["clinic_name"]) == ("RSUP Dr. Hasan Sadikin", "Poli Gigi")


def test_a_ticket_is_remembered_once(tmp_path: Path) -> None:
    book = TicketBook(tmp_path)
    for number in (1, 2, 1):
        book.add(ticket(number))
    assert [entry["display_number"] for entry in book.entries()] == ["GIG-001", "GIG-002"]


def test_the_newest_are_kept(tmp_path: Path) -> None:
    book = TicketBook(tmp_path)
    book.path.write_text(json.dumps({"version": 1, "tickets": [ticket(n) for n in range(TICKETS_MAX)]}))
    book.add(ticket(TICKETS_MAX))
    numbers = [entry["display_number"] for entry in book.entries()]
    assert len(numbers) == TICKETS_MAX
    assert (numbers[0], numbers[-1]) == ("GIG-001", f"GIG-{TICKETS_MAX:03d}")


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [
        spawn.Process(target=add_some, args=(tmp_path / "data", first))
        for first in range(0, WRITERS * TICKETS_EACH, TICKETS_EACH)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    numbers = {entry["display_number"] for entry in TicketBook(tmp_path / "data").entries()}
    assert numbers == {f"GIG-{number:03d}" for number in range(WRITERS * TICKETS_EACH)}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b'{"tickets": 7}', b'{"tickets": [{"ticket_code": "x"}]}', b"[" * 100_000],
)
def test_a_damaged_book_is_moved_aside(tmp_path: Path, content: bytes) -> None:
    book = TicketBook(tmp_path)
    book.path.write_bytes(content)
    with pytest.raises(BookDamaged) as damaged:
        book.entries()
    assert damaged.value.moved_to.read_bytes() == content
    assert book.entries() == []


def test_a_ticket_taken_beside_a_damaged_book_is_remembered(tmp_path: Path) -> None:
    book = TicketBook(tmp_path)
    book.path.write_text("{")
    with pytest.raises(BookDamaged):
        book.add(ticket(1))
    assert [entry["display_number"] for entry in book.entries()] == ["GIG-001"]
