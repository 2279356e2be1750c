"""A country of hospitals with the longest names: all of them are listed, over a real broker."""

import shutil
from pathlib import Path

import pytest

from common.messages.limits import HOSPITALS_MAX, PLACE_NAME_LENGTH_MAX
from tests.acceptance.conftest import shell_of
from tests.broker import RunningBroker
from tests.builders import catalog, clinic_table, hospital_table
from tests.deployment import HOSPITAL, deployed
from tests.workers.requester import message, requester

CODES = [f"RS{number:04d}" for number in range(HOSPITALS_MAX)]
NAME = "𝑨" * PLACE_NAME_LENGTH_MAX


@pytest.mark.usefixtures("keeps_the_contract")
@pytest.mark.long
def test_as_many_hospitals_as_there_can_be_are_listed(
    broker: RunningBroker, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    path = tmp_path / "antrean.sqlite"
    shutil.copyfile(request.getfixturevalue("_migrated_sqlite"), path)
    country = catalog(*(hospital_table(code, clinic_table()) | {"name": NAME} for code in CODES))
    with deployed(broker, f"sqlite:///{path}", tmp_path, catalog=country) as deployment:
        deployment.start_consuming("status")
        shell = shell_of(deployment, tmp_path)

        found = shell.antrean("hospitals", "--json").json

        assert [each["code"] for each in found] == CODES
        assert {each["name"] for each in found} == {NAME}
        with requester(deployment) as patient:
            first = patient.call(message("list_hospitals", {}))
            assert (first.name, first.body["more"]) == ("hospitals", True)
            # Whoever else asks meanwhile is answered: no connection was closed.
            refused = patient.call(message("list_clinics", {"hospital": HOSPITAL}))
            assert refused.code == "hospital_not_found"
        assert "link lost" not in deployment.logs()
