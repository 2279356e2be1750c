"""The examples in deploy/ that operators copy: each is what the program that reads it takes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.processes import SECONDS_MAX
from tests.tls import authority, written

DEPLOY = Path(__file__).parents[2] / "deploy"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_takes_the_example(tmp_path: Path) -> None:
    made = authority()
    files = written(tmp_path, "server", made, made.of_server(["antrean.example"]))
    example = (DEPLOY / "nginx" / "antrean.conf").read_text()
    example = example.replace("/etc/ssl/antrean.pem", str(files.certificate))
    example = example.replace("/etc/ssl/antrean.key", str(files.key)).replace("/var/log/nginx", str(tmp_path))
    # To test it, nginx takes the ports: sockets in a folder of ours instead.
    example = re.sub(r"listen (80|443)", rf"listen unix:{tmp_path}/\1", example)
    own = " ".join(f"{name}_temp_path {tmp_path}/{name};" for name in _TEMPORARY)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(f"pid {tmp_path}/pid; events {{}} http {{ {own} {example} }}")
    tested = subprocess.run(
        ["nginx", "-t", "-p", tmp_path, "-c", configuration, "-e", "stderr"],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert tested.returncode == 0, tested.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda each: each.name)
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_example(tmp_path: Path, unit: Path) -> None:
    copied = tmp_path / unit.name.replace("@", "@8470")
    copied.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit.read_text()))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copied],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert verified.returncode == 0, verified.stderr
    assert unit.name not in verified.stderr
