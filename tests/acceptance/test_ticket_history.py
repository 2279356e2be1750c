"""An operator looks up one ticket while everything is up, by a code that no shell remembers."""

from pathlib import Path

import pytest

from tests.acceptance.command_line import Shell
from tests.acceptance.conftest import shell_of
from tests.acceptance.terminal import terminal
from tests.deployment import Deployment, Patient, personal_data_in, ticket_codes_in


@pytest.fixture
def operator(system: Deployment, tmp_path: Path) -> Shell:
    """A shell as the compose file's `admin` has it."""
    found = shell_of(system, tmp_path)
    return Shell(tmp_path, {**found.variables, **system.environment("deploy")}, system.ticket_codes)


def test_a_code_is_typed_where_it_is_asked_for(operator: Shell, shell: Shell) -> None:
    somebody = Patient()
    ticket = shell.register("RSHS", "GIG", somebody)
    with terminal(operator, "antrean-admin", "ticket", "--lang", "en", columns=120) as screen:
        screen.reads("Ticket code").types(f"{ticket['ticket_code']}\n")
        assert screen.ends() == 0
        shown = screen.shown.replace(ticket["ticket_code"], "", 1)  # as it was typed
    assert ticket["display_number"] in shown
    assert "the patient" in shown
    assert not personal_data_in(shown)
    assert not ticket_codes_in(shown, {ticket["ticket_code"]})


def test_whose_it_is_is_shown_and_recorded(operator: Shell, shell: Shell) -> None:
    somebody = Patient()
    ticket = shell.register("RSHS", "MAT", somebody)
    named = f"RSHS/MAT/{ticket['service_date']}/{ticket['number']}"
    revealed = operator.run("antrean-admin", "ticket", named, "--reveal", "--json").json
    assert revealed["patient"]["patient_name"] == somebody.name
    looks = operator.run("antrean-admin", "access-log", "--clinic", "MAT", "--json").json["looks"]
    [look] = [each for each in looks if each["request"] == "admin_ticket"]
    assert look["username"].startswith("os:")
    assert not personal_data_in(str(looks))
