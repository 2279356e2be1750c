"""`antrean-admin doctor`: a healthy installation passes, and each thing that is broken is named."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from admin_cli.broker.management import Management
from admin_cli.catalog_file import Catalog
from admin_cli.database.catalog_changes import apply_catalog
from admin_cli.database.staff_changes import StaffRow, add_duty
from admin_cli.doctor.database_checks import database_findings
from admin_cli.doctor.findings import Finding, Status
from common.domain.staff import EVERY_HOSPITAL
from common.messaging import topology
from common.settings import Role, Settings, clock_environment
from common.words.texts import Texts
from local_stack.private_node import find_server
from tests.broker import MISSING, RunningBroker
from tests.database import opened, plain_url, sqlite_file
from tests.deployment import MONDAY_MORNING, connected, deployed
from tests.hostile_text import HOSTILE, obeyed_in
from tests.processes import eventually
from tests.workers.admin import Admin
from tests.workers.installation import Installation, Node
from tests.workers.node_control import short_of_memory

WORKER_COUNTS: Mapping[Role, int] = {"registrar": 2, "ticker": 2, "status": 2}
NOWHERE = "127.0.0.1:1"
"""Nothing listens at this port."""


@pytest.fixture(scope="module")
def installation(
    _migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, sample_catalog: Catalog
) -> Iterator[Installation]:
    """A whole installation at work; each test mends what it breaks."""
    if (server := find_server()) is None:
        pytest.fail(MISSING)
    directory = tmp_path_factory.mktemp("doctor")
    shutil.copyfile(_migrated_sqlite, directory / "antrean.sqlite")
    with tempfile.TemporaryDirectory(prefix="antrean-broker-") as folder:
        node = Node(Path(folder), server)
        try:
            node.start()
            broker = RunningBroker(node.urls, has_roles=True, has_policies=True, node=node)
            url = f"sqlite:///{directory / 'antrean.sqlite'}"
            with deployed(broker, url, directory, catalog=sample_catalog) as deployment:
                with opened(url) as engine:
                    add_duty(engine, StaffRow("dewi", EVERY_HOSPITAL, None, "manager"))
                deployment.start_together(WORKER_COUNTS)
                yield Installation(node, deployment)
        finally:
            node.kill()


def test_a_healthy_installation_passes_and_nothing_is_left_behind(installation: Installation) -> None:
    def contents() -> list[tuple[object, ...]]:
        with sqlite_file(installation.deployment.directory / "antrean.sqlite") as connection:
            tables = ("tickets", "journal", "refusals")
            return [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for table in tables]

    before = contents()
    done = installation.run("--json", "--lang", "en")
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    found = {row["check"]: row["status"] for row in said["checks"]}
    assert found == {"clocks": "warning", "staff.users": "warning"} | dict.fromkeys(
        [
            *("broker", "broker.alarms", "broker.message_size", "broker.frame_size", "broker.channels"),
            *("broker.topology", "broker.queues", "broker.limits", "broker.transactions"),
            "broker.nodes",
            *("broker.dead_letters", "broker.bindings", "broker.policies", "broker.permissions"),
            *(
                "workers.registrar",
                "workers.desk_registrar",
                "workers.status",
                "workers.desk_status",
                "workers.integrator_status",
                "workers.ticker",
            ),
            *(
                "answers.registrar",
                "answers.desk_registrar",
                "answers.status",
                "answers.desk_status",
                "answers.integrator_status",
                "answers.ticker",
            ),
            *("database", "database.durability", "database.schema", "database.disk", "database.writable"),
            "database.privacy",
            *("database.catalog", "database.lag", "clocks.broker", "staff"),
        ],
        "ok",
    ), "the deployment's clock is simulated, and deploy is shown no users"
    assert (said["ok"], said["warning"], said["failed"]) == (36, 2, 0)
    assert contents() == before
    assert installation.deployment.unsettled(*topology.QUARANTINES, *topology.DEAD_LETTER_QUEUES) == []


def test_the_screen_shows_a_line_for_each_check_and_no_password(installation: Installation) -> None:
    done = installation.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert "Antrean bekerja: 36 baik, 2 perlu perhatian" in done.stdout
    assert len(done.stdout.splitlines()) == 38 + 2 + 1, "two of them say what to do, and one counts"
    assert "\x1b" not in done.stdout
    assert all(secret not in done.stdout for secret in installation.node.known().values())


def test_who_declares_the_topology_of_a_single_node_is_told_nothing_of_nodes(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    admin = Admin(installation.deployment, monkeypatch, capsys)
    monkeypatch.setenv("ANTREAN_MANAGEMENT_URL", installation.node.known()["ANTREAN_MANAGEMENT_URL"])
    assert json.loads(admin("broker", "declare", "--json").out) == {"declared": True}


def break_the_broker(installation: Installation) -> None:
    """Changes what stands at the broker, as a careless administrator or an older version might."""
    node = installation.node
    with connected(node.urls["deploy"]) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_unbind(topology.TICKER_QUEUE, topology.DESK_EXCHANGE, "call_next")
        channel.queue_bind(topology.DEAD_QUEUE, topology.PATIENT_EXCHANGE, "old_request")
        channel.queue_bind(topology.DEAD_QUEUE, topology.PATIENT_EXCHANGE, HOSTILE)
        channel.basic_publish(topology.PATIENT_EXCHANGE, "old_request", b"{}", mandatory=True)
        channel.queue_delete(topology.JOURNAL_QUEUE)
        channel.queue_declare(topology.JOURNAL_QUEUE, durable=True)
        channel.exchange_delete(topology.POISON_EXCHANGE)
    policy = topology.policies()[topology.TICKER_QUEUE] | {"max-length": 7}
    node.change(
        "PUT",
        "/policies/%2F/other",
        {"pattern": r"^antrean\.ticker", "definition": policy, "priority": 5, "apply-to": "queues"},
    )
    permit(node, "patient", write=".*")
    permit(node, "status", write="^$")
    node.change("PUT", "/users/registrar", {"password": "another", "tags": ""})


def permit(node: Node, role: str, **patterns: str) -> None:
    """Gives a role other permissions than it should have."""
    node.change("PUT", f"/permissions/%2F/{role}", topology.permissions()[role] | patterns)


def mend_the_broker(installation: Installation) -> None:
    """Takes all of that back."""
    installation.node.change("DELETE", "/policies/%2F/other")
    with connected(installation.node.urls["deploy"]) as connection:
        channel = connection.channel()
        channel.queue_delete(topology.JOURNAL_QUEUE)
        channel.queue_delete(topology.DEAD_QUEUE)
    installation.node.mend()


def test_what_was_changed_at_the_broker_is_named(installation: Installation) -> None:
    try:
        break_the_broker(installation)
        patience = {"ANTREAN_REPLY_TIMEOUT_SECONDS": "0.5"}
        found = installation.diagnose_in_process(**patience)
        without = installation.diagnose_in_process(
            **patience, ANTREAN_MANAGEMENT_URL="", ANTREAN_PASSWORD_PATIENT=""
        )
    finally:
        mend_the_broker(installation)
    assert "Missing: antrean.poison." in found.failed["broker.topology"]
    assert "antrean.journal is not what it should be" in found.failed["broker.topology"]
    assert "antrean.desk -call_next-> antrean.ticker" in found.failed["broker.bindings"]
    assert "old_request" in found.warnings["broker.bindings"]
    assert r"\x1b[2J" in found.warnings["broker.bindings"]
    assert obeyed_in(found.warnings["broker.bindings"]) == []
    assert "antrean.ticker is different" in found.failed["broker.policies"]
    assert (
        f"max-length 7 ({topology.policies()[topology.TICKER_QUEUE]['max-length']})"
        in found.failed["broker.policies"]
    )
    permissions = found.failed["broker.permissions"]
    assert "patient may do more than it needs: write antrean.desk" in permissions
    assert "status may not do what it needs: write amq.default" in permissions
    assert "registrar cannot log in" in permissions
    assert "antrean.dead 1" in found.warnings["broker.dead_letters"]

    assert "ANTREAN_MANAGEMENT_URL" in without.warnings["broker.bindings"]
    assert "ANTREAN_MANAGEMENT_URL" in without.warnings["broker.policies"]
    assert "ANTREAN_PASSWORD_PATIENT" in without.warnings["broker.permissions"]
    assert "patient" not in without.failed["broker.permissions"]
    eventually(lambda: installation.diagnose_in_process().failed == {}, "what was mended is well again")


def test_an_administrator_sees_permissions_as_they_are_written(installation: Installation) -> None:
    node = installation.node
    try:
        permit(node, "patient", write=r"antrean\.patient")  # not anchored
        node.change("DELETE", "/permissions/%2F/ticker")
        administrator = {"ANTREAN_MANAGEMENT_URL": node.url_of(node.administrator)}
        found = installation.diagnose_in_process(**administrator, ANTREAN_REPLY_TIMEOUT_SECONDS="0.5")
    finally:
        node.mend()
    said = found.failed["broker.permissions"]
    assert (
        r"patient are different, with what they should be in brackets: write antrean\.patient (^antr" in said
    )
    assert "The user ticker is missing" in said


def test_limits_that_are_missing_and_what_no_limit_bounds_are_named(installation: Installation) -> None:
    node = installation.node
    with connected(node.urls["patient"]) as connection:
        channel = connection.channel()
        channel.tx_select()
        for _ in range(3):
            channel.basic_publish(topology.PATIENT_EXCHANGE, "register", b"{}")

        management = Management(node.url_of(node.administrator), "/")

        def known() -> bool:
            return [each.uncommitted for each in management.transactions()] == [3]

        try:
            node.change("DELETE", "/user-limits/patient/max-channels")
            node.change("DELETE", "/vhost-limits/%2F/max-queues")
            eventually(known, "the management API knows of the transaction")
            found = installation.diagnose(ANTREAN_MANAGEMENT_URL=node.url_of(node.administrator))
        finally:
            node.mend()
    assert "The user patient may open any number" in found.warnings["broker.limits"]
    assert 'set_user_limits patient \'{"max-connections": 1000' in found.warnings["broker.limits"]
    assert "any number of queues" in found.warnings["broker.limits"]
    assert "status" not in found.warnings["broker.limits"]
    assert re.search(r"patient 127\.0\.0\.1:\d+ \(3\)", found.warnings["broker.transactions"])
    eventually(lambda: "broker.limits" in installation.diagnose().ok, "the limits are back")


def test_an_alarm_is_named_and_nothing_waits_for_answers(installation: Installation) -> None:
    management = Management(installation.node.url_of(installation.node.administrator), "/")
    with short_of_memory(installation.node):
        eventually(lambda: management.alarms() != [], "the management API knows of it")
        found = installation.diagnose_in_process()
    over = installation.diagnose()
    assert found.failed.keys() == {"broker.alarms"}
    assert "takes no messages: low on memory" in found.failed["broker.alarms"]
    assert "antrean@localhost is short of memory" in found.failed["broker.alarms"]
    assert found.warnings.keys() == {"broker.permissions", "workers", "clocks", "staff.users"}
    assert not any(check.startswith("answers") for check in found.ok)
    assert over.failed == {}, "although the management API tells of the alarm for a while yet"


def test_tickers_that_are_gone_or_late_are_named(installation: Installation) -> None:
    tickers = [each for each in installation.deployment.programs if each.name.startswith("ticker")]
    for ticker in tickers:
        ticker.ask_to_stop()
    for ticker in tickers:
        assert ticker.ends() == 0
    hours_later = clock_environment(MONDAY_MORNING + timedelta(hours=2), datetime.now(UTC), 1.0)
    found = installation.diagnose(**hours_later)
    installation.deployment.start_consuming("ticker")
    assert "No antrean-ticker consumes antrean.ticker" in found.failed["workers.ticker"]
    assert "Clinics that wait for a ticker" in found.failed["database.lag"]
    found = installation.diagnose()
    assert "Only one antrean-ticker" in found.warnings["workers.ticker"]
    assert "answers.ticker" in found.ok


def test_a_worker_that_says_nothing_is_named(installation: Installation) -> None:
    responders = [each for each in installation.deployment.programs if each.name.startswith("status")]
    with ExitStack() as frozen:
        for responder in responders:
            frozen.enter_context(responder.frozen())
        found = installation.diagnose_in_process(ANTREAN_REPLY_TIMEOUT_SECONDS="1")
    assert "did not answer list_hospitals within 1 seconds" in found.failed["answers.status"]
    assert "answers.registrar" in found.ok


def test_an_old_schema_is_named(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    with sqlite_file(installation.deployment.directory / "antrean.sqlite") as connection:
        connection.execute("VACUUM INTO ?", [str(file)])
    with sqlite_file(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    found = installation.diagnose(ANTREAN_DATABASE_URL=f"sqlite:///{file}")
    assert "older schema 0000" in found.failed["database.schema"]
    assert "antrean-admin migrate" in found.failed["database.schema"]
    assert found.failed.keys() == {"database.schema"}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sqlite:////nowhere/antrean.sqlite", "There is no database file"),
        (f"postgresql://antrean@{NOWHERE}/antrean", "The database"),
        ("sqlite:///:memory:", "ANTREAN_DATABASE_URL cannot be used"),
    ],
)
def test_a_database_that_is_gone_is_a_failed_check(
    installation: Installation, address: str, said: str
) -> None:
    found = installation.diagnose(ANTREAN_DATABASE_URL=address)
    assert found.failed.keys() == {"database"}
    assert said in found.failed["database"]
    assert not Path("/nowhere").exists()


def test_a_broker_that_is_gone_is_a_failed_check(installation: Installation) -> None:
    gone = {
        "ANTREAN_AMQP_URL": f"amqp://deploy:secret@{NOWHERE}/",
        "ANTREAN_MANAGEMENT_URL": f"http://deploy:secret@{NOWHERE}/",
    }
    found = installation.diagnose(**gone)
    assert found.failed.keys() == {"broker", "broker.management"}
    assert found.warnings.keys() >= {"broker.permissions", "workers"}
    assert "database.lag" in found.ok
    assert "secret" not in f"{found.failed}{found.warnings}{found.ok}"


def test_nothing_set_at_all_is_told_and_is_no_crash(installation: Installation) -> None:
    found = installation.diagnose(ANTREAN_AMQP_URL="", ANTREAN_DATABASE_URL="", ANTREAN_MANAGEMENT_URL="")
    assert "No broker is known" in found.failed["broker"]
    assert "No database is known" in found.failed["database"]


def test_the_management_api_may_be_refused(installation: Installation) -> None:
    found = installation.diagnose(ANTREAN_MANAGEMENT_URL=installation.node.url_of("deploy:wrong"))
    assert "refuses this user" in found.failed["broker.management"]
    assert "broker.permissions" in found.ok


def test_a_file_that_others_can_read_and_we_cannot_help_it_is_named(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "another user's.sqlite"
    shutil.copyfile(request.getfixturevalue("_migrated_sqlite"), file)
    file.chmod(0o644)
    with monkeypatch.context() as patched:
        # As for a file of another user.
        patched.setattr(Path, "chmod", _not_permitted)
        found = database_checks(f"sqlite:///{file}")["database.privacy"]
    assert found.status is Status.WARNING
    assert str(file) in found.message(Texts("en"))
    assert database_checks(f"sqlite:///{file}")["database.privacy"].status is Status.OK


def _not_permitted(*_arguments: object) -> None:
    raise PermissionError


def test_postgresql_is_well(postgresql_url: str, sample_catalog: Catalog) -> None:
    empty = database_checks(postgresql_url)
    assert empty["database.catalog"].status is Status.FAILED
    with opened(postgresql_url) as engine:
        apply_catalog(engine, sample_catalog, datetime.now(UTC))
    found = database_checks(postgresql_url)
    # A server that is thrown away after the tests may be told not to care for its data.
    assert {name for name, each in found.items() if each.status is not Status.OK} <= {"database.durability"}
    assert found.keys() >= {"clocks.database", "database.durability", "database.lag"}
    assert found["database"].message(Texts("en")).startswith("PostgreSQL ")


def test_a_database_user_who_may_not_record_looks_is_named(postgresql_url: str) -> None:
    role = f"status_{uuid4().hex}"
    with psycopg.connect(plain_url(postgresql_url), autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'".encode())
        owner.execute(f"GRANT SELECT, INSERT ON access_log TO {role}".encode())
        own_url = plain_url(postgresql_url)
        with psycopg.connect(own_url, user=role, password="secret", application_name="antrean"):
            found = database_checks(postgresql_url)["database.access_log"]
            assert found.status is Status.FAILED
            assert role in found.message(Texts("en"))
            owner.execute(f"GRANT UPDATE ON access_log TO {role}".encode())
            assert "database.access_log" not in database_checks(postgresql_url)
        owner.execute(f"DROP OWNED BY {role}".encode())
        owner.execute(f"DROP ROLE {role}".encode())


def database_checks(url: str) -> dict[str, Finding]:
    """The findings about a database; there is one for each check."""
    return {each.check: each for each in database_findings(Settings(database_url=url))}
