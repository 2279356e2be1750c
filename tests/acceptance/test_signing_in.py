"""Members of staff sign in at a desk, each as a user of the broker of their own."""

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from textual.pilot import Pilot

from clinic_desk.kept_credentials import Credentials, KeptCredentials
from clinic_desk.session import DeskSession
from clinic_desk.signing_in import user_in
from common.errors import BrokerRefused, SettingsError
from common.messaging.topology import HASHING_ALGORITHM, STAFF_PERMISSION, password_hash
from common.settings import Settings
from common.terminal.failures import ProblemReply
from common.terminal.screens.form import Form
from local_stack.staff import MANAGER
from tests.acceptance.command_line import Shell
from tests.acceptance.consoles import becomes, console, screen, shows
from tests.acceptance.desks import desk_at, journal
from tests.acceptance.terminal import terminal
from tests.broker import RunningBroker
from tests.database import opened
from tests.deployment import Deployment
from tests.processes import PATIENT
from tests.staff import duty, let_serve
from tests.tcp_proxy import proxy_to
from tests.workers.node_control import control

PASSWORDS = {
    "siti": "p@ss/word: 1",
    "budi": "budi-secret-7",
    "tono": "tono-secret-7",
    "rina": "rina-secret-7",
}
"""Of a caller of one clinic, of somebody without duties, of one whom the broker does not let in, and of one
whose password changes."""


@pytest.fixture(scope="module")
def at_broker(
    broker: RunningBroker, system: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The broker's address without a user; it knows who has PASSWORDS."""
    if broker.node is None:
        pytest.skip("only a broker of our own takes users from tests")
    users = [
        {
            "name": name,
            "password_hash": password_hash(password),
            "hashing_algorithm": HASHING_ALGORITHM,
            "tags": [],
        }
        for name, password in PASSWORDS.items()
    ]
    permissions = [{"user": name, "vhost": "/", **STAFF_PERMISSION} for name in ("siti", "budi", "rina")]
    file = tmp_path_factory.mktemp("users") / "users.json"
    file.write_text(json.dumps({"users": users, "permissions": permissions}))
    control(broker.node, ["import_definitions", str(file)])
    with opened(system.database_url) as engine:
        let_serve(engine, "siti", duty("caller", "RSHS", "GIG"))
        let_serve(engine, "rina", duty("caller", "RSHS", "KLT"))
    yield f"amqp://{system.urls['desk'].rpartition('@')[2]}"
    for name in PASSWORDS:
        control(broker.node, ["delete_user", name])


@pytest.fixture
def desk(system: Deployment, at_broker: str, tmp_path: Path) -> Shell:
    """The shell of somebody whose computer knows where the broker is, and no user."""
    found = desk_at(system, tmp_path, "RSHS", "GIG").shell
    return Shell(tmp_path, {**found.variables, "ANTREAN_AMQP_URL": at_broker}, system.ticket_codes)


def types_password(desk: Shell, user: str, password: str, *words: str) -> tuple[int, str]:
    """Runs a command that asks for the user and the password; the exit code, and what the terminal shows."""
    with terminal(desk, "antrean-desk", *words, "--lang", "en") as screen:
        if "--user" not in words:
            screen.reads("User: ").types(f"{user}\n")
        screen.reads(f"Password of {user}: ").types(f"{password}\n")
        return screen.ends(), screen.shown


def session_of(system: Deployment, address: str, directory: Path) -> DeskSession:
    """A session in this process, as the console has one."""
    variables = {
        **system.variables,
        **PATIENT,
        "ANTREAN_AMQP_URL": address,
        "ANTREAN_CONFIG_DIR": str(directory),
    }
    return DeskSession(Settings.read(variables), "en")


def holders_of(password: str) -> int:
    """How many objects of this process hold a text with this password, as it is or as addresses have it."""
    gc.collect()
    forms = (password, quote(password, safe=""))
    return sum(
        isinstance(held, str) and any(form in held for form in forms)
        for each in gc.get_objects()
        for held in gc.get_referents(each)
    )


def test_a_caller_signs_in_works_and_signs_out(system: Deployment, desk: Shell) -> None:
    kept = desk.directory / ".config" / "antrean" / "desk.json"
    exit_code, shown = types_password(desk, "siti", "not this one", "login")
    assert exit_code == 69
    assert "Wrong user or password; try again, or ask" in shown
    assert not kept.exists()

    exit_code, shown = types_password(desk, "siti", PASSWORDS["siti"], "login")
    assert exit_code == 0
    assert "Signed in: siti." in shown
    assert "RSHS (RSUP Dr. Hasan Sadikin), GIG: calls patients" in " ".join(shown.split())
    assert PASSWORDS["siti"] not in shown
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    assert desk.run("antrean-desk", "whoami", "--json").json["user"] == "siti"
    assert desk.run("antrean-desk", "whoami", "--lang", "en").stdout.startswith("Signed in: siti.\n")

    assert desk.run("antrean-desk", "queue", "RSHS", "GIG", "--json").json["clinic"] == "GIG"
    assert desk.run("antrean-desk", "find", "1", "--json").json["clinic"] == "GIG"
    assert desk.run("antrean-desk", "queue", "--json").json["clinic"] == "GIG", (
        "the only one where siti serves"
    )
    closing = desk.run("antrean-desk", "close", "RSHS", "GIG", "--json").problem(1)
    assert (closing["code"], closing["roles"]) == ("not_permitted", ["manager"])
    assert desk.run("antrean-desk", "queue", "RSHS", "INT", "--json").problem(1)["code"] == "not_permitted"
    by_clock = desk.run("antrean-desk", "next", "--room", "1", "--lang", "en").sentence(1)
    assert "A manager of the clinic can switch it" in by_clock
    assert "antrean-desk mode" not in by_clock

    kept.chmod(0o644)
    assert "chmod" in desk.run("antrean-desk", "queue", "RSHS", "GIG").sentence(2)
    kept.chmod(0o600)
    assert desk.run("antrean-desk", "logout", "--json").json == {"forgotten": ["siti"]}
    assert not kept.exists()
    assert "antrean-desk login" in desk.run("antrean-desk", "queue", "RSHS", "GIG").sentence(2)


def test_what_somebody_does_is_theirs(system: Deployment, shell: Shell, desk: Shell) -> None:
    desk_at(system, desk.directory, "RSHS", "GIG").moved_by_staff(2)
    shell.register("RSHS", "GIG")
    password = desk.directory / "password"
    password.write_text(PASSWORDS["siti"])
    words = ("next", "RSHS", "GIG", "--room", "1", "--user", "siti")

    as_script = desk.run("antrean-desk", *words, "--json", ANTREAN_DESK_PASSWORD_FILE=str(password))
    exit_code, shown = types_password(desk, "siti", PASSWORDS["siti"], "recall", "RSHS", "GIG", "1")

    assert as_script.json["ticket"]["display_number"] == "GIG-001"
    assert exit_code == 0, shown
    calls = ("ticket.called", "ticket.recalled")
    assert [who for event, _, who in journal(system, "GIG") if event in calls] == ["siti", "siti"]
    assert not (desk.directory / ".config").exists(), "who only works there leaves nothing behind"


@pytest.mark.parametrize(
    ("user", "exit_code", "sentence"),
    [
        ("budi", 1, "You are not on the list of active staff"),
        ("tono", 69, "The broker does not let the user tono in: ask the system's operators."),
    ],
)
def test_who_may_not_work_here_is_told(desk: Shell, user: str, exit_code: int, sentence: str) -> None:
    ended, shown = types_password(desk, user, PASSWORDS[user], "login", "--user", user)

    assert ended == exit_code
    assert sentence in " ".join(shown.split())
    assert PASSWORDS[user] not in shown
    assert not (desk.directory / ".config").exists(), "nothing is kept of who cannot sign in"


def test_no_broker_is_told_and_nothing_is_kept(desk: Shell) -> None:
    with proxy_to("amqp://127.0.0.1:1/") as nobody:
        nobody.refuse()
        away = Shell(desk.directory, {**desk.variables, "ANTREAN_AMQP_URL": nobody.url("amqp://127.0.0.1/")})
        exit_code, shown = types_password(away, "siti", PASSWORDS["siti"], "login")

    assert exit_code == 69
    assert "The queue system cannot be reached" in " ".join(shown.split())
    assert not (desk.directory / ".config").exists()


def test_the_user_changes_and_nothing_is_left_of_the_one_before(
    system: Deployment, at_broker: str, tmp_path: Path
) -> None:
    known = holders_of(PASSWORDS["siti"])
    session = session_of(system, at_broker.replace("://", "://siti:p%40ss%2Fword%3A%201@"), tmp_path)
    assert (session.user, session.ask("desk_user", {})["user"]) == ("siti", "siti")
    assert holders_of(PASSWORDS["siti"]) > known

    found = session.sign_in(MANAGER, user_in(system.urls["desk"]).password)

    assert holders_of(PASSWORDS["siti"]) == known

    assert (found["user"], session.user) == (MANAGER, MANAGER)
    assert found["duties"][0]["role"] == "manager"
    assert session.ask("desk_user", {})["user"] == MANAGER
    session.sign_out()
    with pytest.raises(SettingsError, match="Nobody is signed in"):
        session.ask("desk_user", {})


def test_who_was_there_before_stays_where_the_next_is_refused(
    system: Deployment, at_broker: str, tmp_path: Path
) -> None:
    session = session_of(system, at_broker, tmp_path)
    session.sign_in("siti", PASSWORDS["siti"])
    with pytest.raises(BrokerRefused) as refused:
        session.sign_in("budi", "a wrong one")
    assert session.failure_of(refused.value).sentence == (
        "Wrong user or password; try again, or ask the system's operators for a new password."
    )
    with pytest.raises(ProblemReply):
        session.sign_in("budi", PASSWORDS["budi"])
    assert session.ask("desk_user", {})["user"] == session.user == "siti"
    session.disconnect()


@pytest.mark.parametrize(
    ("user", "exit_code", "sentence"),
    [
        ("siti", 69, "does not take the password of siti that is kept here"),
        ("budi", 1, "not on the list of active"),
    ],
)
def test_the_console_does_not_begin_for_who_is_refused(
    desk: Shell, at_broker: str, user: str, exit_code: int, sentence: str
) -> None:
    password = "an older one" if user == "siti" else PASSWORDS[user]
    KeptCredentials(desk.directory / ".config" / "antrean").keep(at_broker, Credentials(user, password))
    with terminal(desk, "antrean-desk", "console", "RSHS", "GIG", "--lang", "en") as screen:
        assert screen.ends() == exit_code
        assert sentence in " ".join(screen.shown.split())


def changes_password(broker: RunningBroker, user: str, password: str) -> None:
    """As an operator does; who is connected with the old one stays so."""
    assert broker.node is not None
    control(broker.node, ["--quiet", "change_password", user], password + "\n")


def ends_connections(broker: RunningBroker, user: str) -> None:
    """As an operator does, or a network."""
    assert broker.node is not None
    control(broker.node, ["--quiet", "close_all_user_connections", user, "new password"])


def test_a_console_over_a_change_of_its_password_asks_for_the_new_one(
    system: Deployment, broker: RunningBroker, at_broker: str
) -> None:
    old, new = PASSWORDS["rina"], "rina-secret-8"
    refused = "Wrong user or password; try again, or ask"

    async def signs_in(pilot: Pilot[None], password: str) -> None:
        await pilot.press("u")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, Form), lambda: "a form")
        await pilot.press(*"rina", "enter", *password, "enter")

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "● connected")
        await signs_in(pilot, old)
        await shows(pilot, "Signed in: rina.")
        changes_password(broker, "rina", new)
        await pilot.press("n")  # who is connected stays so
        await shows(pilot, "● connected")
        assert refused not in screen(pilot)
        ends_connections(broker, "rina")
        await shows(pilot, refused)
        await shows(pilot, "The connection is lost since")
        await signs_in(pilot, new)
        await shows(pilot, "● connected")
        await becomes(pilot, lambda: "is lost" not in screen(pilot), lambda: "the warning goes")

    changes_password(broker, "rina", old)
    console(system, play, clinic="KLT")


def test_a_console_whose_password_stands_in_a_file_takes_the_new_one(
    system: Deployment, broker: RunningBroker, at_broker: str, shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORDS["rina"])

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "● connected")
        changes_password(broker, "rina", "rina-secret-9")
        file.write_text("rina-secret-9")
        ends_connections(broker, "rina")
        # Who comes now is shown over a new connection.
        await shows(pilot, shell.register("RSHS", "KLT")["display_number"])

    changes_password(broker, "rina", PASSWORDS["rina"])
    given = {"ANTREAN_DESK_PASSWORD_FILE": str(file)}
    console(system, play, clinic="KLT", amqp_url=at_broker.replace("://", "://rina@"), settings=given)
