"""Which keys a console shows to whom, and what it says of the others and of its connection."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from textual.pilot import Pilot

from clinic_desk.console.app import Console
from clinic_desk.console.connection import Connection
from clinic_desk.console.dialogs.all_keys import all_keys
from clinic_desk.console.keys.table import ALL_KEYS, BOUND, KEYS, bar_keys, described
from clinic_desk.console.requester import Place, QueueRead, Requester
from clinic_desk.session import DeskSession
from clinic_desk.signed_in import signed_in
from common.domain.staff import StaffRole
from common.messages import desk_requests
from common.settings import Settings
from common.terminal.screens.key_bar import KeyBar, key_lines
from common.words.texts import Texts
from tests.processes import SECONDS_MAX
from tests.unit.test_console_rooms import queue_of, shows

REQUESTS: Final = {
    "next": "CallNext",
    "ticket('recall')": "Recall",
    "ticket('start')": "Start",
    "ticket('complete')": "Complete",
    "ticket('no-show')": "MarkNoShow",
    "ticket('reinstate')": "Reinstate",
    "ticket('skip')": "Skip",
    "park": "Unpark",
    "call_number": "CallTicket",
    "register": "DeskRegister",
    "priority": "SetPriority",
    "transfer": "Transfer",
    "send_on": "Send",
    "cancel": "DeskCancel",
    "correct": "Correct",
    "undo": "Undo",
    "search": "FindTickets",
    "ticket_again": "DeskTicketRequest",
    "history": "DeskHistoryRequest",
    "names": "DeskQueueRequest",
    "open": "OpenClinic",
    "close": "CloseClinic",
    "rooms": "SetRooms",
    "away": "Away",
    "mode": "SetMode",
}
"""What is asked for by each action."""


def duty(role: str, *clinics: str, hospital: str = "RSHS") -> dict[str, Any]:
    return {"hospital": hospital, "hospital_name": None, "clinics": [*clinics] or None, "role": role}


def reply(*duties: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"user": "siti", "duties": [*duties], "more": more}


def test_a_key_is_for_those_whose_request_is_taken() -> None:
    for key in KEYS:
        if key.action in REQUESTS:
            assert key.roles == getattr(desk_requests, REQUESTS[key.action]).roles, key
    # What is left asks the workers for nothing that only some may do.
    assert {key.action for key in KEYS} - set(REQUESTS) == {"choose_room", "user", "other_clinic", "quit"}
    assert len(BOUND) == len(KEYS) + 1 + 10 + 1, "no key does two things"


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("caller", {"call next", "cancel"}, {"register", "close", "correct"}),
        ("reception", {"register", "correct", "cancel"}, {"call next", "close"}),
        ("manager", {"call next", "register", "close"}, set()),
    ],
)
def test_the_bar_shows_what_somebody_may_do(role: str, may: set[str], may_not: set[str]) -> None:
    user = signed_in(reply(duty(role, "GIG")))
    shown = {words for _, words in bar_keys(Texts("en"), lambda roles: user.may(roles, "RSHS", "GIG"))}
    assert may <= shown
    assert not may_not & shown
    assert not user.may(frozenset(StaffRole), "RSHS", "ANA")
    assert user.serves_in("RSHS")
    assert not user.serves_in("RSCM")


def test_duties_that_are_not_all_known_forbid_nothing() -> None:
    for found in (reply(duty("caller", "GIG"), more=True), reply(duty("auditor", "GIG"))):
        assert signed_in(found).may(frozenset({StaffRole.MANAGER}), "RSCM", "ANA")


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("width", [40, 80, 118])
def test_keys_that_do_not_fit_are_behind_the_last_one(language: str, width: int) -> None:
    texts = Texts(language)
    keys, rest = bar_keys(texts, lambda _roles: True), described(ALL_KEYS, texts)
    few = key_lines(keys, width, KeyBar.LOW_LINES_MAX, rest).plain
    assert len(few.splitlines()) <= KeyBar.LOW_LINES_MAX
    assert rest[1] in few.splitlines()[-1]
    every = key_lines(keys, width, None, rest).plain
    assert all(words in every for _, words in [*keys, rest])
    assert all(len(line) <= width + 1 for line in (few + "\n" + every).splitlines())


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (93, 33)])
def test_no_key_is_torn_from_its_words(
    language: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Requester, "start", lambda line: None)

    async def play(pilot: Pilot[None]) -> None:
        bar, (width, _) = pilot.app.query_one(KeyBar), size
        async with asyncio.timeout(SECONDS_MAX):
            while bar.content_size.width != width - 2 or len(str(bar.content).splitlines()) > 5:
                await pilot.pause(0.02)
        assert all(len(line.rstrip()) <= width - 2 for line in str(bar.content).splitlines())

    asyncio.run(_with_console(play, language, size))


def test_all_keys_say_who_may_use_them() -> None:
    user = signed_in(reply(duty("caller", "GIG")))
    shown = all_keys(Texts("en"), lambda roles: user.may(roles, "RSHS", "GIG"))
    lines = dict(zip([key.action for key in KEYS], shown.plain.splitlines(), strict=False))
    assert lines["close"].endswith("manager")
    assert lines["register"].endswith("reception, manager")
    dimmed = [str(line) for line in _dimmed(shown)]
    assert any("close" in line for line in dimmed)
    assert not any("call next" in line for line in dimmed)


def _dimmed(shown: Any) -> Iterator[str]:
    for line in shown.split("\n"):
        if str(line.style) == "dim" or any(str(span.style) == "dim" for span in line.spans):
            yield line.plain


def test_a_key_of_another_role_says_who_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Requester, "start", lambda line: None)
    asked: list[Any] = []
    monkeypatch.setattr(Requester, "send", lambda line, *request: asked.append(request))

    async def play(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, Console)
        app._place = Place("RSHS", "GIG")
        app._take_user(reply(duty("reception", "GIG")))
        app.post_message(QueueRead(queue_of(2)))
        await shows(pilot, "2 rooms")
        asked.clear()
        await pilot.press("space")
        await shows(pilot, "Only a caller or a manager of Poli Gigi may do this; ask one of them.")
        await pilot.press("k")
        await shows(pilot, "Only a manager of Poli Gigi may do this; ask one.")
        assert not asked
        await pilot.press("question_mark")
        await shows(pilot, "All keys")

    asyncio.run(_with_console(play))


async def _with_console(
    play: Callable[[Pilot[None]], Awaitable[None]], language: str = "en", size: tuple[int, int] = (80, 24)
) -> None:
    app = Console(DeskSession(Settings(), language, language_given=True), "RSHS", "GIG", 1)
    async with app.run_test(size=size) as pilot:
        await play(pilot)


def test_the_connection_says_how_old_the_last_reply_is() -> None:
    now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    connection = Connection(Texts("en"))
    assert connection.words(now) == "○ connecting"
    connection.answered(now)
    assert connection.words(now + timedelta(seconds=2)) == "● connected · last reply 2 s ago"
    connection.lost(now + timedelta(seconds=5))
    connection.lost(now + timedelta(seconds=9))
    assert connection.words(now + timedelta(minutes=3)) == "○ reconnecting · last reply 3 min ago"
    assert connection.warning(UTC) == ("The connection is lost since 01:00:05. What is shown is of 01:00:00.")
    connection.answered(now + timedelta(minutes=3))
    assert not connection.is_lost
