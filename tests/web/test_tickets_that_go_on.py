"""Tickets that change while pages follow them: transferred, sent on a visit, called; and the bounds."""

from collections.abc import Iterator

import pytest

from tests.deployment import HOSPITAL, Deployment, Patient
from tests.web.desks import Desk, call_by_hand, desk_of
from tests.web.visiting import Visits, entries
from tests.web.web_process import WebProcess, await_ready, start_web


@pytest.fixture(scope="module")
def process(hospital: Deployment) -> Iterator[WebProcess]:
    """One for all tests."""
    call_by_hand(hospital)
    process = start_web(hospital, "web")
    await_ready(process)
    yield process
    assert process.program.stop() == 0


@pytest.fixture
def desk(hospital: Deployment) -> Iterator[Desk]:
    """The staff."""
    with desk_of(hospital) as desk:
        yield desk


def test_a_transferred_ticket_leads_to_the_new_one_which_is_remembered_in_its_place(
    visits: Visits, desk: Desk, hospital: Deployment
) -> None:
    visitor = visits.registered("C01", remember="yes")
    old = visitor.code
    desk.ask("transfer", "C01", number=1, to_clinic="C02")
    visitor.go(f"/t/{old}")
    assert "Number C01-001 goes on here" in visitor.text
    assert "C02-001" in visitor.text
    new = visitor.code
    assert new != old
    assert str(visitor.page.url).partition("?")[0].endswith(f"/t/{new}")
    visitor.go("/tickets")
    assert visitor.code == new
    hospital.ticket_codes |= {old, new}


def test_the_list_of_tickets_follows_a_transfer_too(visits: Visits, desk: Desk) -> None:
    visitor = visits.registered("C03", remember="yes")
    old = visitor.code
    desk.ask("transfer", "C03", number=1, to_clinic="C04")
    visitor.go("/tickets")
    assert "C04-001" in visitor.text
    assert visitor.code != old


def test_a_visit_is_shown_with_its_stations(visits: Visits, desk: Desk) -> None:
    visitor = visits.registered("C05")
    first = visitor.code
    desk.call_next("C05")
    desk.ask("start", "C05", number=1)
    desk.ask("send", "C05", number=1, to_clinic="C06", returns=True)
    visitor.go(f"/t/{first}")
    assert "C06-001 Poli C06 · waiting (now)" in visitor.text
    assert "Afterwards back to Poli C05" in visitor.text


def test_a_called_ticket_says_where_to_go(visits: Visits, desk: Desk) -> None:
    visitor = visits.registered("C07")
    assert "Stay near the clinic" in visitor.text
    desk.call_next("C07")
    visitor.go(f"/t/{visitor.code}/part")
    assert "<html" not in visitor.page.text
    assert "Please go to Room 1, Poli C07." in visitor.page.text
    desk.ask("mark_no_show", "C07", number=1)
    visitor.go(f"/t/{visitor.code}")
    assert "speak to the staff of Poli C07" in visitor.text


def test_who_guesses_codes_is_stopped_and_who_has_one_is_not(visits: Visits) -> None:
    holder, guesser = visits.registered("C08"), visits.at()
    statuses = [guesser.go(f"/t/0000-0000-{number:04d}").status_code for number in range(60)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    assert "asked too often" in guesser.text
    assert int(guesser.page.headers["Retry-After"]) > 0
    assert holder.go(f"/t/{holder.code}").status_code == 200


def test_one_device_is_bounded_and_sends_the_same_form_again(visits: Visits) -> None:
    visitor = visits.at(f"/hospitals/{HOSPITAL}/C09")
    address = f"/hospitals/{HOSPITAL}/C09/taken"
    patient, form = Patient(), visitor.hidden()["form"]
    for _ in range(100):
        visitor.page = visitor.client.post(address, data={"form": form, **entries(patient)})
        if visitor.page.status_code == 429:
            break
    assert visitor.page.status_code == 429
    assert visitor.hidden()["form"] == form
    assert "asked too often" in visitor.text
