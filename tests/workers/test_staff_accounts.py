"""`antrean-admin staff` at a broker: users are made, given passwords and removed, and half of it is told."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pika
import pytest
from pika.exceptions import AMQPConnectionError, ChannelClosedByBroker

from admin_cli.broker.staff_users import StaffUsers
from admin_cli.catalog_file import Catalog
from admin_cli.database.catalog_changes import apply_catalog
from admin_cli.doctor.findings import Status
from admin_cli.doctor.staff_checks import staff_findings
from common.messaging import topology
from common.settings import load_settings
from common.words.texts import Texts
from tests.database import opened, sqlite_file
from tests.deployment import MONDAY_MORNING
from tests.processes import eventually
from tests.workers.account_admin import (
    AccountAdmin,
    Ended,
    failing_api,
    give,
    is_closed,
    limits_of,
)
from tests.workers.installation import Node

RSHS = ("--hospital", "RSHS", "--role", "caller")


class Admin(AccountAdmin):
    """With the commands for staff."""

    def staff(self, *words: str) -> Ended:
        return self("staff", *words, "--json")

    def rows(self) -> set[tuple[str, str, int]]:
        """The table: user, hospital, and whether active."""
        with sqlite_file(self.database) as connection:
            return set(connection.execute("SELECT username, hospital, active FROM staff").fetchall())


@pytest.fixture
def admin(
    node: Node,
    sqlite_url: str,
    sample_catalog: Catalog,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Admin:
    with opened(sqlite_url) as engine:
        apply_catalog(engine, sample_catalog, MONDAY_MORNING)
    with sqlite_file(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("DELETE FROM staff")
    return Admin(node, Path(sqlite_url.removeprefix("sqlite:///")), monkeypatch, capsys)


def permissions(node: Node, name: str) -> Mapping[str, Any] | None:
    user = StaffUsers(str(node.management_url), "/").find(name)
    return None if user is None else user.permissions


def test_who_is_added_can_ask_at_the_desk_and_do_nothing_else(admin: Admin) -> None:
    added = admin.staff("add", "sari", "--clinic", "gig", *RSHS).said
    assert added["broker_user"] == "made"
    assert (added["hospital"], added["clinics"], added["role"]) == ("RSHS", ["GIG"], "caller")
    assert added["commands"] == []
    with admin.signed_in("sari", added["password"]) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        by_sari = pika.BasicProperties(user_id="sari")
        channel.basic_publish(topology.DESK_EXCHANGE, "list_hospitals", b"{}", by_sari)
        attempts: list[Callable[[Any], object]] = [
            lambda channel: channel.basic_publish(topology.PATIENT_EXCHANGE, "register", b"{}", by_sari),
            lambda channel: channel.queue_declare("antrean.sub.sari"),
            lambda channel: channel.basic_get(topology.TICKER_QUEUE),
        ]
        for attempt in attempts:
            channel = connection.channel()
            channel.confirm_delivery()
            with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
                attempt(channel)
    limits = limits_of(admin.node, "sari")
    assert limits == topology.STAFF_LIMITS


def test_a_new_password_replaces_the_old_one(admin: Admin) -> None:
    old = admin.staff("add", "bayu", *RSHS).said["password"]
    changed = admin.staff("change", "bayu", "--new-password").said
    assert changed["broker_user"] == "password_changed"
    assert changed["password"] != old
    with admin.signed_in("bayu", changed["password"]):
        pass
    with pytest.raises(AMQPConnectionError), admin.signed_in("bayu", old):
        pass


def test_who_is_disabled_is_thrown_out_and_can_be_let_in_again(admin: Admin) -> None:
    password = admin.staff("add", "desi", "--hospital", "*", "--role", "manager").said["password"]
    with admin.signed_in("desi", password) as connection:
        ended = admin.staff("disable", "desi").said
        assert ended == {
            "username": "desi", "serves": [], "broker_user": "removed", "password": None, "commands": []
        }  # fmt: skip
        eventually(lambda: is_closed(connection), "the broker closes her connection")
    assert permissions(admin.node, "desi") is None
    assert admin.staff("disable", "desi").said["broker_user"] == "absent"
    again = admin.staff("add", "desi", "--hospital", "RSHS", "--role", "reception").said
    assert again["broker_user"] == "made"
    assert again["password"] != password
    assert admin.rows() == {("desi", "*", 0), ("desi", "RSHS", 1)}


def test_another_hospital_leaves_the_password_and_an_end_there_leaves_the_user(admin: Admin) -> None:
    password = admin.staff("add", "tono", *RSHS).said["password"]
    second = admin.staff("add", "tono", "--hospital", "RSCM", "--role", "reception").said
    assert (second["broker_user"], second["password"]) == ("kept", None)
    ended = admin.staff("disable", "tono", "--hospital", "RSHS").said
    assert [row["hospital"] for row in ended["serves"]] == ["RSCM"]
    assert ended["broker_user"] == "untouched"
    with admin.signed_in("tono", password):
        pass


def test_a_user_who_is_none_of_the_staff_is_left_alone(admin: Admin) -> None:
    admin.node.change("PUT", "/users/papan", {"password": "p", "tags": ""})
    admin.node.change(
        "PUT", "/permissions/%2F/papan", {"configure": "^$", "write": "^$", "read": "^antrean.events$"}
    )
    before = permissions(admin.node, "papan")
    refused = admin.staff("add", "papan", *RSHS)
    assert refused.exit_code == 1
    assert "choose another name" in json.loads(refused.err)["detail"]
    assert admin.rows() == set()

    assert admin.staff("add", "papan", "--existing-user", *RSHS).said["broker_user"] == "untouched"
    assert admin.staff("change", "papan", "--new-password").exit_code == 1
    assert admin.staff("disable", "papan").said["broker_user"] == "not_ours"
    assert permissions(admin.node, "papan") == before
    with admin.signed_in("papan", "p"):
        pass


@pytest.mark.parametrize("name", [*topology.roles(), "desk", "accounts", "guest"])
def test_the_names_of_programs_are_refused(admin: Admin, name: str) -> None:
    assert admin.staff("add", name, *RSHS).exit_code == 2
    assert admin.rows() == set()


def test_without_the_api_the_commands_are_printed_and_do_it(admin: Admin) -> None:
    admin.use(ANTREAN_MANAGEMENT_URL="")
    added = admin.staff("add", "ani", *RSHS).said
    assert added["broker_user"] == "to_be_done"
    give(admin.node, added)
    with admin.signed_in("ani", added["password"]) as connection:
        renewed = admin.staff("change", "ani", "--new-password").said
        give(admin.node, renewed)
        with admin.signed_in("ani", renewed["password"]):
            pass
        give(admin.node, admin.staff("disable", "ani").said)
        eventually(lambda: is_closed(connection), "the broker closes the connection")
    assert permissions(admin.node, "ani") is None


def test_a_user_who_may_only_look_is_told_the_commands(admin: Admin) -> None:
    admin.use(ANTREAN_MANAGEMENT_URL=admin.node.known()["ANTREAN_MANAGEMENT_URL"])
    said = admin("staff", "add", "ani", *RSHS).out
    assert "  rabbitmqctl add_user ani\n" in said
    assert r"  rabbitmqctl set_permissions -p / ani '^$' '^antrean\.desk$' '^$'" in said
    assert "The first command asks for the password." in said


def test_what_an_api_that_fails_has_left_undone_is_told_and_done_by_repetition(admin: Admin) -> None:
    password = admin.staff("add", "rina", *RSHS).said["password"]
    whole = str(admin.node.management_url)
    nowhere = f"{whole.rpartition(':')[0]}:1"

    admin.use(ANTREAN_MANAGEMENT_URL=nowhere)
    before = admin.rows()
    refused = admin.staff("add", "yanti", *RSHS)
    assert refused.exit_code == 69
    assert admin.rows() == before, "nothing is changed where the API is away from the beginning"

    ended = admin.staff("disable", "rina")
    assert ended.exit_code == 69
    assert ("rina", "RSHS", 0) in admin.rows(), "whoever must not work any more cannot"
    problem = json.loads(ended.err)
    assert "the broker still has the user" in problem["detail"]
    assert "staff disable rina" in problem["repeat_command"]
    assert str(urlsplit(whole).password) not in ended.err

    admin.use(ANTREAN_MANAGEMENT_URL=whole)
    with admin.signed_in("rina", password) as connection:
        assert admin.staff("disable", "rina").said["broker_user"] == "removed"
        eventually(lambda: is_closed(connection), "the broker closes the connection")


@pytest.mark.parametrize("arrives", [False, True], ids=["lost on the way", "only the answer lost"])
@pytest.mark.parametrize("path", ["/api/users/", "/api/user-limits/", "/api/permissions/"])
def test_a_user_that_was_made_by_half_is_completed(admin: Admin, path: str, arrives: bool) -> None:
    name = f"half{path.count('-')}{len(path)}{arrives:d}"
    whole = str(admin.node.management_url)
    with failing_api(whole, path, arrives=arrives) as url:
        admin.use(ANTREAN_MANAGEMENT_URL=url)
        ended = admin.staff("add", name, *RSHS)
    assert ended.exit_code == 69
    problem = json.loads(ended.err)
    assert f"{name} is in the database, but the broker's user is not complete" in problem["detail"]
    assert f"staff change {name} --new-password" in problem["repeat_command"]

    admin.use(ANTREAN_MANAGEMENT_URL=whole)
    again = admin.staff("add", name, *RSHS).said
    assert again["broker_user"] == ("made" if path == "/api/users/" and not arrives else "kept")
    password = admin.staff("change", name, "--new-password").said["password"]
    with admin.signed_in(name, password) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(topology.DESK_EXCHANGE, "list_hospitals", b"{}")
    assert limits_of(admin.node, name) == topology.STAFF_LIMITS


def test_the_doctor_compares_the_staff_with_the_brokers_users(admin: Admin) -> None:
    def found() -> dict[str, str]:
        findings = list(staff_findings(load_settings("deploy")))
        return {each.sentence: each.message(Texts("en")) for each in findings if each.status != Status.OK}

    users = StaffUsers(str(admin.node.management_url), "/")
    for name in users.with_permission():  # of other tests
        users.remove(name)
    assert any("nobody can work at the desks" in each for each in found().values())
    for name in ("ibnu", "joko", "kiki", "lala"):
        admin.staff("add", name, *RSHS)
    assert found() == {}
    admin.node.change("DELETE", "/users/ibnu")
    admin.node.change("DELETE", "/user-limits/joko/max-channels")
    admin.staff("add", "mira", *RSHS)
    with sqlite_file(admin.database) as connection:
        connection.execute("DELETE FROM staff WHERE username = 'mira'")
    admin.node.change("PUT", "/users/desk", {"password": "d", "tags": ""})
    try:
        said = "\n".join(found().values())
    finally:
        admin.node.change("DELETE", "/users/desk")
    assert "whom the broker does not know: ibnu." in said
    assert "any number of connections or channels: joko." in said
    assert "are no staff: mira." in said
    assert "The user desk, whom all desks shared in earlier versions" in said
    assert len(found()) == 3
    for name in ("ibnu", "joko"):
        admin.staff("change", name, "--new-password")
    admin.node.change("DELETE", "/users/mira")
    assert found() == {}
    admin.use(ANTREAN_MANAGEMENT_URL=admin.node.known()["ANTREAN_MANAGEMENT_URL"])
    assert any("was not checked" in each for each in found().values())
