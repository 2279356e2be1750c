"""The patients' pages without a script: taking a number once, following, cancelling, remembering."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deployment import CLOSED_CLINIC, HOSPITAL, SMALL_CLINIC, SMALL_QUOTA, Deployment, Patient
from tests.web.desks import call_by_hand
from tests.web.visiting import Visits, entries
from tests.web.web_process import WebProcess, await_ready, start_web


@pytest.fixture(scope="module")
def process(hospital: Deployment) -> Iterator[WebProcess]:
    """One for all tests."""
    call_by_hand(hospital)
    process = start_web(hospital, "web", ANTREAN_PUBLIC_URL="https://antrean.example")
    await_ready(process)
    yield process
    assert process.program.stop() == 0


def form_of(clinic: str) -> str:
    """The address of a clinic's form."""
    return f"/hospitals/{HOSPITAL}/{clinic}"


def test_the_only_hospital_s_clinics_come_first(visits: Visits) -> None:
    visitor = visits.at()
    assert str(visitor.page.url).endswith(f"/hospitals/{HOSPITAL}")
    assert "Wait now: " in visitor.text
    assert form_of("C01") in visitor.page.text
    assert form_of(CLOSED_CLINIC) not in visitor.page.text
    assert re.search(r"closed, opens Sun 29 Nov 08:00 WIB", visitor.text)


def test_a_number_is_taken_followed_and_given_up(visits: Visits) -> None:
    visitor = visits.registered("C01")
    assert "C01-001" in visitor.text
    assert re.search(r"around \d\d:\d\d WIB", visitor.text)
    assert "<svg" in visitor.page.text
    assert f"/t/{visitor.code}" in str(visitor.page.url)
    title = re.search(r"<title>(.*?)</title>", visitor.page.text)
    assert title is not None
    assert visitor.code not in title[1]
    code = visitor.code
    visitor.go(f"/t/{code}/cancel")
    assert "Give number C01\u2011001 up?" in visitor.text
    visitor.send()
    assert "cancelled by the patient" in visitor.text
    assert f"/t/{code}" in str(visitor.page.url)
    visitor.go(f"/t/{code}/cancel")
    assert "cannot be given up any more" in visitor.text


def test_a_form_that_is_sent_twice_takes_one_number(visits: Visits) -> None:
    visitor = visits.at(form_of("C02"))
    data = {**visitor.hidden(), **entries(Patient())}
    address = f"{form_of('C02')}/taken"
    with ThreadPoolExecutor(4) as senders:
        sent = [*senders.map(lambda _: visitor.client.post(address, data=data), range(4))]
    assert {str(each.url) for each in sent} == {str(sent[0].url)}
    assert "/t/" in str(sent[0].url)
    assert "C02-001" in sent[0].text


def test_only_who_remembers_the_ticket_is_led_to_it_when_registered_already(visits: Visits) -> None:
    patient = Patient()
    visitor = visits.registered("C03", patient, remember="yes")
    address = str(visitor.page.url)
    visitor.go(form_of("C03"))
    visitor.send(**entries(patient))
    assert str(visitor.page.url) == address
    stranger = visits.at(form_of("C03"))
    stranger.send(**entries(patient))
    assert stranger.page.status_code == 409
    assert "You are already registered" in stranger.text
    assert "C03-001" in stranger.text
    assert address.rpartition("/")[2] not in stranger.page.text


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(visits: Visits) -> None:
    visitor = visits.at(form_of("C04"), "id")
    visitor.send(medical_record_number="RM 1", name="Wulandari <b>", date_of_birth="31-12-90")
    assert visitor.page.status_code == 422
    assert "Tulis tahun dengan empat angka" in visitor.text
    assert 'value="Wulandari &lt;b&gt;"' in visitor.page.text
    focused = re.search(r"<input[^>]*autofocus[^>]*>", visitor.page.text)
    assert focused is not None
    assert 'id="date_of_birth"' in focused[0]
    assert 'aria-describedby="date_of_birth-hint date_of_birth-error"' in focused[0]
    visitor.send(name="", medical_record_number="", date_of_birth="")
    assert visitor.page.text.count('aria-invalid="true"') == 3
    visitor.send(**entries(Patient()))
    assert "C04-001" in visitor.text


@pytest.mark.parametrize(("address", "kept"), [(form_of("C04"), "on"), (f"/kiosk/{HOSPITAL}/C04", "off")])
def test_no_kiosk_keeps_a_record_number_and_who_has_none_is_told_where_to_go(
    visits: Visits, address: str, kept: str
) -> None:
    """On a telephone, the browser fills the form in again when its user goes back."""
    visitor = visits.at(address, "id")
    number = re.search(r'<input id="medical_record_number"[^>]*>', visitor.page.text)
    assert number is not None
    assert f'autocomplete="{kept}"' in number[0]
    assert "Belum punya atau lupa nomornya? Datanglah ke loket pendaftaran." in visitor.text


def test_a_newborn_takes_its_mother_s_number(visits: Visits) -> None:
    visitor = visits.at(form_of("C05"))
    visitor.send(**entries(Patient(), newborn="1"))
    assert visitor.page.status_code == 422
    assert "of a baby that is younger than a year" in visitor.text
    visitor.send(**({**entries(Patient(), newborn="2")} | {"date_of_birth": "01-10-2026"}))
    assert "C05-001" in visitor.text


def test_a_closed_clinic_and_a_full_one_say_so(visits: Visits) -> None:
    visitor = visits.at(form_of(CLOSED_CLINIC))
    visitor.send(**entries(Patient()))
    assert visitor.page.status_code == 409
    assert "It opens again on Sunday, 29 November 2026" in visitor.text
    for _ in range(SMALL_QUOTA):
        visits.registered(SMALL_CLINIC)
    visitor = visits.at(form_of(SMALL_CLINIC))
    visitor.send(**entries(Patient()))
    assert visitor.page.status_code == 409
    assert "quota for today is used up" in visitor.text


def test_a_refused_form_is_another_request_when_it_is_corrected(visits: Visits) -> None:
    patient = Patient()
    visits.registered("C06", patient)
    visitor = visits.at(form_of("C06"))
    first = visitor.hidden()["form"]
    visitor.send(**({**entries(patient)} | {"name": "Budi Santoso"}))
    assert visitor.page.status_code == 409
    assert "The data do not match" in visitor.text
    assert visitor.hidden()["form"] != first
    visitor.send(**entries(Patient()))
    assert "C06-002" in visitor.text


def test_the_form_of_before_is_not_taken_for_other_entries(visits: Visits) -> None:
    visitor = visits.at(form_of("C08"))
    form = visitor.hidden()
    visitor.send(**entries(Patient()))
    other = Patient()
    visitor.page = visitor.client.post(f"{form_of('C08')}/taken", data={**form, **entries(other)})
    assert visitor.page.status_code == 409
    assert "sent before with other entries" in visitor.text
    visitor.send(**entries(other))
    assert "C08-002" in visitor.text


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 300])
def test_a_form_of_another_site_is_not_taken(visits: Visits, token: str) -> None:
    visitor = visits.at(form_of("C09"))
    visitor.send(**entries(Patient(), form=token))
    assert visitor.page.status_code == 403
    assert "cannot be taken any more" in visitor.text
    assert "Wulandari" in visitor.page.text


def test_a_form_is_no_good_in_another_browser(visits: Visits) -> None:
    one, other = visits.at(form_of("C09")), visits.at(form_of("C09"))
    other.send(**entries(Patient(), **one.hidden()))
    assert other.page.status_code == 403
    code = visits.registered("C10").code
    for path in (f"/t/{code}/cancel", "/tickets/forget", f"/t/{code}/remember"):
        answer = other.client.post(path, data=one.hidden(), follow_redirects=False)
        assert answer.status_code == 303
    one.go(f"/t/{code}")
    assert "cancelled" not in one.text


@pytest.mark.parametrize("session", ["", "x" * 3_000, "A" * 32])
def test_a_session_that_is_none_of_ours_is_replaced(visits: Visits, session: str) -> None:
    visitor = visits.at("/offline")
    visitor.client.cookies.set("session", session, domain="127.0.0.1")
    visitor.go(form_of("C09"))
    visitor.send(**entries(Patient()))
    assert visitor.page.status_code == 200
    assert "C09-" in visitor.text


def test_tickets_are_remembered_only_where_that_is_wanted(visits: Visits) -> None:
    visitor = visits.registered("C11")
    visitor.go("/tickets")
    assert "remembers no ticket" in visitor.text
    visitor = visits.registered("C11", remember="yes")
    first = visitor.code
    visitor.go(form_of("C12"))
    visitor.send(**entries(Patient(), remember="yes"))
    second = visitor.code
    visitor.go("/tickets")
    assert "C11-002" in visitor.text
    assert "C12-001" in visitor.text
    assert 0 < int(visitor.page.headers["Antrean-Keep"]) < 3 * 24 * 3600
    visitor.go(f"/t/{first}")
    assert 0 < int(visitor.page.headers["Antrean-Keep"]) < 3 * 24 * 3600
    visitor.send(f"/t/{first}/remember", keep="no")
    assert "Antrean-Keep" not in visitor.page.headers
    visitor.go("/tickets")
    assert "C11-002" not in visitor.text
    assert second in visitor.page.text
    visitor.send("/tickets/forget")
    assert "remembers no ticket" in visitor.text
    assert "Antrean-Keep" not in visitor.page.headers


def test_cookies_are_hidden_from_scripts_and_say_nothing(visits: Visits) -> None:
    visitor = visits.registered("C13", remember="yes")
    answers = (*visitor.page.history, visitor.page)
    cookies = [each for answer in answers for each in answer.headers.get_list("set-cookie")]
    assert any(each.startswith("tickets=") for each in cookies)
    for each in cookies:
        assert "HttpOnly" in each
        assert "samesite=" in each.lower()
    assert visitor.code not in str(dict(visitor.client.cookies))
    assert visitor.code.replace("-", "") not in str(dict(visitor.client.cookies))


def test_cookies_come_back_over_tls_only_where_they_came_over_it(hospital: Deployment) -> None:
    behind_tls = start_web(hospital, "web", ANTREAN_TRUSTED_PROXIES="127.0.0.1")
    await_ready(behind_tls)
    with behind_tls.client(headers={"X-Forwarded-Proto": "https"}) as client:
        answer = client.get(form_of("C13"))
        cookies = answer.headers.get_list("set-cookie")
        assert any(each.startswith("__Host-session=") for each in cookies)
        assert all("Secure" in each for each in cookies)
        assert "strict-transport-security" in answer.headers
    assert behind_tls.program.stop() == 0


def test_a_code_leads_to_its_ticket_however_it_is_written(visits: Visits) -> None:
    code = visits.registered("C14").code
    visitor = visits.at("/code")
    visitor.send(code=code.lower().replace("-", " "))
    assert str(visitor.page.url).endswith(f"/t/{code}")
    assert "C14-001" in visitor.text
    visitor.go("/code")
    visitor.send(code="7K3F")
    assert visitor.page.status_code == 422
    assert 'value="7K3F"' in visitor.page.text
    visitor.send(code="0000-0000-0000")
    assert visitor.page.status_code == 404
    assert "no ticket with that code" in visitor.text
    assert visitor.go("/t/0000-0000-0000").status_code == 404
    assert visitor.go("/t/0000-0000-0000/part").status_code == 404


@pytest.mark.parametrize(
    "path", ["/hospitals/NONE", f"/hospitals/{HOSPITAL}/NONE", "/kiosk/NONE", "/hospitals/<b>"]
)
def test_what_does_not_exist_is_said_in_a_sentence(visits: Visits, path: str) -> None:
    visitor = visits.at(path, "id")
    assert visitor.page.status_code == 404
    assert "tidak ditemukan" in visitor.text or "Tidak ada" in visitor.text
    assert "<b>" not in visitor.page.text


def test_what_is_no_page_is_said_on_one(visits: Visits) -> None:
    visitor = visits.at("/nowhere", "id")
    assert visitor.page.status_code == 404
    assert "Halaman ini tidak ada." in visitor.text
    assert "default-src 'none'" in visitor.page.headers["content-security-policy"]
    visitor.page = visitor.client.post("/tickets")
    assert visitor.page.status_code == 405
    assert "GET" in visitor.page.headers["allow"]


def test_pages_speak_both_languages_and_lead_to_the_other(visits: Visits) -> None:
    for path in ("/tickets", "/code", form_of("C15"), f"/kiosk/{HOSPITAL}?paper=58", "/offline"):
        indonesian, english = visits.at(path, "id"), visits.at(path, "en")
        assert '<html lang="id"' in indonesian.page.text
        assert '<html lang="en"' in english.page.text
        assert indonesian.text != english.text
        link = re.search(r'href="([^"]*lang=en[^"]*)"', indonesian.page.text)
        assert link is not None
        indonesian.go(link[1].replace("&amp;", "&"))
        assert '<html lang="en"' in indonesian.page.text
    visitor = visits.at(form_of("C15"))
    visitor.send(name="")
    visitor.go(f"{form_of('C15')}/taken?lang=id")
    assert "Nomor rekam medis" in visitor.text


def test_what_is_no_form_is_refused(process: WebProcess) -> None:
    address = f"{form_of('C15')}/taken"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    many = "&".join(f"a{number}=1" for number in range(100))
    with process.client() as client:
        assert client.post(address, json={"name": "x"}).status_code == 415
        assert client.post(address, content=many, headers=headers).status_code == 400
        assert client.post(address, content=b"name=\xff", headers=headers).status_code == 400
        assert client.post(address, content=b"name=%ff", headers=headers).status_code == 400
        assert client.post(address, content=b"name=A&name=B", headers=headers).status_code == 400


def test_the_kiosk_prints_without_a_name_and_forgets(visits: Visits) -> None:
    visitor = visits.at(f"/kiosk/{HOSPITAL}?paper=58")
    assert f"/kiosk/{HOSPITAL}/C16?paper=58" in visitor.page.text
    visitor.go(f"/kiosk/{HOSPITAL}/C16?paper=58")
    patient = Patient()
    visitor.send(**entries(patient, remember="yes"))
    assert "C16-001" in visitor.text
    assert "paper-58" in visitor.page.text
    assert "https://antrean.example/t/" in visitor.text
    assert patient.name not in visitor.page.text
    assert patient.medical_record_number not in visitor.page.text
    for path in ("/tickets", "/code", "/t/"):
        assert f'href="{path}' not in visitor.page.text
    assert "tickets" not in visitor.client.cookies
    visitor.go(f"/kiosk/{HOSPITAL}/tickets/nonsense?paper=58")
    assert str(visitor.page.url).endswith(f"/kiosk/{HOSPITAL}?paper=58")


def test_the_pages_can_be_installed(process: WebProcess) -> None:
    with process.client() as client:
        manifest = client.get("/manifest.webmanifest").json()
        assert manifest["name"] == "Nomor antrean rumah sakit"
        for icon in manifest["icons"]:
            assert client.get(icon["src"]).status_code == 200
        worker = client.get("/service-worker.js")
        assert worker.headers["content-type"].startswith("text/javascript")
        files = re.findall(r'"(/static/[^"]+)"', worker.text)
        assert files
        assert all(client.get(each).status_code == 200 for each in files)


def test_a_form_that_got_no_answer_is_sent_again_as_the_same_request(
    visits: Visits, hospital: Deployment
) -> None:
    visitor = visits.at(form_of("C17"))
    form = visitor.hidden()["form"]
    registrars = [each for each in hospital.programs if each.name.startswith("registrar")]
    for each in registrars:
        each.freeze()
    impatient = start_web(hospital, "web", ANTREAN_REPLY_TIMEOUT_SECONDS="1")
    await_ready(impatient)
    address = f"{impatient.url}{form_of('C17')}/taken"
    visitor.send(address, **entries(Patient()))
    assert visitor.page.status_code == 504
    assert "Send them again: you never get two numbers" in visitor.text
    assert visitor.hidden()["form"] == form
    for each in registrars:
        each.thaw()
    hidden = visitor.hidden()
    for _ in range(2):
        visitor.page = visitor.client.post(f"{form_of('C17')}/taken", data=hidden)
        assert "C17-001" in visitor.text
    assert impatient.program.stop() == 0
