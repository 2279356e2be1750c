"""Tickets that one person may hold with two record numbers."""

from hypothesis import given
from hypothesis import strategies as st

from common.domain.duplicates import HeldBy, possible_duplicate, possible_duplicates
from common.domain.partial_dates import PartialDate
from common.domain.record_numbers import PatientKey

SITI = HeldBy(1, PatientKey("1"), "Siti Aminah", PartialDate(1990, 1, 31))

holders = st.builds(
    HeldBy,
    st.integers(1, 30),
    st.builds(PatientKey, st.sampled_from("12"), st.integers(0, 1)),
    st.sampled_from(["Siti", "Ny. Siti", "Budi"]),
    st.sampled_from([PartialDate(1990), PartialDate(1990, 1, 31)]),
)


@given(st.lists(holders, max_size=12, unique_by=lambda each: each.number))
def test_all_at_once_as_one_by_one(tickets: list[HeldBy]) -> None:
    one_by_one = {each.number: possible_duplicate(each, tickets) for each in tickets}
    found = {number: other for number, other in one_by_one.items() if other is not None}
    assert possible_duplicates(tickets) == found


def test_the_same_name_and_date_of_birth_with_another_number() -> None:
    again = SITI._replace(number=2, patient=PatientKey("2"), patient_name="Ny. SITI AMINAH")
    assert possible_duplicate(again, [SITI]) == 1
    for other in (
        SITI._replace(patient_name="Siti"),
        SITI._replace(date_of_birth=PartialDate(1990)),
        SITI._replace(patient=PatientKey("2")),
    ):
        assert possible_duplicate(again, [other]) is None


def test_twins_are_two() -> None:
    """They have one mother, so one name; but the staff see twice what is twice."""
    twins = [SITI._replace(number=order, patient=PatientKey("1", order)) for order in (1, 2)]
    assert possible_duplicates(twins) == {}


def test_a_baby_by_its_mother_s_number_is_one_that_is_called_by_her_name() -> None:
    by_mother = SITI._replace(patient=PatientKey("1", 1))
    for name in ("By. Ny. Siti Aminah", "Bayi Ny. Siti Aminah", "by ny siti aminah"):
        own = SITI._replace(number=2, patient=PatientKey("2"), patient_name=name)
        assert possible_duplicate(own, [by_mother]) == 1, name
