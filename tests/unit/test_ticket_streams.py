"""Streams of tickets: who follows one knows how it stands, whatever happens in whatever order, and what that
costs follows from what changes."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antrean_client.events import Event
from antrean_client.position import Position
from antrean_client.subscriber import Batch
from common.clock import SystemClock
from common.errors import NoReply
from patient_web.ticket_streams.followed import StreamFollower
from patient_web.ticket_streams.hub import TicketStreams
from patient_web.ticket_streams.patches import after_event
from patient_web.ticket_streams.plan import BATCH_MAX, IDLE_SECONDS, PLACE_SECONDS_MAX
from tests.shown_tickets import Ticket, code_of, ticket
from tests.virtual_time import run

SOURCE = "/hospitals/RSHS/clinics/GIG/2026-11-23"


class World:
    """The clinic: tickets as the workers have them, the events that tell of them, and the look-ups made."""

    def __init__(self, count: int) -> None:
        self.tickets = {code_of(number): ticket(number) for number in range(1, count + 1)}
        self.look_ups: list[Sequence[str]] = []
        self.is_down = False
        self.is_live = True
        self.look_up_seconds = 0.05
        self._sequence = 0
        self.hub = TicketStreams(
            self.look_up, lambda: self.is_live, SystemClock(), lambda: asyncio.get_running_loop().time()
        )

    async def look_up(self, codes: Sequence[str]) -> tuple[list[Ticket], list[str]]:
        self.look_ups.append(codes)
        found = [{**self.tickets[code]} for code in codes if code in self.tickets]
        await asyncio.sleep(self.look_up_seconds)
        if self.is_down:
            raise NoReply("No answer.")
        return found, [code for code in codes if code not in self.tickets]

    def change(self, number: int, status: str, name: str, *, is_told: bool = True, **members: Any) -> None:
        """A ticket changes, and its event is published."""
        code = code_of(number)
        room = 2 if status in ("called", "in_service", "served") else None
        gone = {} if status == "waiting" else dict.fromkeys(("people_ahead", "estimated_wait_seconds"))
        self.tickets[code] = {**self.tickets[code], **gone, "status": status, "room": room, **members}
        self.publish(name, number, status=status, room=room, is_told=is_told)

    def publish(self, name: str, number: int, *, is_told: bool = True, **data: Any) -> None:
        self._sequence += 1
        at = (datetime(2026, 11, 23, 2, tzinfo=UTC) + timedelta(seconds=self._sequence)).isoformat()
        known = {"number": number, "lane": "regular", "waiting": 0, "now_serving": None, **data}
        event = Event(
            str(self._sequence), f"id.antrean.{name}.v1", SOURCE, self._sequence, "", at, known, b""
        )
        if is_told:
            self.hub.take(Batch([event], Position.now(), True))

    def follow(self, *numbers: int) -> StreamFollower:
        """A stream of these."""
        tickets = [{**self.tickets[code_of(number)]} for number in numbers]
        follower = StreamFollower()
        self.hub.follow(follower, tickets, [], self.hub.moment())
        return follower


class Reader:
    """A browser: what it knows of each ticket, and all that it was told."""

    def __init__(self, follower: StreamFollower) -> None:
        self.shown: dict[str, Ticket] = {}
        self.statuses: list[tuple[int, str]] = []
        self.kinds: list[str] = []
        self._task = asyncio.get_running_loop().create_task(self._read(follower))

    async def _read(self, follower: StreamFollower) -> None:
        async for message in follower.messages(1e9):
            lines = message.decode().splitlines()
            kind = lines[0].removeprefix("event: ")
            data = json.loads(lines[1].removeprefix("data: "))
            self.kinds.append(kind)
            if kind == "ticket":
                self.shown[data["ticket_code"]] = data
                self.statuses.append((data["number"], data["status"]))

    def of(self, number: int) -> list[str]:
        """The statuses of a ticket that it was told, one after the other."""
        return [status for found, status in self.statuses if found == number]


def playing(count: int, play: Callable[[World], Any]) -> None:
    """Plays a scene with so many tickets."""

    async def main() -> None:
        world = World(count)
        running = asyncio.get_running_loop().create_task(world.hub.run())
        await play(world)
        running.cancel()

    run(main)


def test_the_first_message_is_the_ticket_as_it_stands() -> None:
    async def play(world: World) -> None:
        reader = Reader(world.follow(1, 2))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert reader.shown == {code_of(1): world.tickets[code_of(1)], code_of(2): world.tickets[code_of(2)]}
        assert world.look_ups == []

    playing(2, play)


def test_who_comes_later_is_told_the_newest_and_so_are_the_others() -> None:
    async def play(world: World) -> None:
        first = Reader(world.follow(1))
        await asyncio.sleep(1)
        world.tickets[code_of(1)]["people_ahead"] = 7  # which no event has told
        second = Reader(world.follow(1))
        await asyncio.sleep(0.01)
        assert first.shown == second.shown == {code_of(1): world.tickets[code_of(1)]}

    playing(1, play)


def test_a_call_is_told_at_once_before_any_look_up() -> None:
    async def play(world: World) -> None:
        reader = Reader(world.follow(1))
        await asyncio.sleep(1)
        world.change(1, "called", "ticket.called")
        await asyncio.sleep(0.001)
        shown = reader.shown[code_of(1)]
        assert (shown["status"], shown["room"], shown["people_ahead"]) == ("called", 2, None)
        assert shown["called_at"] == "2026-11-23T09:00:01+07:00"

    playing(1, play)


def test_a_look_up_that_is_older_than_an_event_takes_nothing_back() -> None:
    async def play(world: World) -> None:
        world.look_up_seconds = 1.5
        reader = Reader(world.follow(1, 2))
        world.publish("ticket.registered", 3)
        await asyncio.sleep(2.5)  # the look-up of places is under way
        world.change(1, "called", "ticket.called")
        await asyncio.sleep(20)
        first = reader.of(1).index("called")
        assert all(each == "called" for each in reader.of(1)[first:])
        assert reader.shown == {code: world.tickets[code] for code in reader.shown}

    playing(3, play)


def test_a_stream_goes_on_in_the_ticket_that_its_own_was_transferred_to() -> None:
    async def play(world: World) -> None:
        reader = Reader(world.follow(1))
        world.change(1, "transferred", "ticket.transferred", transferred_to=code_of(2))
        await asyncio.sleep(1)
        assert reader.shown[code_of(1)]["transferred_to"] == code_of(2)
        world.change(2, "called", "ticket.called")
        await asyncio.sleep(1)
        assert reader.shown[code_of(2)]["status"] == "called"

    playing(2, play)


def test_a_stream_follows_the_stations_of_a_visit() -> None:
    async def play(world: World) -> None:
        reader = Reader(world.follow(1))
        world.tickets[code_of(2)]["current_code"] = code_of(2)
        world.change(1, "served", "ticket.sent", current_code=code_of(2), visit=[{}, {}])
        await asyncio.sleep(1)
        assert code_of(2) in reader.shown
        world.tickets[code_of(1)]["current_code"] = code_of(3)
        world.change(2, "served", "ticket.served", current_code=code_of(3))
        await asyncio.sleep(1)
        assert reader.shown.keys() == {code_of(1), code_of(2), code_of(3)}
        assert reader.shown[code_of(1)]["current_code"] == code_of(3)

    playing(3, play)


def test_where_nothing_happens_nothing_is_asked_but_once_a_minute() -> None:
    async def play(world: World) -> None:
        readers = [Reader(world.follow(number)) for number in range(1, 101)]
        await asyncio.sleep(10 * IDLE_SECONDS)
        assert len(world.look_ups) <= 11 * (100 // BATCH_MAX + 1)
        assert len(readers) == 100

    playing(100, play)


def test_many_events_of_a_queue_cost_no_more_than_its_pace() -> None:
    async def play(world: World) -> None:
        readers = [Reader(world.follow(number)) for number in range(1, 301)]
        for _ in range(600):
            world.publish("ticket.registered", 999)
            await asyncio.sleep(0.1)
        asked = sum(map(len, world.look_ups))
        # Of each 15, once in 2 s, 4 s, 6 s ... for a minute.
        assert asked <= sum(15 * (60 / (2 * (1 + group)) + 1) for group in range(20))
        first = sum(code_of(1) in codes for codes in world.look_ups)
        last = sum(code_of(300) in codes for codes in world.look_ups)
        assert first > 5 * last > 0
        assert len(readers) == 300

    playing(300, play)


def test_who_is_next_does_not_wait_for_those_who_did_not_come() -> None:
    async def play(world: World) -> None:
        for number in range(1, 61):
            world.tickets[code_of(number)] |= {"status": "no_show", "people_ahead": None}
        world.tickets[code_of(61)]["people_ahead"] = 1
        readers = [Reader(world.follow(number)) for number in range(1, 62)]
        await asyncio.sleep(3)
        world.tickets[code_of(61)]["people_ahead"] = 0
        world.publish("ticket.cancelled", 999)
        await asyncio.sleep(1)
        assert readers[60].shown[code_of(61)]["people_ahead"] == 0

    playing(61, play)


def test_a_broker_that_was_away_is_told_and_made_good() -> None:
    async def play(world: World) -> None:
        reader = Reader(world.follow(1))
        await asyncio.sleep(5)
        world.is_live = False
        world.is_down = True
        world.change(1, "called", "ticket.called", is_told=False)
        await asyncio.sleep(120)
        assert reader.kinds[-1] == "stale"
        late = Reader(world.follow(1))
        await asyncio.sleep(1)
        assert "stale" in late.kinds
        world.is_live, world.is_down = True, False
        await asyncio.sleep(IDLE_SECONDS + 5)
        assert "fresh" in reader.kinds
        assert reader.shown[code_of(1)] == world.tickets[code_of(1)]

    playing(1, play)


def test_a_stream_that_is_closed_leaves_nothing() -> None:
    async def play(world: World) -> None:
        followers = [world.follow(number, 1) for number in range(2, 50)]
        for each in followers:
            world.hub.leave(each)
        assert world.hub.open_streams == 0
        assert not world.hub._followed.by_code
        assert not world.hub._followed.queues
        world.change(1, "called", "ticket.called")
        await asyncio.sleep(5)
        assert world.look_ups == []

    playing(50, play)


def test_a_reader_that_stands_still_takes_no_memory_and_is_told_the_latest() -> None:
    async def play(world: World) -> None:
        follower = world.follow(1)
        for number in range(500):
            world.change(1, "called" if number % 2 else "waiting", "ticket.recalled")
            await asyncio.sleep(0.01)
        world.change(1, "cancelled", "ticket.cancelled")
        await asyncio.sleep(5)
        assert len(follower._untold) == 1
        reader = Reader(follower)
        await asyncio.sleep(0.1)
        assert reader.of(1) == ["cancelled"]

    playing(1, play)


_STEPS = st.lists(
    st.tuples(
        st.integers(1, 8),
        st.sampled_from(
            [
                ("called", "ticket.called"),
                ("in_service", "ticket.started"),
                ("served", "ticket.served"),
                ("waiting", "ticket.call_undone"),
                ("no_show", "ticket.no_show"),
                ("parked", "ticket.parked"),
            ]
        ),
        st.floats(0, 5),
        st.booleans(),
    ),
    max_size=30,
)


@given(_STEPS, st.floats(0.01, 3))
@settings(max_examples=60)
def test_in_the_end_everybody_knows_how_it_stands(
    steps: list[tuple[int, tuple[str, str], float, bool]], look_up_seconds: float
) -> None:
    async def play(world: World) -> None:
        world.look_up_seconds = look_up_seconds
        readers = [Reader(world.follow(number, number % 8 + 1)) for number in range(1, 9)]
        for number, (status, name), pause, is_down in steps:
            world.is_down = is_down
            world.change(number, status, name, people_ahead=number if status == "waiting" else None)
            await asyncio.sleep(pause)
        world.is_down = False
        await asyncio.sleep(PLACE_SECONDS_MAX + IDLE_SECONDS)
        for reader in readers:
            assert reader.shown == {code: world.tickets[code] for code in reader.shown}

    playing(8, play)


@pytest.mark.parametrize("status", ["waiting", "called", "served", "cancelled"])
def test_an_event_that_lacks_members_changes_what_it_can(status: str) -> None:
    event = Event(
        "1", "id.antrean.ticket.x.v1", SOURCE, 1, "", "2026-11-23T02:00:00Z", {"status": status}, b""
    )
    assert after_event(ticket(1), event)["status"] == status
    assert after_event(ticket(1), event._replace(data={})) == ticket(1)
