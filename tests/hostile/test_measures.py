"""What a run says follows from the calls that honest people made."""

import json
from pathlib import Path

import pytest

from tests.hostile.calls import Call, CallsFile, Outcome, recovered_at, waited
from tests.hostile.report import BEGIN, END, with_section

LEFT_AT = 100.0


def call(begun: float, seconds: float, outcome: Outcome = "answered", who: str = "patient-1") -> Call:
    """A call that has ended."""
    return Call(who, "register", begun, begun + seconds, outcome)


def good(begin: float, end: float) -> list[Call]:
    """Five calls a second that are answered at once."""
    return [call(begin + n / 5, 0.1) for n in range(int((end - begin) * 5))]


def test_all_that_was_well_has_recovered_at_once() -> None:
    assert recovered_at(good(90, 103), LEFT_AT, 103.0) == LEFT_AT


@pytest.mark.parametrize(
    ("bad", "from_when"),
    [
        (call(99, 3.0), 102.0),
        (call(101, 0.2, "busy"), 101.2),
        (call(95, 10.0, "unanswered"), 105.0),
        (call(100.5, 0.1, "unreachable"), 100.6),
        (call(90, 5.0), LEFT_AT),
    ],
)
def test_it_has_recovered_when_the_last_bad_call_has_ended(bad: Call, from_when: float) -> None:
    assert recovered_at([*good(100, 110), bad], LEFT_AT, 110.0) == pytest.approx(from_when)


def test_it_has_not_recovered_while_somebody_waits() -> None:
    assert recovered_at([*good(100, 110), Call("patient-2", "register", 101.0)], LEFT_AT, 110.0) is None


def test_it_has_not_recovered_before_some_calls_were_answered() -> None:
    assert recovered_at(good(100, 101), LEFT_AT, 101.0) is None
    assert recovered_at([], LEFT_AT, 110.0) is None
    assert recovered_at([call(100.5, 0.1)], LEFT_AT, 110.0) is None


def test_waiting_is_told_of_answered_calls_only() -> None:
    found = waited([*(call(0, n / 100) for n in range(1, 101)), call(0, 50.0, "unanswered")])
    assert (found.count, found.p50, found.p99, found.longest) == (100, 0.51, 1.0, 1.0)
    assert waited([call(0, 1.0, "busy")]).p50 is None


def test_calls_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    calls = CallsFile(path)
    assert calls.calls() == []
    begun = {"who": "desk-1", "name": "call_next", "begun": 1.0}
    with path.open("a") as file:
        file.write(json.dumps(["1", begun]) + "\n" + json.dumps(["2", begun])[:20])
        file.flush()
        assert [each.ended for each in calls.calls()] == [None]
        file.write(json.dumps(["2", begun])[20:] + "\n")
        file.write(json.dumps(["1", {**begun, "ended": 2.0, "outcome": "answered"}]) + "\n")
        file.flush()
        assert [each.ended for each in calls.calls()] == [2.0, None]
        assert all(each.is_desk for each in calls.calls())


def test_a_run_replaces_its_own_section_only() -> None:
    document = f"before\n{BEGIN}\n{END}\nafter\n"
    for heading, content in (("On 4.0", "four"), ("On 3.10", "old"), ("On 3.10", "| new |\n\n- more")):
        document = with_section(document, heading, content)
    assert document == (
        f"before\n{BEGIN}\n\n### On 3.10\n\n| new |\n\n- more\n\n### On 4.0\n\nfour\n\n{END}\nafter\n"
    )


def test_a_document_without_a_place_for_the_table_is_said() -> None:
    with pytest.raises(ValueError, match="no place"):
        with_section("nothing", "On 4.0", "four")
