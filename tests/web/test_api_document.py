"""The commands of docs/api.md, as somebody copies them."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from contract.documents import DOCS
from tests.deployment import CLINICS, HOSPITAL, Deployment, Patient
from tests.processes import SECONDS_MAX
from tests.web.api_client import api_client
from tests.web.web_process import WebProcess, await_ready, start_web

EXAMPLES = re.findall(r"^```sh\n(.*?)^```$", (DOCS / "api.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def process(hospital: Deployment) -> Iterator[WebProcess]:
    """The process that answers."""
    process = start_web(hospital, "web")
    await_ready(process)
    yield process
    assert process.program.stop() == 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_do_what_is_said(process: WebProcess, hospital: Deployment, example: str) -> None:
    with api_client(process, hospital) as client:
        code = client.ticket(CLINICS[0])["ticket_code"]
    patient = Patient()
    for written, meant in {
        "RSHS": HOSPITAL,
        "GIG": CLINICS[0],
        "7K3F-9QXM-2T5R": code,
        "00123456": patient.medical_record_number,
        "Siti Aminah": patient.name,
    }.items():
        example = example.replace(written, meant)
    for command in re.split(r"\n(?=curl)", example):
        run = subprocess.run(
            ["bash", "-ec", command],
            env={"ANTREAN": process.url, "PATH": os.environ["PATH"]},
            capture_output=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        printed = run.stdout.decode()
        assert run.returncode == 0, run.stderr
        if "/events" in command:
            assert "event: ticket" in printed
        else:
            body = json.loads(printed)
            assert "code" not in body, body
            hospital.ticket_codes.update(filter(None, [body.get("ticket_code")]))
