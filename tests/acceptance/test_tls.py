"""The main job over TLS, with certificates of the broker alone and of all; and what is said where it is not
to be trusted, on a real broker."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from admin_cli.catalog_file import Catalog
from antrean_client.tls import TlsFiles, take_files, with_files
from common.settings import Role
from tests.acceptance.command_line import Shell
from tests.acceptance.conftest import shell_of
from tests.acceptance.desks import desk_at
from tests.broker import RunningBroker
from tests.builders import in_bandung
from tests.deployment import Deployment, deployed
from tests.tls import TlsNode, authority, tls_node, written

UNAVAILABLE, USAGE = 69, 2
WORKERS: tuple[Role, ...] = ("registrar", "ticker", "status")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsNode]:
    with tls_node(tmp_path_factory.mktemp("tls"), management=True) as node:
        yield node


@pytest.fixture
def system(
    tls: TlsNode, tmp_path: Path, _migrated_sqlite: Path, sample_catalog: Catalog
) -> Iterator[Deployment]:
    """The sample catalog at nine in Bandung, reached over TLS; no worker yet."""
    path = tmp_path / "antrean.sqlite"
    shutil.copyfile(_migrated_sqlite, path)
    urls = {role: tls.url(role) for role in tls.node.urls}
    broker = RunningBroker(urls, has_roles=True, has_policies=True, node=tls.node)
    with deployed(
        broker, f"sqlite:///{path}", tmp_path, catalog=sample_catalog, starts_at=in_bandung("09:00")
    ) as deployment:
        yield deployment


def the_main_job(deployment: Deployment, directory: Path) -> None:
    """A patient registers and looks the ticket up, the desk calls, and the patient sees it."""
    shell, desk = shell_of(deployment, directory), desk_at(deployment, directory, "RSHS", "GIG")
    desk.moved_by_staff(1)
    code = shell.register("RSHS", "GIG")["ticket_code"]
    assert shell.antrean("status", code, "--json").json[0]["status"] == "waiting"
    assert desk.do("next", "--room", "1")
    assert shell.antrean("status", code, "--json").json[0]["status"] == "called"


def test_a_certificate_of_the_broker_alone(system: Deployment, tmp_path: Path) -> None:
    system.start_together(dict.fromkeys(WORKERS, 1))
    the_main_job(system, tmp_path)


def test_certificates_of_all_named_by_settings(tls: TlsNode, system: Deployment, tmp_path: Path) -> None:
    """Workers and staff log in by certificate alone: their addresses hold no password, nor the files."""
    for role in WORKERS:
        bare, files = take_files(tls.url_of_certificate(role))
        system.start_together({role: 1}, **settings_of(files), ANTREAN_AMQP_URL=bare)
    desk_url = tls.url_of_certificate(tls.staff)
    the_main_job(replace(system, urls={**system.urls, "desk": desk_url}), tmp_path)


def settings_of(files: TlsFiles) -> dict[str, str]:
    names = ("ANTREAN_TLS_CA_FILE", "ANTREAN_TLS_CERTIFICATE_FILE", "ANTREAN_TLS_KEY_FILE")
    return {name: file for name, file in zip(names, files, strict=True) if file}


@dataclass(frozen=True)
class Trouble:
    """An address that is refused: what is said in English, and the exit code."""

    url: Callable[[TlsNode, Path], str]
    said: str
    exit_code: int = UNAVAILABLE


def _other_authority(tls: TlsNode, directory: Path) -> str:
    (directory / "other.pem").write_bytes(authority("other").certificate)
    return tls.url("patient", TlsFiles(str(directory / "other.pem")))


def _client_of(signed_by: str) -> Callable[[TlsNode, Path], str]:
    def url(tls: TlsNode, directory: Path) -> str:
        other = authority("other", expired=signed_by == "expired")
        files = written(directory, "registrar", tls.authority, other.of_client("registrar"))
        return with_files(take_files(tls.url_of_certificate("registrar"))[0], files)

    return url


def _open_key(tls: TlsNode, directory: Path) -> str:
    files = written(directory, "registrar", tls.authority, tls.authority.of_client("registrar"))
    Path(str(files.key)).chmod(0o644)
    return with_files(take_files(tls.url_of_certificate("registrar"))[0], files)


TROUBLES = {
    "a wrong authority": Trouble(_other_authority, "authority that is not trusted here"),
    "the authorities of the system": Trouble(
        lambda tls, _: take_files(tls.url("patient"))[0], "authority that is not trusted here"
    ),
    "a wrong name": Trouble(
        lambda tls, _: tls.url("patient").replace("127.0.0.1", "127.0.0.2"), "a certificate of another host"
    ),
    "plain text where TLS is spoken": Trouble(
        lambda tls, _: take_files(tls.url("patient"))[0].replace("amqps", "amqp"),
        "does not answer as a broker; check port and TLS",
    ),
    "TLS where plain text is spoken": Trouble(
        lambda tls, _: with_files(tls.node.urls["patient"].replace("amqp:", "amqps:"), tls.trusted),
        "does not speak TLS",
    ),
    "a client's certificate of a wrong authority": Trouble(
        _client_of("other"), "does not take this client's certificate"
    ),
    "a client's certificate that has expired": Trouble(
        _client_of("expired"), "does not take this client's certificate"
    ),
    "a client's certificate of nobody": Trouble(
        lambda tls, _: tls.url_of_certificate("nobody"), "does not take this client's certificate"
    ),
    "a missing file": Trouble(
        lambda tls, _: tls.url("patient", TlsFiles("/nowhere/ca.pem")),
        "/nowhere/ca.pem cannot be read",
        USAGE,
    ),
    "a file that is no certificate": Trouble(
        lambda tls, _: tls.url("patient", TlsFiles(__file__)), "in PEM", USAGE
    ),
    "what would leave the certificate unchecked": Trouble(
        lambda tls, _: take_files(tls.url("patient"))[0] + "?ssl_options={'cafile':'x'}",
        "ANTREAN_AMQP_URL cannot be used",
        USAGE,
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_what_is_not_to_be_trusted_is_refused_with_one_sentence(
    tls: TlsNode, tmp_path: Path, name: str
) -> None:
    trouble = TROUBLES[name]
    shell = Shell(tmp_path, {"ANTREAN_AMQP_URL": trouble.url(tls, tmp_path)})
    english = shell.antrean("hospitals", "--lang", "en").sentence(trouble.exit_code)
    indonesian = shell.antrean("hospitals").sentence(trouble.exit_code)
    assert trouble.said in " ".join(english.split())
    assert english != indonesian


def test_a_certificate_that_has_expired_and_one_that_is_renewed(tls: TlsNode, tmp_path: Path) -> None:
    """The broker is not restarted, and a worker that could not connect goes on by itself."""
    good = tls.authority.of_server(["127.0.0.1", "localhost"])
    expired = authority(expired=True)
    (tmp_path / "ca.pem").write_bytes(tls.authority.certificate + expired.certificate)
    trusting = TlsFiles(str(tmp_path / "ca.pem"))
    shell = Shell(tmp_path, {"ANTREAN_AMQP_URL": tls.url("patient", trusting)})
    tls.shows(expired.of_server(["127.0.0.1", "localhost"]))
    try:
        assert "has expired" in " ".join(shell.antrean("hospitals", "--lang", "en").sentence(69).split())
        assert "kedaluwarsa" in shell.antrean("hospitals").sentence(69)
        doctor = shell.run("antrean-admin", "doctor", "--json", ANTREAN_AMQP_URL=tls.url("deploy", trusting))
        found = [json.loads(line) for line in doctor.stdout.splitlines()]
        assert "certificates.broker" in json.dumps(found)
    finally:
        tls.shows(good)
    # Long enough to connect on a machine with much else to do; nobody answers.
    assert shell.antrean("hospitals", ANTREAN_REPLY_TIMEOUT_SECONDS="4").exit_code == 75, "it is connected"


def test_a_worker_says_why_and_goes_on_when_it_is_mended(
    tls: TlsNode, system: Deployment, tmp_path: Path
) -> None:
    trusted = tmp_path / "authority.pem"
    trusted.write_bytes(authority("other").certificate)
    bare = take_files(tls.url("status"))[0]
    worker = system.start("status", ANTREAN_AMQP_URL=bare, ANTREAN_TLS_CA_FILE=str(trusted))
    worker.prints("authority that is not trusted here: name the right authority in ANTREAN_TLS_CA_FILE")
    trusted.unlink()
    worker.prints("authority.pem cannot be read")
    trusted.write_bytes(tls.authority.certificate)
    worker.prints('"ready"')
    assert worker.stop() == 0
    assert "Traceback" not in worker.output


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("ANTREAN_TLS_CA_FILE", "missing.pem cannot be read: check its path and permissions."),
        ("ANTREAN_TLS_CERTIFICATE_FILE", "other users can read or change it. Run: chmod go="),
    ],
)
def test_a_worker_ends_at_its_start_where_a_file_cannot_be_used(
    tls: TlsNode, system: Deployment, tmp_path: Path, setting: str, said: str
) -> None:
    open_key = tmp_path / "open.pem"
    open_key.write_text("key")
    open_key.chmod(0o644)
    file = open_key if setting == "ANTREAN_TLS_CERTIFICATE_FILE" else tmp_path / "missing.pem"
    bare = take_files(tls.url("status"))[0]
    worker = system.start("status", ANTREAN_AMQP_URL=bare, **{setting: str(file)})
    assert worker.ends() == USAGE
    assert said in worker.output
    assert "Traceback" not in worker.output


def test_the_management_api_over_tls(tls: TlsNode, tmp_path: Path) -> None:
    plain = str(tls.node.management_url)
    where = f"127.0.0.1:{tls.management_port}"
    url = plain.replace("http:", "https:").rpartition("@")[0] + f"@{where}/"
    other = tmp_path / "other.pem"
    other.write_bytes(authority("other").certificate)
    shell = Shell(
        tmp_path,
        {
            "ANTREAN_AMQP_URL": take_files(tls.url("deploy"))[0],
            "ANTREAN_DATABASE_URL": f"sqlite:///{tmp_path / 'none'}",
            "ANTREAN_MANAGEMENT_URL": url,
            "ANTREAN_TLS_CA_FILE": str(tls.trusted.authorities),
        },
    )
    listed = shell.run("antrean-admin", "integrator", "list", "--json")
    assert listed.json == []
    distrusted = shell.run("antrean-admin", "doctor", "--lang", "en", ANTREAN_TLS_CA_FILE=str(other))
    assert "The management API at" in distrusted.stdout
    assert "authority that is not trusted here" in " ".join(distrusted.stdout.split())


def test_a_desk_signs_in_by_its_certificate(tls: TlsNode, system: Deployment, tmp_path: Path) -> None:
    system.start_consuming("status")
    bare, files = take_files(tls.url_of_certificate(tls.staff))
    settings = settings_of(files) | {"ANTREAN_AMQP_URL": bare.replace(f"{tls.staff}@", "")}
    shell = Shell(tmp_path, {**system.variables, **settings})
    assert shell.run("antrean-desk", "whoami", "--user", tls.staff, "--json").json["user"] == tls.staff
    assert "--user" in shell.run("antrean-desk", "whoami", "--lang", "en").sentence(USAGE)
    another = shell.run("antrean-desk", "whoami", "--user", "siti", "--lang", "en").sentence(UNAVAILABLE)
    assert "This computer's certificate is not that of siti" in " ".join(another.split())
    assert "no password" in shell.run("antrean-desk", "login", "--lang", "en").sentence(USAGE)
