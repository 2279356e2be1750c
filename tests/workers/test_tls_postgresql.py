"""Workers and operators at a PostgreSQL that speaks TLS only: `sslmode=verify-full`, with and without a
certificate of the client; and what is said where it is not to be trusted."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from admin_cli.database.schema import migrate
from antrean_client.tls import TlsFiles
from common.settings import Role
from tests.broker import RunningBroker
from tests.database import opened
from tests.deployment import deployed
from tests.forked import BIN
from tests.processes import bare_environment, ended, eventually
from tests.tls import TlsPostgres, authority, tls_postgres
from tests.workers.requester import message, registration, requester

WORKERS: tuple[Role, ...] = ("registrar", "status")


@pytest.fixture(scope="module")
def tls() -> Iterator[TlsPostgres]:
    with tempfile.TemporaryDirectory(prefix="antrean-tls-") as name:
        Path(name).chmod(0o755)  # the server may run as another user
        with tls_postgres(Path(name)) as server:
            yield server


@pytest.mark.parametrize("shown", ["of the server alone", "of both"])
def test_the_main_job(broker: RunningBroker, tls: TlsPostgres, tmp_path: Path, shown: str) -> None:
    name = "one_side" if shown == "of the server alone" else "two_sides"
    with psycopg.connect(tls.url("antrean"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        for user in WORKERS if name == "two_sides" else ():
            connection.execute(f"CREATE ROLE {user} LOGIN SUPERUSER".encode())
    owner = tls.url("antrean", database=name)
    with opened(owner) as engine:
        migrate(engine)
    with deployed(broker, owner, tmp_path) as deployment:
        for user in WORKERS:
            url = tls.url(user, tls.client(user), database=name) if name == "two_sides" else owner
            deployment.start_together({user: 1}, ANTREAN_DATABASE_URL=url)
        with requester(deployment) as patient:
            ticket = patient.call(registration("C01"))
            code = ticket.body["ticket_code"]
            found = patient.call(message("ticket_status", {"ticket_codes": [code]}))
        assert found.name == "tickets"
        with psycopg.connect(owner) as connection:
            encrypted = connection.execute(
                "SELECT DISTINCT usename::text, ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                " WHERE application_name = 'antrean'"
            ).fetchall()
        assert sorted(encrypted) == [
            (user, True) for user in (WORKERS if name == "two_sides" else ["antrean"])
        ]


def _other_authority(tls: TlsPostgres) -> str:
    (tls.directory / "other.pem").write_bytes(authority("other").certificate)
    return tls.url("antrean", TlsFiles(str(tls.directory / "other.pem")))


def _open_key(tls: TlsPostgres) -> str:
    files = tls.client("deploy")
    Path(str(files.key)).chmod(0o644)
    return tls.url("deploy", files)


TROUBLES: Mapping[str, tuple[Callable[[TlsPostgres], str], str]] = {
    "a wrong authority": (_other_authority, "an authority that is not trusted here, or that has expired"),
    "a wrong name": (
        lambda tls: tls.url("antrean").replace("@127.0.0.1", "@database.example") + "&hostaddr=127.0.0.1",
        "a certificate of another host",
    ),
    "plain text": (
        lambda tls: tls.url("antrean").replace("verify-full", "disable"),
        "takes no connection without TLS: add sslmode=verify-full",
    ),
    "a client's certificate of a wrong authority": (
        lambda tls: tls.url("deploy", tls.client("deploy", authority("other"))),
        "does not take this client's certificate",
    ),
    "a client's certificate of another user": (
        lambda tls: tls.url("deploy", tls.client("ticker")),
        "does not take this client's certificate",
    ),
    "no client's certificate": (lambda tls: tls.url("deploy"), "asks for one: check sslcert"),
    "a missing authority": (
        lambda tls: tls.url("antrean", TlsFiles("/nowhere/ca.pem")),
        "the file of the authority is missing",
    ),
    "a missing key": (
        lambda tls: tls.url("deploy", tls.client("deploy")._replace(key="/nowhere/key")),
        "the file of sslkey in ANTREAN_DATABASE_URL is missing",
    ),
    "a key that others can read": (_open_key, "others can read it (chmod go=)"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_what_is_not_to_be_trusted_is_refused_with_one_sentence(
    tls: TlsPostgres, tmp_path: Path, name: str
) -> None:
    url, said = TROUBLES[name]
    _refused(url(tls), said, tmp_path)


def test_a_certificate_that_has_expired(tls: TlsPostgres, tmp_path: Path) -> None:
    expired = authority(expired=True)
    (tmp_path / "ca.pem").write_bytes(tls.authority.certificate + expired.certificate)
    url = tls.url("antrean", TlsFiles(str(tmp_path / "ca.pem")))
    with psycopg.connect(url, autocommit=True) as connection:
        tls.shows(expired.of_server(["127.0.0.1"]))
        connection.execute("SELECT pg_reload_conf()")
        eventually(lambda: not _connects(url), "the server shows it")
        _refused(url, "or that has expired", tmp_path)
        tls.shows(tls.authority.of_server(["127.0.0.1"]))
        connection.execute("SELECT pg_reload_conf()")
        eventually(lambda: _connects(url), "the server shows one that counts")


def _connects(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_tls_where_there_is_none(postgres: str, tmp_path: Path) -> None:
    _refused(f"{postgres}?sslmode=verify-full&sslrootcert=system", "does not speak TLS", tmp_path)


def _refused(url: str, said: str, directory: Path) -> None:
    environment = bare_environment(directory) | {"ANTREAN_DATABASE_URL": url}
    done = ended([str(BIN / "antrean-admin"), "migrate", "--json"], environment, directory)
    assert (done.returncode, done.stdout) == (69, ""), done
    assert said in json.loads(done.stderr)["detail"]
    assert "Traceback" not in done.stderr
