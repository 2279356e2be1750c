"""TLS for the tests: authorities, and a broker that listens as `deploy/rabbitmq-tls.conf` says."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from admin_cli.authority import Authority, CertifiedKey
from antrean_client.tls import TlsFiles, with_files
from local_stack.child import environment_with
from local_stack.endpoint import HOST, free_ports
from local_stack.install import find_postgresql
from local_stack.private_node import PrivateNode, find_server
from local_stack.private_postgres import PostgresServer
from local_stack.staff import MANAGER
from tests.broker import MISSING
from tests.database import MISSING as MISSING_POSTGRESQL
from tests.processes import SECONDS_MAX
from tests.workers.node_control import evaluate

CONFIGURATION = Path(__file__).parents[1] / "deploy" / "rabbitmq-tls.conf"
_DAY = timedelta(days=1)


def authority(name: str = "for tests", *, expired: bool = False) -> Authority:
    """An authority of today, or one whose certificates have expired yesterday."""
    begins = datetime.now(UTC) - (3 * _DAY if expired else _DAY)
    return Authority(name, begins, begins + 2 * _DAY)


def written(directory: Path, name: str, made: Authority, certified: CertifiedKey) -> TlsFiles:
    """The files of one end that trusts `made` and shows `certified`."""
    contents = {"ca.pem": made.certificate, "pem": certified.certificate, "key": certified.key}
    paths = [directory / f"{name}.{suffix}" for suffix in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        path.write_bytes(content)
        path.chmod(0o600)
    return TlsFiles(*map(str, paths))


@dataclass(frozen=True)
class TlsNode:
    """A broker that listens with and without TLS, whose `authority` signs for its users, too."""

    node: PrivateNode
    directory: Path
    authority: Authority
    port: int
    management_port: int

    @property
    def staff(self) -> str:
        """The user of the desks."""
        return MANAGER

    @property
    def trusted(self) -> TlsFiles:
        """What a client needs that logs in by password."""
        return TlsFiles(str(self.directory / "broker.ca.pem"))

    def shows(self, certified: CertifiedKey) -> None:
        """Renews the broker's certificate, as an operator does: the files alone, while it runs."""
        written(self.directory, "broker", self.authority, certified)
        evaluate(self.node, "ssl:clear_pem_cache().")  # else it looks every two minutes

    def url(self, role: str, files: TlsFiles | None = None) -> str:
        """The address over TLS with the password of a role."""
        parts = urlsplit(self.node.urls[role])
        where = parts._replace(scheme="amqps", netloc=f"{parts.username}:{parts.password}@{HOST}:{self.port}")
        return with_files(where.geturl(), files or self.trusted)

    def url_of_certificate(self, user: str, signed_by: Authority | None = None) -> str:
        """The address over TLS of a user who logs in by a certificate."""
        certified = (signed_by or self.authority).of_client(user)
        files = written(self.directory, user, self.authority, certified)
        return with_files(f"amqps://{user}@{HOST}:{self.port}/", files)


@contextmanager
def tls_node(
    directory: Path, certified: CertifiedKey | None = None, *, management: bool = False
) -> Iterator[TlsNode]:
    """A node that shows `certified`, by default a good certificate of its authority."""
    if (server := find_server()) is None:
        pytest.fail(MISSING)
    made = authority()
    files = written(directory, "broker", made, certified or made.of_server([HOST, "localhost"]))
    ports = free_ports({"amqp": 0, "management": 0})
    node = PrivateNode(directory / "node", server, management=management)
    lines = CONFIGURATION.read_text().splitlines()
    kept = [line for line in lines if management or not line.startswith("management.")]
    text = "\n".join(kept).replace("5671", str(ports["amqp"]), 1)
    text = text.replace("15671", str(ports["management"]))
    for place, file in zip(("ca.pem", "broker.pem", "broker.key"), files, strict=True):
        text = text.replace(f"/etc/rabbitmq/tls/{place}", str(file))
    (directory / "node" / "conf.d" / "tls.conf").write_text(text + "\n")
    try:
        node.start()
        _enable(node, server, "rabbitmq_auth_mechanism_ssl")
        yield TlsNode(node, directory, made, ports["amqp"], ports["management"])
    finally:
        node.stop()


def _enable(node: PrivateNode, server: Path, plugin: str) -> None:
    subprocess.run(
        [server.with_name("rabbitmq-plugins"), "--quiet", "enable", plugin],
        env=environment_with(node._environment()),
        capture_output=True,
        timeout=SECONDS_MAX,
        check=True,
    )


@dataclass(frozen=True)
class TlsPostgres:
    """A PostgreSQL that takes `antrean` by TLS alone, and all others by a certificate of its `authority`."""

    directory: Path
    authority: Authority
    where: str

    @property
    def trusted(self) -> TlsFiles:
        """What a client needs who shows no certificate."""
        return TlsFiles(str(self.directory / "database.ca.pem"))

    def url(
        self, user: str, files: TlsFiles | None = None, *, where: str = "", database: str = "postgres"
    ) -> str:
        """The address with these files, as libpq reads them."""
        named = zip(("sslrootcert", "sslcert", "sslkey"), files or self.trusted, strict=True)
        query = "&".join(f"{name}={file}" for name, file in named if file)
        return f"postgresql://{user}@{where or self.where}/{database}?sslmode=verify-full&{query}"

    def shows(self, certified: CertifiedKey) -> None:
        """Renews the server's certificate; it counts when the configuration is read again."""
        _written_for_server(self.directory / "postgresql" / "data", self.authority, certified)

    def client(self, user: str, signed_by: Authority | None = None) -> TlsFiles:
        """What a client needs who logs in by a certificate."""
        certified = (signed_by or self.authority).of_client(user)
        return written(self.directory, user, self.authority, certified)


def _written_for_server(data: Path, made: Authority, certified: CertifiedKey) -> TlsFiles:
    files = written(data, "server", made, certified)
    for file in map(str, files):
        shutil.chown(file, data.stat().st_uid, data.stat().st_gid)
    return files


@contextmanager
def tls_postgres(directory: Path) -> Iterator[TlsPostgres]:
    """A server of its own; `directory` may be looked into by the user who runs it."""
    if (binaries := find_postgresql()) is None:
        pytest.fail(MISSING_POSTGRESQL)
    made, home = authority(), directory / "postgresql"
    home.mkdir()
    server = PostgresServer(binaries, home)
    data = home / "data"
    written(directory, "database", made, made.of_server([HOST, "localhost"]))
    files = _written_for_server(data, made, made.of_server([HOST, "localhost"]))
    names = zip(("ssl_ca_file", "ssl_cert_file", "ssl_key_file"), files, strict=True)
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write("\n".join(["", "ssl = on", *(f"{name} = '{file}'" for name, file in names), ""]))
    (data / "pg_hba.conf").write_text("hostssl all antrean all trust\nhostssl all all all cert\n")
    try:
        server.start()
        yield TlsPostgres(directory, made, urlsplit(server.url).netloc.rpartition("@")[2])
    finally:
        server.stop()
