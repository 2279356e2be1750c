"""`antrean-admin integrator` at a broker: users and queues are made, changed, listed and removed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from urllib.parse import urlsplit

import pytest
from pika.exceptions import AMQPConnectionError

from admin_cli.broker.integrator_rights import LIMITS
from admin_cli.broker.management_api import ManagementApi
from admin_cli.doctor.integrator_checks import integrator_findings
from common.messaging import topology
from common.messaging.topology import EVENTS_EXCHANGE
from common.settings import load_settings
from common.words.texts import Texts
from tests.database import sqlite_file
from tests.deployment import connected
from tests.processes import eventually
from tests.workers.account_admin import (
    failing_api,
    give,
    is_closed,
    limits_of,
)
from tests.workers.integrator_admin import (
    CALLED,
    IntegratorAdmin,
    asking,
    declared,
    is_refused,
    taken,
)

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "python" / "own_queue.py"


def test_who_is_added_follows_events_by_the_address_alone(admin: IntegratorAdmin) -> None:
    said = admin.integrator("add", "papan", *CALLED, "--bind", "*.GIG.clinic.*").said
    assert (said["broker_user"], said["queue"], said["commands"]) == ("made", "antrean.sub.papan", [])
    assert (said["hospitals"], said["replay"]) == (None, False)
    admin.publish("RSHS.GIG.ticket.called", "RSHS.GIG.ticket.served", "RSCM.GIG.clinic.opened")
    assert taken(said["url"], said["queue"]) == ["RSHS.GIG.ticket.called", "RSCM.GIG.clinic.opened"]
    assert limits_of(admin.node, "papan") == LIMITS
    assert not is_refused(said["url"], asking)
    assert not is_refused(said["url"], declared("antrean.sub.papan")), "so that it can make an old one again"
    assert not is_refused(said["url"], lambda c: c.queue_bind("antrean.sub.papan", EVENTS_EXCHANGE, "RSCM.#"))


def test_the_example_prints_what_comes_into_the_queue(admin: IntegratorAdmin) -> None:
    url = admin.add("papan")
    event = {"time": "2026-11-23T02:40:05Z", "type": "id.antrean.ticket.called.v1", "subject": "GIG-017"}
    with connected(admin.node.urls["deploy"]) as connection:
        connection.channel().basic_publish(
            EVENTS_EXCHANGE, "RSHS.GIG.ticket.called", json.dumps(event).encode()
        )
    environment = {**os.environ, "ANTREAN_AMQP_URL": url}
    with subprocess.Popen([sys.executable, EXAMPLE], env=environment, stdout=PIPE, text=True) as run:
        try:
            assert run.stdout is not None
            assert run.stdout.readline().split() == list(event.values())
            eventually(lambda: admin.listed("papan")["queues"][0]["waiting"] == 0, "it is acknowledged")
        finally:
            run.kill()


def test_what_an_earlier_integrator_left_is_not_a_later_ones(admin: IntegratorAdmin) -> None:
    old = admin.add("papan", "--bind", "#")
    assert not is_refused(old, declared("antrean.sub.papan.3"))
    assert not is_refused(old, lambda c: c.queue_bind("antrean.sub.papan.3", EVENTS_EXCHANGE, "#"))
    admin.publish("RSCM.GIG.ticket.called")
    admin.node.change("DELETE", "/users/papan")  # as an administrator does, who leaves the queues

    url = admin.add("papan", *CALLED, "--hospital", "RSHS")
    admin.publish("RSCM.GIG.ticket.called", "RSHS.GIG.ticket.called")
    assert taken(url, "antrean.sub.papan") == ["RSHS.GIG.ticket.called"]
    assert [each["name"] for each in admin.listed("papan")["queues"]] == ["antrean.sub.papan"]


def test_more_patterns_leave_password_and_backlog(admin: IntegratorAdmin) -> None:
    url = admin.add("papan")
    admin.publish("RSHS.GIG.ticket.called")
    again = admin.integrator("add", "papan", "--bind", "RSHS.*.clinic.*").said
    assert (again["broker_user"], again["url"]) == ("kept", None)
    admin.publish("RSHS.GIG.clinic.opened")
    assert taken(url, "antrean.sub.papan") == ["RSHS.GIG.ticket.called", "RSHS.GIG.clinic.opened"]
    for rights in (["--replay"], ["--hospital", "RSHS"]):
        refused = admin.integrator("add", "papan", *CALLED, *rights)
        assert refused.exit_code == 1
        assert "with other rights" in json.loads(refused.err)["detail"]


def test_another_password_ends_what_the_old_one_opened(admin: IntegratorAdmin) -> None:
    old = admin.add("papan")
    with connected(old) as connection:
        said = admin.integrator("rotate", "papan").said
        assert said["broker_user"] == "password_changed"
        eventually(lambda: is_closed(connection), "the broker closes the connection")
    with pytest.raises(AMQPConnectionError), connected(old):
        pass
    admin.publish("RSHS.GIG.ticket.called")
    assert taken(said["url"], "antrean.sub.papan") == ["RSHS.GIG.ticket.called"]


def test_who_is_removed_leaves_nothing(admin: IntegratorAdmin) -> None:
    url = admin.add("papan")
    assert not is_refused(url, declared("antrean.sub.papan.9"))
    assert not is_refused(url, lambda channel: channel.exchange_declare("antrean.sub.papan.2", "topic"))
    with connected(url) as connection:
        assert admin.integrator("remove", "papan").said["broker_user"] == "removed"
        eventually(lambda: is_closed(connection), "the broker closes the connection")
    api = ManagementApi(str(admin.node.management_url))
    for path in ("/queues/%2F", "/exchanges/%2F", "/topic-permissions", "/permissions", "/users"):
        assert "papan" not in json.dumps(api.get(path)), path
    assert admin.integrator("remove", "papan").said["broker_user"] == "absent"
    refused = admin.integrator("rotate", "papan")
    assert refused.exit_code == 1
    assert "no integrator papan" in json.loads(refused.err)["detail"]


def examined(admin: IntegratorAdmin) -> str:
    """What the doctor says of integrators."""
    found = integrator_findings(load_settings("deploy"))
    return " ".join(each.message(Texts("en")) for each in found)


def test_the_list_tells_who_follows_what_and_how_far_behind(admin: IntegratorAdmin) -> None:
    url = admin.add("papan", *CALLED, "--hospital", "RSHS")
    small = {"pattern": "^antrean\\.sub\\.papan$", "priority": 10, "apply-to": "queues"}
    definition = {"max-length": 3, "max-length-bytes": 1_000_000, "overflow": "drop-head"}
    admin.node.change("PUT", "/policies/%2F/small", small | {"definition": definition})
    try:
        admin.publish(*["RSHS.GIG.ticket.called"] * 2)
        row = admin.listed("papan")
        assert (row["rights"], row["hospitals"], row["replay"]) == ("ours", ["RSHS"], False)
        assert row["bindings"] == ["RSHS.*.ticket.called"]
        queue = {"name": "antrean.sub.papan", "waiting": 2, "full": False, "bounded": True}
        assert (row["queues"], row["connected_since"]) == ([queue], None)

        admin.publish(*["RSHS.GIG.ticket.called"] * 5)
        assert admin.listed("papan")["queues"] == [queue | {"waiting": 3, "full": True}]
        assert "The queue of papan is full" in admin("integrator", "list").out
        assert "queue is full, so that the oldest events are dropped: papan." in examined(admin)
    finally:
        admin.node.change("DELETE", "/policies/%2F/small")
    with connected(url) as connection:
        eventually(lambda: admin.listed("papan")["connected_since"] is not None, "the connection is listed")
        connection.channel().queue_delete("antrean.sub.papan")
    assert admin.listed("papan")["queues"] == []
    assert "papan has no queue" in admin("integrator", "list").out
    assert "seven days without use: papan." in examined(admin)
    assert admin.integrator("add", "papan", *CALLED, "--hospital", "RSHS").said["broker_user"] == "kept"
    assert [each["waiting"] for each in admin.listed("papan")["queues"]] == [0]
    assert "has a queue with room for events: 1" in examined(admin)


def test_an_integrators_bindings_and_queue_are_as_the_doctor_expects(admin: IntegratorAdmin) -> None:
    admin.add("papan", *CALLED, "--hospital", "RSHS")
    checks = json.loads(admin("doctor", "--json").out)["checks"]
    found = {each["check"]: each["status"] for each in checks}
    assert [found[each] for each in ("broker.bindings", "broker.policies", "integrators")] == ["ok"] * 3


def test_rights_that_were_given_by_hand_are_shown_and_can_be_removed(admin: IntegratorAdmin) -> None:
    admin.add("papan")
    own = "antrean\\.sub\\.papan(\\.[0-9])?"
    by_hand = {"configure": f"^{own}$", "write": f"^{own}$", "read": "antrean"}
    admin.node.change("PUT", "/permissions/%2F/papan", by_hand)
    assert admin.listed("papan")["rights"] == "other"
    assert "rights given by hand" in admin("integrator", "list").out
    assert admin.integrator("add", "papan", *CALLED).exit_code == 1
    assert admin.integrator("remove", "papan").said["broker_user"] == "removed"


def test_the_names_of_others_are_refused(admin: IntegratorAdmin) -> None:
    admin.node.change("PUT", "/users/tamu", {"password": "p", "tags": ""})
    admin.node.change("PUT", "/permissions/%2F/tamu", {"configure": "", "write": "", "read": "^$"})
    admin.node.change("PUT", "/users/kepala", {"password": "p", "tags": "monitoring"})
    with sqlite_file(admin.database) as connection:
        connection.execute("UPDATE staff SET username = 'sari'")
        staff = {row[0] for row in connection.execute("SELECT username FROM staff")}
    try:
        for name in ("tamu", "kepala", *staff):
            refused = admin.integrator("add", name, *CALLED)
            assert refused.exit_code == 1, name
            assert "choose another name" in json.loads(refused.err)["detail"]
        for command in ("rotate", "remove"):
            assert admin.integrator(command, "tamu").exit_code == 1
        with admin.signed_in("tamu", "p"):
            pass
    finally:
        for name in ("tamu", "kepala"):
            admin.node.change("DELETE", f"/users/{name}")


@pytest.mark.parametrize(
    "words",
    [
        *(("add", name, *CALLED) for name in (*topology.roles(), "accounts", "desk", "guest")),
        *(("add", name, *CALLED) for name in ("p", "Papan", "papan.1", "papan lobi", "9papan", "p" * 31)),
        *(("add", "papan", "--bind", pattern) for pattern in ("", "RSHS", "rshs.#", "RSHS.*.ticket.calls")),
        ("add", "papan"),
        ("add", "papan", *CALLED, "--hospital", "RSCM"),
        ("add", "papan", "--bind", "#", "--hospital", "RSHS"),
        ("add", "papan", *CALLED, "--hospital", "R*"),
        ("add", "papan", *CALLED, "--hospital", "RSHS", "--replay"),
        ("rotate", "deploy"),
        ("remove", "integrator"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_said_in_one_sentence(admin: IntegratorAdmin, words: tuple[str, ...]) -> None:
    ended = admin("integrator", *words)
    assert ended.exit_code == 2
    assert len(ended.err.splitlines()) == 1
    assert admin.listed_all() == []


def test_without_the_api_the_commands_are_printed_and_do_it(admin: IntegratorAdmin) -> None:
    admin.use(ANTREAN_MANAGEMENT_URL="")
    said = admin.integrator("add", "papan", *CALLED, "--hospital", "RSHS").said
    assert said["broker_user"] == "to_be_done"
    give(admin.node, said)
    admin.publish("RSHS.GIG.ticket.called")
    assert taken(said["url"], said["queue"]) == ["RSHS.GIG.ticket.called"]
    assert is_refused(said["url"], lambda c: c.queue_bind(said["queue"], EVENTS_EXCHANGE, "RSCM.#"))

    left = admin.integrator("add", "papan", "--bind", "#")
    assert left.exit_code == 1
    assert "integrator remove papan" in json.loads(left.err)["detail"]
    assert admin.integrator("list").exit_code == 1

    with connected(said["url"]) as connection:
        renewed = admin.integrator("rotate", "papan").said
        give(admin.node, renewed)
        eventually(lambda: is_closed(connection), "the broker closes the connection")
    with connected(renewed["url"]):
        pass
    give(admin.node, admin.integrator("remove", "papan").said)
    admin.use(ANTREAN_MANAGEMENT_URL=str(admin.node.management_url))
    assert admin.listed_all() == []


def test_a_user_who_may_only_look_is_told_the_commands(admin: IntegratorAdmin) -> None:
    admin.use(ANTREAN_MANAGEMENT_URL=admin.node.known()["ANTREAN_MANAGEMENT_URL"])
    said = admin("integrator", "add", "papan", *CALLED, "--hospital", "RSHS").out
    lines = said.splitlines()
    assert "  rabbitmqctl add_user papan" in lines
    assert r"  rabbitmqctl set_topic_permissions -p / papan antrean.events '^$' '^(RSHS)\.'" in lines
    [url] = [line.strip() for line in lines if line.startswith("  amqp://papan:")]
    assert f"The first command asks for the password: {urlsplit(url).password}" in lines
    assert admin.integrator("remove", "papan").exit_code == 0


@pytest.mark.parametrize("arrives", [False, True], ids=["lost on the way", "only the answer lost"])
@pytest.mark.parametrize("path", ["users", "user-limits", "topic-permissions", "permissions"])
def test_what_was_made_by_half_is_completed(admin: IntegratorAdmin, path: str, arrives: bool) -> None:
    words = ("papan", *CALLED, "--hospital", "RSHS")
    with failing_api(str(admin.node.management_url), f"/api/{path}/", arrives=arrives) as url:
        admin.use(ANTREAN_MANAGEMENT_URL=url)
        ended = admin.integrator("add", *words)
    assert ended.exit_code == 69
    problem = json.loads(ended.err)
    assert "is not complete" in problem["detail"]
    assert "integrator add papan" in problem["repeat_command"]

    admin.use(ANTREAN_MANAGEMENT_URL=str(admin.node.management_url))
    again = admin.integrator("add", *words).said
    if path == "permissions" and arrives:
        assert again["broker_user"] == "kept"
        again = admin.integrator("rotate", "papan").said
    admin.publish("RSHS.GIG.ticket.called", "RSCM.GIG.ticket.called")
    assert taken(again["url"], "antrean.sub.papan") == ["RSHS.GIG.ticket.called"]
    assert is_refused(
        again["url"], lambda channel: channel.queue_bind("antrean.sub.papan", EVENTS_EXCHANGE, "#")
    )
    assert limits_of(admin.node, "papan") == LIMITS


def test_where_the_broker_is_away_nothing_is_begun(admin: IntegratorAdmin) -> None:
    admin.use(ANTREAN_AMQP_URL="amqp://deploy:x@127.0.0.1:1/")
    for words in (("add", "papan", *CALLED), ("remove", "papan"), ("list",)):
        ended = admin("integrator", *words)
        assert ended.exit_code == 69
        assert len(ended.err.splitlines()) == 1
    admin.use(ANTREAN_AMQP_URL=admin.node.urls["deploy"])
    assert "papan" not in json.dumps(ManagementApi(str(admin.node.management_url)).get("/users"))
