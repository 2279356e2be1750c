"""Newborns without a medical record number of their own."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.newborns import (
    BIRTH_ORDER_MAX,
    is_newborn_possible,
    mother_s_name,
    read_shown_name,
    shown_name,
)
from common.domain.partial_dates import PartialDate

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "Siti Aminah",
            "By. Ny. Siti Aminah",
            "by ny siti aminah",
            "BY.NY.SITI AMINAH",
            "Bayi Ny. Siti Aminah",
        ),
        *("Bayi Nyonya Siti Aminah", "Ny. Siti Aminah", "Ny Siti Aminah", "Bayi Siti Aminah"),
    ],
)
def test_the_mother_s_name_is_read_from_what_hospitals_write(typed: str) -> None:
    assert mother_s_name(typed).casefold() == "siti aminah"


@pytest.mark.parametrize("name", ["Byantara", "Nyai Ratna", "Nyoman Sari", "Bayu Aji", "By. Ny.", "Ny. 1"])
def test_a_name_that_only_begins_so_stays(name: str) -> None:
    assert mother_s_name(name) == name


def test_a_newborn_is_called_as_hospitals_write_it() -> None:
    assert shown_name("Siti Aminah", 0) == "Siti Aminah"
    assert shown_name(mother_s_name("By. Ny. Siti Aminah"), 2) == "By. Ny. Siti Aminah (2)"


@given(st.text("Siti Amnh()1", min_size=1).map(str.strip).filter(bool), st.integers(1, BIRTH_ORDER_MAX))
def test_a_name_that_is_shown_is_read_again(name: str, order: int) -> None:
    assert read_shown_name(shown_name(name, order)) == (name, order)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("by ny siti (2)", ("siti", 2)),
        ("Bayi Ny.Siti Aminah(1)", ("Siti Aminah", 1)),
        ("By. Ny. Siti", ("By. Ny. Siti", 0)),
        ("By. Ny. Siti (0)", ("By. Ny. Siti (0)", 0)),
        ("Siti (1)", ("Siti (1)", 0)),
    ],
)
def test_which_newborn_is_told_by_its_name_as_it_is_shown(typed: str, read: tuple[str, int]) -> None:
    assert read_shown_name(typed) == read


@pytest.mark.parametrize(
    ("born", "is_possible"),
    [
        ("2026-11-23", True),
        ("2025-11-24", True),
        ("2025-11-23", False),  # the first birthday
        ("2025-11", True),
        ("2025-10", False),
        ("2025", True),
        ("2024", False),
        ("1990-01-31", False),
    ],
)
def test_a_newborn_is_younger_than_a_year_as_far_as_is_known(born: str, is_possible: bool) -> None:
    assert is_newborn_possible(PartialDate.parse(born), TODAY) is is_possible
