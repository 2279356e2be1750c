"""Certificates for trials, and what the doctor says of those that end."""

import json
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from admin_cli.authority import Authority
from admin_cli.doctor.certificate_checks import certificate_findings
from admin_cli.doctor.findings import Status
from admin_cli.program import run
from antrean_client.errors import SettingsError
from antrean_client.tls import TlsFiles, client_context
from common.settings import Settings
from tests.no_broker import no_broker
from tests.tls import written


def test_what_is_made_for_a_trial(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "tls"
    words = ["certificates", "dev", "--directory", str(made), "--host", "broker.example", "--user", "dewi"]
    assert run([*words, "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert sorted(path.name for path in made.iterdir()) == written["files"]
    assert made.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in made.glob("*.key"))
    for name in ("broker", "database", "registrar", "dewi"):
        found = x509.load_pem_x509_certificate((made / f"{name}.pem").read_bytes())
        assert found.not_valid_after_utc - datetime.now(UTC) < timedelta(days=31)
        client_context(TlsFiles(str(made / "ca.pem"), str(made / f"{name}.pem"), str(made / f"{name}.key")))
    assert not (made / "ca.key").exists()
    assert run([*words, "--lang", "en"]) == 2, "what is there stays"
    assert "is not empty: name a new directory" in " ".join(capsys.readouterr().err.split())


def test_certificates_are_of_no_use_without_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["certificates", "dev", "--directory", str(tmp_path / "tls"), "--lang", "en"]) == 0
    assert "For trials only" in capsys.readouterr().out


NO_NAMES = [["--host", "a b"], ["--host", "x/y"], *(["--user", name] for name in ("-", "", "ca", "broker"))]


@pytest.mark.parametrize("words", NO_NAMES)
def test_names_that_are_none(tmp_path: Path, words: list[str]) -> None:
    assert run(["certificates", "dev", "--directory", str(tmp_path / "tls"), *words]) == 2
    assert not (tmp_path / "tls").exists()


def authority(days: float) -> Authority:
    now = datetime.now(UTC)
    return Authority("for tests", now - timedelta(days=100), now + timedelta(days=days))


@contextmanager
def tls_server(directory: Path, days: float) -> Iterator[int]:
    """The port of something that shows a certificate which ends in so many days."""
    made = authority(days)
    files = written(directory, "server", made, made.of_server(["127.0.0.1"]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(files.certificate), files.key)

    with no_broker(context) as port:
        yield port


@pytest.mark.parametrize(("days", "status"), [(60, Status.OK), (20.5, Status.WARNING), (-1, Status.FAILED)])
def test_the_doctor_counts_the_days(tmp_path: Path, days: float, status: Status) -> None:
    made = authority(days)
    own = written(tmp_path, "own", made, made.of_client("deploy"))
    with tls_server(tmp_path, days) as port:
        settings = Settings(
            amqp_url=f"amqps://deploy@127.0.0.1:{port}/",
            management_url=f"https://deploy:x@127.0.0.1:{port}/",
            database_url=f"postgresql://h:1/d?sslcert={own.certificate}",
            tls_ca_file=Path(str(own.authorities)),
        )
        found = list(certificate_findings(settings))
    assert [each.check for each in found] == [
        *("certificates.broker", "certificates.management", "certificates.files", "certificates.files")
    ]
    assert {each.status for each in found} == {status}
    assert {each.values["days"] for each in found} == {max(int(days) - (days > 0 and days % 1 == 0), 0)}


@pytest.mark.parametrize(
    ("amqp_url", "told"),
    [
        ("amqp://broker.example/", True),
        ("amqp://10.0.0.5:5672/", True),
        ("amqp://127.0.0.1/", False),
        ("amqp://localhost/", False),
        ("amqp://broker/", False),
    ],
)
def test_the_doctor_names_a_connection_without_tls(amqp_url: str, told: bool) -> None:
    found = list(certificate_findings(Settings(amqp_url=amqp_url)))
    assert [each.check for each in found] == ["certificates.encryption"] * told


def test_a_key_of_another_certificate_and_one_with_a_passphrase(tmp_path: Path) -> None:
    made = authority(1)
    first, second = (written(tmp_path, name, made, made.of_client(name)) for name in ("first", "second"))
    with pytest.raises(SettingsError, match="a key without a certificate"):
        client_context(TlsFiles(key=first.key))
    with pytest.raises(SettingsError, match="does not belong to the certificate"):
        client_context(first._replace(key=second.key))
    Path(str(second.key)).write_text(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    with pytest.raises(SettingsError, match="without a passphrase"):
        client_context(second)


def test_a_pipe_in_place_of_a_certificate_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for files in (TlsFiles(str(tmp_path / "pipe")), TlsFiles(certificate=str(tmp_path / "pipe"))):
        with pytest.raises(SettingsError, match="cannot be read"):
            client_context(files)
