"""How hospitals write their medical record numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.record_numbers import RecordNumberFormat
from common.messages.patient_data import normal_medical_record_number

formats = st.builds(RecordNumberFormat, st.integers(1, 20), letters=st.booleans(), padded=st.booleans())
numbers = st.text("0123456789ABCXYZ", min_size=1, max_size=20)
digits = st.text("0123456789", min_size=1, max_size=20)


@given(formats, numbers)
def test_a_number_that_fits_stays_as_it_is_written(form: RecordNumberFormat, number: str) -> None:
    normal = form.normal(number)
    if normal is not None:
        assert len(normal) == form.length
        assert form.letters or normal.isdigit()
        assert form.normal(normal) == normal == normal_medical_record_number(normal)


@given(formats, numbers)
def test_only_zeros_in_front_are_added_or_left_out(form: RecordNumberFormat, number: str) -> None:
    normal = form.normal(number)
    if normal is not None:
        assert normal.lstrip("0") == number.lstrip("0")
        assert form.padded or normal == number


@given(st.integers(1, 20), st.booleans(), digits, st.integers(0, 10))
def test_zeros_in_front_make_no_other_number(length: int, letters: bool, number: str, zeros: int) -> None:
    form = RecordNumberFormat(length, letters, padded=True)
    assert form.normal("0" * zeros + number) == form.normal(number)


@given(st.integers(1, 20), st.integers(0, 10**20 - 1), st.integers(0, 10**20 - 1))
def test_different_numbers_stay_different(length: int, one: int, other: int) -> None:
    form = RecordNumberFormat(length, padded=True)
    first, second = form.normal(str(one)), form.normal(str(other))
    assert (first == second) == (one == other) or first is None or second is None


@pytest.mark.parametrize(
    ("form", "given_number", "normal"),
    [
        (RecordNumberFormat(8, padded=True), "2", "00000002"),
        (RecordNumberFormat(8, padded=True), "00000002", "00000002"),
        (RecordNumberFormat(8, padded=True), "0000000002", "00000002"),
        (RecordNumberFormat(8, padded=True), "123456789", None),
        (RecordNumberFormat(8, padded=True), "A2", None),
        (RecordNumberFormat(8, letters=True, padded=True), "A2", "000000A2"),
        (RecordNumberFormat(8), "2", None),
        (RecordNumberFormat(8), "00000002", "00000002"),
        (RecordNumberFormat(6, letters=True), "RM0002", "RM0002"),
        (RecordNumberFormat(6, letters=True), "RM2", None),
    ],
)
def test_examples(form: RecordNumberFormat, given_number: str, normal: str | None) -> None:
    assert form.normal(given_number) == normal
