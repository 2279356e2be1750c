"""Lists come in pages that can be sent, at the largest contents that the limits allow; on both databases."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine

from antrean_client.look_ups import all_entries
from common.messages.desk_replies import DeskQueue
from common.messages.integrators import Events
from common.messages.limits import (
    CITY_LENGTH_MAX,
    CLINICS_PER_HOSPITAL_MAX,
    NAME_LENGTH_MAX,
    PAGE_LENGTH_MAX,
    PLACE_NAME_LENGTH_MAX,
    REPLY_BYTES_MAX,
    ROOMS_MAX,
)
from common.messages.message import EncodedReply, Reply, encode_reply
from common.messages.pages import page_of, whole_queue
from common.messages.patients import Clinics, Hospitals
from common.messages.problems import Problem
from tests.builders import clinic_table, desk_request, hospital_table, patient, registration
from tests.store.desks import outcome_of
from tests.store.workers import Workers, workers_of
from tests.unit.test_reply_sizes import ANY_LETTER, PAGED

LONG = {"name": ANY_LETTER * PLACE_NAME_LENGTH_MAX}
HOSPITALS = [f"RS{number:03d}" for number in range(120)]
CLINICS = [f"C{number:03d}" for number in range(CLINICS_PER_HOSPITAL_MAX)]
WAITING = 150


@pytest.fixture
def country(engine: Engine) -> Workers:
    """Hospitals with the longest names, one of them with as many clinics as one can have."""
    big = hospital_table(HOSPITALS[0], *(clinic_table(code, **LONG) for code in CLINICS))
    others = [hospital_table(code, clinic_table("GIG")) for code in HOSPITALS[1:]]
    return workers_of(
        engine, *(each | LONG | {"city": ANY_LETTER * CITY_LENGTH_MAX} for each in (big, *others))
    )


@pytest.fixture
def crowd(engine: Engine) -> Workers:
    """A desk's clinic with the longest names, all its rooms taken, and many who wait."""
    clinic = clinic_table("GIG", mode="desk", rooms=ROOMS_MAX, **LONG)
    workers = workers_of(engine, hospital_table("RSHS", clinic) | LONG)
    people = ({**patient(who), "name": ANY_LETTER * NAME_LENGTH_MAX} for who in range(ROOMS_MAX + WAITING))
    workers.registrar.handle([registration(who) for who in people])
    workers.ticker.handle([desk_request("call_next", room=room) for room in range(1, ROOMS_MAX + 1)])
    return workers


class Pages:
    """Asks for one kind of list, and notes how long the replies are."""

    def __init__(self, kind: type[Reply], reply_to: Callable[..., Reply | EncodedReply | None]) -> None:
        self._kind = kind
        self._reply_to = reply_to
        self.lengths: list[int] = []

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """The reply as a client reads it."""
        reply = self._reply_to(**body)
        assert isinstance(reply, self._kind), reply
        encoded = encode_reply(reply)
        self.lengths.append(len(encoded))
        found: dict[str, Any] = json.loads(encoded)
        return found

    def are_filled(self) -> None:
        """There are several, each can be sent, and all but the last have no room for another entry."""
        assert len(self.lengths) > 1
        assert max(self.lengths) <= REPLY_BYTES_MAX
        assert min(self.lengths[:-1]) > REPLY_BYTES_MAX - 2000


def test_the_hospitals_come_whole_in_pages_that_can_be_sent(country: Workers) -> None:
    pages = Pages(Hospitals, partial(country.ask, "list_hospitals"))
    assert [each["code"] for each in all_entries(pages.ask, {}, PAGED[Hospitals])] == HOSPITALS
    pages.are_filled()


def test_the_clinics_come_whole_in_pages_that_can_be_sent(country: Workers) -> None:
    pages = Pages(Clinics, partial(country.ask, "list_clinics", hospital=HOSPITALS[0]))
    assert [each["code"] for each in all_entries(pages.ask, {}, PAGED[Clinics])] == CLINICS
    pages.are_filled()


def test_everybody_who_waits_is_seen_by_the_desk_in_pages_that_can_be_sent(crowd: Workers) -> None:
    pages = Pages(
        DeskQueue,
        lambda **page: outcome_of(crowd, desk_request("desk_queue", with_names=True, **page)).reply,
    )
    queue = whole_queue(pages.ask, {})
    assert [each["number"] for each in queue["waiting"]] == [*range(ROOMS_MAX + 1, ROOMS_MAX + WAITING + 1)]
    assert (len(queue["in_rooms"]), queue["waiting_count"], queue["more"]) == (ROOMS_MAX, WAITING, False)
    pages.are_filled()


def test_every_kind_of_page_is_tried_here_or_in_test_events_since() -> None:
    assert {Hospitals, Clinics, DeskQueue} == PAGED.keys() - {Events}


def test_who_asks_for_no_page_gets_the_first_and_is_told_of_more(country: Workers) -> None:
    first = country.ask("list_hospitals")
    assert isinstance(first, Hospitals)
    assert first.more
    assert [each.code for each in first.hospitals] == HOSPITALS[: len(first.hospitals)]


def test_a_page_begins_behind_a_code_and_ends_at_the_limit(country: Workers) -> None:
    page = country.ask("list_hospitals", after="RS009", limit=3)
    assert isinstance(page, Hospitals)
    assert ([each.code for each in page.hospitals], page.more) == (["RS010", "RS011", "RS012"], True)
    # Whether or not there is such a hospital, or one behind it.
    page = country.ask("list_hospitals", after="RS117X")
    assert isinstance(page, Hospitals)
    assert ([each.code for each in page.hospitals], page.more) == (["RS118", "RS119"], False)
    clinics = country.ask("list_clinics", hospital=HOSPITALS[0], after="ZZ")
    assert clinics == Clinics(hospital=HOSPITALS[0], clinics=[], more=False)


def test_only_open_clinics_fill_the_pages_of_open_ones(engine: Engine) -> None:
    hours: list[dict[str, Any]] = [{"hours": {}}, {}]
    workers = workers_of(
        engine, hospital_table("RSHS", *(clinic_table(f"C{n}", **hours[n % 2]) for n in range(9)))
    )
    page = workers.ask("list_clinics", hospital="RSHS", open_only=True, limit=2, after="C1")
    assert isinstance(page, Clinics)
    assert ([each.code for each in page.clinics], page.more) == (["C3", "C5"], True)
    page = workers.ask("list_clinics", hospital="RSHS", open_only=True, limit=1, after="C5")
    assert isinstance(page, Clinics)
    assert ([each.code for each in page.clinics], page.more) == (["C7"], False)


@pytest.mark.parametrize(
    "wrong", [{"limit": 0}, {"limit": PAGE_LENGTH_MAX + 1}, {"after": "rs"}, {"limit": True}]
)
def test_an_impossible_page_is_named(workers: Workers, wrong: dict[str, Any]) -> None:
    answer = workers.ask("list_hospitals", **wrong)
    assert isinstance(answer, Problem)
    assert [error.field for error in answer.errors] == [*wrong]


def test_a_desk_asks_for_a_page_of_its_queue_by_places(crowd: Workers) -> None:
    reply = outcome_of(crowd, desk_request("desk_queue", after=140, limit=5)).reply
    assert isinstance(reply, DeskQueue)
    assert [each.number for each in reply.waiting] == [191, 192, 193, 194, 195]
    assert (reply.more, reply.waiting_count) == (True, WAITING)
    reply = outcome_of(crowd, desk_request("desk_queue", after=145, limit=5)).reply
    assert isinstance(reply, DeskQueue)
    assert ([each.number for each in reply.waiting][-1], reply.more) == (200, False)
    reply = outcome_of(crowd, desk_request("desk_queue", after=150)).reply
    assert isinstance(reply, DeskQueue)
    assert (reply.waiting, reply.more) == ([], False)


def test_even_what_is_too_long_by_itself_does_not_stop_a_list() -> None:
    """Nothing is: but a client that asked for a page without entries again and again would ask for ever."""
    assert page_of([b"x" * REPLY_BYTES_MAX] * 2, len, limit=9, bytes_besides=0) == (
        [b"x" * REPLY_BYTES_MAX],
        True,
    )


def test_an_earlier_version_s_workers_send_one_page_and_do_not_say_so() -> None:
    asked: list[dict[str, Any]] = []

    def ask(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(body)
        return {"hospitals": [{"code": "RSHS"}]}

    assert [*all_entries(ask, {}, "hospitals")] == [{"code": "RSHS"}]
    assert asked == [{}]
