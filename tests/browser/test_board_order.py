"""In which order the board announces, and how it lays clinics out: functions of its script, in a browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

_STATIC = Path(__file__).parents[2] / "waiting_room" / "static"
_NOW = 1_800_000_000_000


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Page:
    page = chromium.new_page()
    for name in ("announcements", "state", "layout"):
        page.add_script_tag(path=_STATIC / f"{name}.js")
    return page


def call(key: str, *, urgent: bool = False, current: bool = True, at: str = "2027-01-15T08:00:00Z") -> Any:
    return {"key": key, "is_urgent": urgent, "is_current": current, "called_at": at}


def order(page: Page, batches: list[list[Any]], announced: list[str] = []) -> list[str]:  # noqa: B006
    """The keys in the order of their announcements, all batches taken before the first."""
    keys: list[str] = page.evaluate(
        """given => {
          const [batches, announced, now] = given;
          const queue = new antrean.Announcements(announced);
          batches.forEach((calls) => queue.take(calls, now));
          const keys = [];
          for (let call = queue.next(); call; call = queue.next()) keys.push(call.key);
          return keys;
        }""",
        [batches, announced, _NOW],
    )
    return keys


def test_calls_are_announced_in_their_order_and_urgent_ones_first(page: Page) -> None:
    batches = [[call("a"), call("b")], [call("c", urgent=True), call("d")], [call("e", urgent=True)]]
    assert order(page, batches) == ["c", "e", "a", "b", "d"]


def test_no_call_is_announced_twice(page: Page) -> None:
    assert order(page, [[call("a"), call("b")], [call("b"), call("a"), call("c")]], ["c"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("at", "current", "is_said"),
    [
        ("2027-01-15T07:00:00Z", True, False),
        ("2027-01-15T07:00:00Z", False, False),
        ("2027-01-15T07:58:10Z", False, True),
        ("2027-01-15T14:58:10+07:00", False, True),
    ],
)
def test_what_is_long_past_is_not_announced(page: Page, at: str, current: bool, is_said: bool) -> None:
    assert order(page, [[call("a", at=at, current=current)]]) == (["a"] if is_said else [])


def test_a_board_that_was_just_put_up_announces_no_call_that_is_over(page: Page) -> None:
    said = page.evaluate(
        """given => {
          const [calls, later, now] = given;
          const queue = new antrean.Announcements([]);
          queue.takeFirst(calls, now);
          queue.take(calls.concat(later), now);
          const keys = [];
          for (let call = queue.next(); call; call = queue.next()) keys.push(call.key);
          return keys;
        }""",
        [[call("a", current=False), call("b")], [call("c", current=False)], _NOW],
    )
    assert said == ["b", "c"]


def test_a_call_that_was_taken_back_is_not_announced(page: Page) -> None:
    left = page.evaluate(
        """given => {
          const [calls, now] = given;
          const queue = new antrean.Announcements([]);
          queue.take(calls, now);
          queue.keepOnly([calls[1]]);
          return [queue.next().key, queue.next() === undefined];
        }""",
        [[call("a"), call("b")], _NOW],
    )
    assert left == ["b", True]


def test_what_is_remembered_and_what_waits_is_bounded(page: Page) -> None:
    sizes = page.evaluate(
        """given => {
          const [call, now] = given;
          const queue = new antrean.Announcements([]);
          for (let round = 0; round < 30; round += 1) {
            for (let place = 0; place < 300; place += 1) {
              queue.take([Object.assign({}, call, { key: round + "-" + place })], now);
            }
            while (queue.next()) continue;
          }
          return [queue.announced.length, queue._known.size];
        }""",
        [call("a"), _NOW],
    )
    assert sizes == [2000, 2000]


def test_messages_add_up_to_what_is_there(page: Page) -> None:
    def message(clinics: list[Any], calls: list[str], *, snapshot: bool = False) -> Any:
        return {
            "at": "2027-01-15T15:00:00+07:00",
            "hospital": {"code": "RSHS"},
            "stale_since": None,
            "is_snapshot": snapshot,
            "clinics": clinics,
            "calls": [call(key) for key in calls],
        }

    messages = [
        message([{"code": "OLD", "waiting": 9}], ["z"], snapshot=True),
        message([{"code": "GIG", "waiting": 1}, {"code": "ANA", "waiting": 2}], ["a", "b"], snapshot=True),
        message([{"code": "GIG", "waiting": 5}], ["c"]),
        message([], ["c"]),
    ]
    left = page.evaluate(
        """messages => {
          const state = new antrean.BoardState();
          messages.forEach((message) => state.apply(message));
          return [state.clinics.map((each) => each.waiting), state.calls.map((each) => each.key)];
        }""",
        messages,
    )
    assert left == [[5, 2], ["c", "b", "a"]]


ROOMS = {"a": "called", "b": "called", "c": "in_service", "d": "called", "e": "called"}


@pytest.mark.parametrize(
    ("calls", "pending", "large"),
    [
        ("", "", ""),
        ("ab", "ab", "ab"),
        ("abc", "cab", "ab"),
        ("abcde", "edba", "edb"),
        ("abc", "", "c"),
        ("abxc", "c", "c"),
        ("xabx", "x", "b"),
        ("xy", "y", ""),
        ("aba", "aba", "ab"),
    ],
)
def test_calls_are_large_until_their_patients_have_come(
    page: Page, calls: str, pending: str, large: str
) -> None:
    """Letters are numbers; those that are in no room have been served, or did not come."""
    found = page.evaluate(
        """given => {
          const [calls, pending, rooms] = given;
          const call = (letter, place) => (
            { key: letter + place, clinic: "GIG", display_number: letter, room: 1 });
          const state = new antrean.BoardState();
          state.clinics = [{ code: "GIG", rooms: Object.keys(rooms).map((letter) => (
            { room: 1, display_number: letter, status: rooms[letter] })) }];
          state.calls = calls.split("").map(call).reverse();
          return state.large(pending.split("").map(call)).map((each) => each.display_number).join("");
        }""",
        [calls, pending, ROOMS],
    )
    assert found == large


@pytest.mark.parametrize(
    ("rooms", "form", "sizes"),
    [
        ([2], "landscape", [1]),
        ([10], "landscape", [2]),
        ([1, 0, 1, 1], "landscape", [4]),
        ([1] * 30, "landscape", [6] * 5),
        ([1] * 30, "portrait", [6] * 5),
        ([1] * 30, "stacked", [30]),
        ([], "landscape", []),
        ([4, 1, 1, 1, 1, 1], "landscape", [6, 1]),
    ],
)
def test_clinics_are_laid_out_over_as_many_screens_as_they_need(
    page: Page, rooms: list[int], form: str, sizes: list[int]
) -> None:
    clinics = [
        {"code": f"C{place}", "rooms": list(range(count)), "next": []} for place, count in enumerate(rooms)
    ]
    laid_out = page.evaluate("given => antrean.screens(...given).pages", [clinics, form])
    assert [len(each) for each in laid_out] == sizes
    shown = [room for each in laid_out for part in each for room in part["rooms"]]
    assert len(shown) == sum(rooms)
