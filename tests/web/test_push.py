"""Telephones are notified of their tickets, whichever process sees to them; by a push service that
decrypts."""

from collections.abc import Iterator

import pytest

from patient_web.pages.ticket_view import NEAR_PEOPLE_MAX
from tests.deployment import CLINICS, Deployment
from tests.processes import eventually
from tests.web.desk_of import Desk, desk_of
from tests.web.metrics_page import shown
from tests.web.push_service import CONTACT, Browser, PushService, push_service
from tests.web.visiting import Visitor, Visits
from tests.web.web_process import WebProcess, await_ready, start_web

clinics = iter(CLINICS)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushService]:
    """Where all browsers are subscribed."""
    with push_service(tmp_path_factory.mktemp("push")) as service:
        yield service


@pytest.fixture(scope="module")
def process(hospital: Deployment, service: PushService) -> Iterator[WebProcess]:
    """One that notifies."""
    process = start_web(hospital, "web", 0, ANTREAN_METRICS_PORT="0", **service.settings)
    await_ready(process)
    yield process
    assert process.program.stop() == 0


@pytest.fixture
def desk(hospital: Deployment) -> Iterator[Desk]:
    """Who calls."""
    with desk_of(hospital) as desk:
        yield desk


@pytest.fixture
def clinic(desk: Desk) -> str:
    """One that no other test has, in which the staff call."""
    clinic = next(clinics)
    desk.by_desk(clinic)
    return clinic


def notified(visitor: Visitor, service: PushService) -> Browser:
    """The browser of somebody who has asked to be notified of the ticket on the page."""
    browser = service.browser()
    answer = visitor.client.post(
        f"/t/{visitor.code}/notify", data={**visitor.hidden(), **browser.subscription}
    )
    assert answer.status_code == 204, answer.text
    return browser


def await_told(browser: Browser, *titles: str) -> None:
    """Waits until the browser was told exactly this, in this order."""

    def is_told() -> bool:
        return [each["title"] for each in browser.told] == [*titles]

    eventually(is_told, f"told {titles}: {browser.told}")


def held_by(process: WebProcess) -> float:
    """How many subscriptions the process sees to."""
    return shown(process)["antrean_push_held", ""]


def test_a_telephone_is_told_when_it_is_near_called_and_called_again(
    visits: Visits, desk: Desk, service: PushService, clinic: str
) -> None:
    ahead = [desk.register(clinic)["number"] for _ in range(NEAR_PEOPLE_MAX + 1)]
    visitor = visits.registered(clinic)
    code, browser = visitor.code, notified(visitor, service)
    desk.call(clinic)
    number = f"{clinic}-{ahead[-1] + 1:03d}"
    near = f"{number}: 3 people are ahead of you."
    await_told(browser, near)
    desk.ask("call_ticket", clinic, number=ahead[-1] + 1, room=1, reason="results")
    await_told(browser, near, f"{number}: called!")
    desk.ask("recall", clinic, number=ahead[-1] + 1)
    await_told(browser, near, f"{number}: called!", f"{number}: called!")
    assert {each["path"] for each in browser.told} == {f"/t/{code}"}
    assert browser.told[1]["body"].startswith(f"Number {number} is called. Please go to Room 1")
    assert {each["tag"] for each in browser.told} == {f"/t/{code}"}
    assert len({each["topic"] for each in browser.headers}) == 1
    assert not any(code in str(each) for each in browser.headers)


def test_whoever_looked_at_the_page_is_not_told_what_it_said(
    visits: Visits, desk: Desk, service: PushService, clinic: str
) -> None:
    visitor = visits.registered(clinic)
    browser = notified(visitor, service)  # who is next already
    number = desk.call(clinic)
    await_told(browser, f"{clinic}-{number:03d}: called!")


def test_a_patient_is_told_in_the_page_s_language_that_the_ticket_was_cancelled(
    visits: Visits, desk: Desk, service: PushService, clinic: str
) -> None:
    visitor = visits.registered(clinic)
    visitor.go(f"/t/{visitor.code}?lang=id")
    browser = notified(visitor, service)
    desk.ask("desk_cancel", clinic, number=1, reason="duplicate")
    await_told(browser, f"Tiket {clinic}-001")
    assert "dibatalkan" in browser.told[0]["body"]
    assert browser.told[0]["language"] == "id"


def test_a_patient_who_gave_the_ticket_up_is_told_nothing(
    visits: Visits, service: PushService, clinic: str, process: WebProcess
) -> None:
    before = held_by(process)
    visitor = visits.registered(clinic)
    code, browser = visitor.code, notified(visitor, service)
    eventually(lambda: held_by(process) == before + 1, "the subscription is held")
    visitor.go(f"/t/{code}/cancel")
    visitor.send(f"/t/{code}/cancel")
    eventually(lambda: held_by(process) == before, "the subscription is settled")
    assert browser.told == []


def test_the_telephone_is_told_of_the_ticket_with_which_its_patient_goes_on(
    visits: Visits, desk: Desk, service: PushService, clinic: str
) -> None:
    other = next(clinics)
    desk.by_desk(other)
    visitor = visits.registered(clinic)
    browser = notified(visitor, service)
    desk.ask("transfer", clinic, number=1, to_clinic=other)
    await_told(browser, f"{other}-001: You are next.")
    desk.call(other)
    await_told(browser, f"{other}-001: You are next.", f"{other}-001: called!")
    assert browser.told[-1]["path"] != f"/t/{visitor.code}"


def test_a_killed_process_s_telephones_are_notified_by_another_and_each_once(
    visits: Visits, desk: Desk, service: PushService, clinic: str, process: WebProcess, hospital: Deployment
) -> None:
    other = start_web(hospital, "web", 0, ANTREAN_METRICS_PORT="0", **service.settings)
    await_ready(other)
    before = held_by(process)
    browsers = [notified(visits.registered(clinic), service) for _ in range(4)]
    eventually(lambda: held_by(other) > 0, "both hold some")
    eventually(lambda: held_by(process) + held_by(other) == before + 4, "both hold all")
    other.program.kill()
    eventually(lambda: held_by(process) == before + 4, "the other one holds all")
    for number, browser in enumerate(browsers, 1):
        desk.call(clinic)
        eventually(lambda: bool(browser.told), "it is told")  # noqa: B023 - waited for here
        assert browser.told[-1]["title"] == f"{clinic}-{number:03d}: called!"
    for browser in browsers:
        titles = [each["title"] for each in browser.told]
        assert len(titles) == len({*titles}), titles


def test_a_service_that_is_busy_is_asked_again_and_one_that_knows_nobody_is_not(
    visits: Visits, desk: Desk, service: PushService, clinic: str, process: WebProcess
) -> None:
    before = held_by(process)
    patient, gone, refused = (visits.registered(clinic) for _ in range(3))
    first, second, third = (notified(each, service) for each in (patient, gone, refused))
    service.answers[service.path(first)] = [429, 503]
    service.answers[service.path(second)] = [410]
    service.answers[service.path(third)] = [302]
    desk.call(clinic)
    await_told(first, f"{clinic}-001: called!")
    assert service.attempts[service.path(first)] == 3
    for _ in range(2):
        desk.call(clinic)
    eventually(lambda: held_by(process) == before, "none is held any more")
    assert (second.told, third.told) == ([], [])
    assert service.attempts[service.path(second)] == service.attempts[service.path(third)] == 1
    assert not service.attempts["/elsewhere"]


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/1",
        "https://fcm.googleapis.com:8443/fcm/send/1",
        "https://fcm.googleapis.com.evil.example/1",
        "https://evilpush.apple.com.example/1",
        "https://user@fcm.googleapis.com/1",
        "https://localhost/push/1",
        "https://127.0.0.1/push/1",
        "https://[::1]/push/1",
        "https://169.254.169.254/latest/meta-data",
        "https://fcm.googleapis.com/" + "a" * 1_000,
        "file:///etc/passwd",
        "https://[",
        "",
    ],
)
def test_nobody_has_notifications_sent_elsewhere(visits: Visits, service: PushService, endpoint: str) -> None:
    visitor = visits.registered("C30")
    given = {**visitor.hidden(), **service.browser().subscription, "endpoint": endpoint}
    assert visitor.client.post(f"/t/{visitor.code}/notify", data=given).status_code == 400


@pytest.mark.parametrize(
    "broken", [{"key": "AAAA"}, {"secret": "AAAA"}, {"key": "é"}, {"form": "no"}, {"form": ""}]
)
def test_a_subscription_that_is_none_is_refused(
    visits: Visits, service: PushService, broken: dict[str, str]
) -> None:
    visitor = visits.registered("C30")
    given = {**visitor.hidden(), **service.browser().subscription, **broken}
    assert visitor.client.post(f"/t/{visitor.code}/notify", data=given).status_code == 400


def test_a_subscription_needs_the_ticket_s_code(visits: Visits, service: PushService) -> None:
    visitor = visits.registered("C30")
    given = {**visitor.hidden(), **service.browser().subscription}
    assert visitor.client.post("/t/0000-0000-0000/notify", data=given).status_code == 404
    assert visitor.client.post("/t/nothing/notify", data=given).status_code == 404


def test_subscriptions_of_a_device_are_bounded(visits: Visits, service: PushService) -> None:
    visitor = visits.registered("C30")
    given = {**visitor.hidden(), **service.browser().subscription}
    statuses = [visitor.client.post(f"/t/{visitor.code}/notify", data=given).status_code for _ in range(20)]
    assert statuses[0] == 204
    assert statuses[-1] == 429


def test_without_a_contact_nothing_is_offered(hospital: Deployment) -> None:
    process = start_web(hospital, "web", ANTREAN_WEB_PUSH_KEY="1" * 64)
    await_ready(process)
    visits = Visits(process)
    visitor = visits.registered("C30")
    assert "notices" not in visitor.page.text
    answer = visitor.client.post(f"/t/{visitor.code}/notify", data=visitor.hidden())
    assert answer.status_code == 404
    visits.leave()
    assert process.program.stop() == 0


def test_a_key_that_cannot_be_used_is_told_at_the_start(hospital: Deployment) -> None:
    secret = {"ANTREAN_WEB_SECRET": "a secret of the tests, long enough for it", "ANTREAN_WEB_PORT": "0"}
    for settings, sentence in (
        ({"ANTREAN_WEB_PUSH_CONTACT": CONTACT}, "openssl rand -hex 32"),
        ({"ANTREAN_WEB_PUSH_CONTACT": "me"}, "ANTREAN_WEB_PUSH_CONTACT"),
        ({"ANTREAN_WEB_PUSH_CONTACT": "https://hospital.example/it"}, "ANTREAN_WEB_PUSH_CONTACT"),
        (
            {"ANTREAN_WEB_PUSH_KEY": "f" * 64, "ANTREAN_WEB_PUSH_CONTACT": CONTACT},
            "ANTREAN_WEB_PUSH_KEY",
        ),
    ):
        program = hospital.start("web", "patient_web", **secret, **settings)
        assert program.ends() == 2
        assert sentence in program.output
