"""Ticket codes: how they are shown, and how forgivingly they are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.ticket_codes import (
    ALPHABET,
    LENGTH,
    format_ticket_code,
    new_ticket_code,
    parse_ticket_code,
)
from common.domain.tickets import display_number

CODES = st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH)


@given(CODES)
def test_a_code_is_read_as_it_is_shown(code: str) -> None:
    assert parse_ticket_code(format_ticket_code(code)) == code


@given(CODES, st.data())
def test_small_letters_and_letters_that_look_like_digits_are_read_as_meant(
    code: str, data: st.DataObject
) -> None:
    looks_like = {"1": "1IiLl", "0": "0Oo"}
    written = "".join(data.draw(st.sampled_from(looks_like.get(c, c + c.lower()))) for c in code)
    assert parse_ticket_code(written) == code


@given(CODES, st.lists(st.integers(0, LENGTH), max_size=5), st.sampled_from("- "))
def test_hyphens_and_spaces_may_stand_anywhere(code: str, places: list[int], separator: str) -> None:
    written = code
    for place in places:
        written = written[:place] + separator + written[place:]
    assert parse_ticket_code(f" {written}\n") == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7K3F-9QXM-2T5",
        "7K3F-9QXM-2T5RR",
        "7K3F-9QXM-2T5U",
        "7K3F_9QXM_2T5R",
        "7K3F-9QXM-2T5!",
        "7K3F–9QXM–2T5R",
        "7K3F-9QXM-2T5İ",
        "７K3F-9QXM-2T5R",
        "7K3F-9QXM-2T5\x00",
        "ſK3F-9QXM-2T5R",
    ],
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a ticket code has twelve letters and digits"):
        parse_ticket_code(text)


def test_new_codes_are_in_canonical_form_and_differ() -> None:
    codes = {new_ticket_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(parse_ticket_code(code) == code for code in codes)
    assert set("".join(codes)) == set(ALPHABET)


@pytest.mark.parametrize(("number", "shown"), [(1, "GIG-001"), (17, "GIG-017"), (1234, "GIG-1234")])
def test_numbers_are_shown_with_their_clinic(number: int, shown: str) -> None:
    assert display_number("GIG", number) == shown
