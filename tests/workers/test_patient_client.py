"""The client for others on a real broker: from the checkout, and from its wheel alone."""

import json
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from antrean_client.errors import ProblemReply
from antrean_client.patient import PatientClient
from tests.broker import RunningBroker
from tests.deployment import CLINICS, CLOSED_CLINIC, HOSPITAL, Deployment, Patient, deployed
from tests.journal_events import end_of_stream

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    with deployed(broker, module_database_url, tmp_path_factory.mktemp("client")) as deployment:
        deployment.start_together({"registrar": 1, "status": 1})
        yield deployment


@pytest.fixture
def client(deployment: Deployment) -> Iterator[PatientClient]:
    with PatientClient(deployment.urls["patient"]) as opened:
        yield opened


def data(patient: Patient) -> tuple[str, str, str]:
    return patient.medical_record_number, patient.name, patient.date_of_birth.isoformat()


def test_a_number_is_taken_followed_and_given_up(client: PatientClient) -> None:
    ticket = client.register(HOSPITAL, CLINICS[0], *data(Patient()))
    assert (ticket.display_number, ticket.status) == (f"{CLINICS[0]}-001", "waiting")
    assert ticket.registered_at.utcoffset() is not None
    assert client.status([ticket.ticket_code, "0000-0000-0000"]).keys() == {ticket.ticket_code}
    assert client.status(["0000-0000-0000"]) == {}
    assert client.clinic_queue(HOSPITAL, CLINICS[0]).waiting == 1
    assert client.cancel(ticket.ticket_code).status == "cancelled"


def test_places_are_listed(client: PatientClient) -> None:
    assert [each.code for each in client.list_hospitals()] == [HOSPITAL]
    everywhere = {each.code for each in client.list_clinics(HOSPITAL)}
    assert everywhere - {each.code for each in client.list_clinics(HOSPITAL, open_only=True)} == {
        CLOSED_CLINIC
    }


def test_a_request_that_is_sent_again_is_done_once(client: PatientClient) -> None:
    request_id, patient = str(uuid4()), data(Patient())
    first = client.register(HOSPITAL, CLINICS[1], *patient, request_id=request_id)
    assert client.register(HOSPITAL, CLINICS[1], *patient, request_id=request_id) == first


def test_a_refusal_says_why(client: PatientClient) -> None:
    with pytest.raises(ProblemReply) as refused:
        client.register(HOSPITAL, CLOSED_CLINIC, *data(Patient()))
    assert refused.value.code == "clinic_closed"
    assert refused.value.problem["next_opening"]
    with pytest.raises(ProblemReply) as refused:
        client.list_clinics("RSXX")
    assert refused.value.code == "hospital_not_found"


PROGRAM = """
import json, sys
from antrean_client.patient import PatientClient
from antrean_client.position import Position
from antrean_client.subscriber import Subscriber

patient, integrator, hospital, clinic, *data, begin = sys.argv[1:]
with PatientClient(patient) as antrean:
    ticket = antrean.register(hospital, clinic, *data)
position = Position(int(begin), complete_from=Position.first().complete_from)
batches = Subscriber(integrator, position).batches(until="end")
heard = [event.name for batch in batches for event in batch.events if event.queue.clinic == clinic]
print(json.dumps({"number": ticket.number, "heard": heard, "from": sys.modules["antrean_client"].__file__}))
"""


def _closure(name: str) -> set[str]:
    """The distributions that this one needs, itself among them."""
    needed = {name}
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            needed |= _closure(requirement.name)
    return needed


def _built(directory: Path) -> Path:
    """The client's wheel, of a copy of its folder alone."""
    source = directory / "source"
    shutil.copytree(ROOT / "antrean_client", source, ignore=shutil.ignore_patterns("__pycache__"))
    words = ["build", "--wheel", "--no-isolation", "--outdir", str(directory), str(source)]
    subprocess.run([sys.executable, "-m", *words], check=True, capture_output=True)
    [wheel] = directory.glob("antrean_client-*.whl")
    return wheel


def _fresh_environment(directory: Path, wheel: Path) -> Path:
    """The packages of an environment with the wheel, and with copies of pika and pydantic from this one."""
    venv.create(directory)
    [packages] = directory.glob("lib/python*/site-packages")
    with ZipFile(wheel) as file:
        folders = {name.split("/")[0] for name in file.namelist()}
        assert folders == {"antrean_client", f"{wheel.name.partition('-py3')[0]}.dist-info"}
        file.extractall(packages)
    for name in _closure("pika") | _closure("pydantic"):
        for each in distribution(name).files or ():
            if ".." not in each.parts:
                (packages / each).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(str(each.locate()), packages / each)
    return packages


def test_its_wheel_alone_needs_pika_and_pydantic_only(deployment: Deployment, tmp_path: Path) -> None:
    packages = _fresh_environment(tmp_path / "fresh", _built(tmp_path))
    urls = (deployment.urls["patient"], deployment.urls["integrator"])
    words = [*urls, HOSPITAL, CLINICS[2], *data(Patient()), str(end_of_stream(urls[1]))]
    program = [str(tmp_path / "fresh" / "bin" / "python"), "-I", "-c", PROGRAM, *words]
    done = subprocess.run(program, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["from"].startswith(str(packages))
    assert said["number"] == 1
    assert "ticket.registered" in said["heard"]
