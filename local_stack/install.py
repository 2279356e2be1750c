"""The set-up step: installs RabbitMQ, and what the tests need beside it, where nothing else can serve."""

import ctypes
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from antrean_client.visible_text import visible
from common.errors import AntreanError, BrokerUnavailable, NotInstalled, StoreUnavailable
from common.translation import N_
from local_stack import container, private_node
from local_stack.bilingual import both, say

_INSTALL_SECONDS_MAX = 900
_SHOWN_LINES = 15
# The first has no windows, which spares half of what a page costs.
_CHROMIUMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_ON_MACOS = ("Chromium", "Google Chrome")
_HOMEBREW = (Path("/opt/homebrew"), Path("/usr/local"))

# Debian starts a service as soon as it is installed, and at each boot. We want the programs only: the policy
# file keeps it from being started now, disabling keeps it from being started later. What was enabled before,
# or has a policy of its own, is left alone.
_APT_SCRIPT = """
set -e
service=$1
shift
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >"$policy"
  chmod 755 "$policy"
fi
enabled() { systemctl --quiet is-enabled "$1" 2>/dev/null; }
new_units=
for unit in ${service:+"$service.service"} epmd.service epmd.socket; do
  enabled "$unit" || new_units="$new_units $unit"
done
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"
for unit in $new_units; do
  if enabled "$unit"; then systemctl --quiet disable "$unit" || true; fi
done
"""


@dataclass(frozen=True)
class Package:
    """A program under the names of the package managers that we know, and of its service where it has one.

    `failure` is raised without it, saying what else serves.
    """

    title: str
    debian: str
    homebrew: str
    service: str
    instead: str
    failure: type[AntreanError]
    missing: str = N_("{program} is missing: have `sudo {command}` run, or set {variable}, or start Docker.")


RABBITMQ = Package(
    "RabbitMQ", "rabbitmq-server", "rabbitmq", "rabbitmq-server", "ANTREAN_AMQP_URL", BrokerUnavailable
)
POSTGRESQL = Package(
    "PostgreSQL", "postgresql", "postgresql@17", "postgresql", "ANTREAN_TEST_DATABASE_URL", StoreUnavailable
)
CHROMIUM = Package(
    "Chromium",
    "chromium-headless-shell",
    "chromium",
    "",
    "ANTREAN_TEST_CHROMIUM",
    NotInstalled,
    N_("{program} is missing: have `sudo {command}` run, or set {variable} to another browser of its kind."),
)
LIBATOMIC = Package(
    "libatomic",
    "libatomic1",
    "gcc",
    "",
    "",
    NotInstalled,
    N_("{program} is missing: have `sudo {command}` run."),
)
"""A library of the C compiler's, which Playwright's own program needs, and neither it nor Debian's Chromium
brings."""


def install_broker() -> None:
    """Installs RabbitMQ; raises BrokerUnavailable with the command to have run where we may not."""
    _install(RABBITMQ)


def install_missing(amqp_url: str | None) -> None:
    """Installs what `antrean-stack up` needs and this machine lacks; raises BrokerUnavailable."""
    if amqp_url is None and private_node.find_server() is None and not container.docker_answers():
        install_broker()


def install_missing_for_tests(amqp_url: str | None, database_url: str | None) -> None:
    """Installs what the tests need and this machine lacks; raises BrokerUnavailable or StoreUnavailable.

    The addresses are those of a broker and a PostgreSQL that the tests are told to use.
    """
    install_missing(amqp_url)
    if database_url is None and find_postgresql() is None and not container.docker_answers():
        _install(POSTGRESQL)


def install_missing_browser(chromium: str | None) -> None:
    """Installs what the tests of pages need and this machine lacks; raises NotInstalled.

    `chromium` is the browser that they are told to use.
    """
    if chromium is None and find_chromium() is None:
        _install(CHROMIUM)
    if sys.platform == "linux" and not _loads("libatomic.so.1"):
        _install(LIBATOMIC)


def find_chromium() -> Path | None:
    """A browser that Playwright can drive."""
    on_path = [Path(found) for name in _CHROMIUMS if (found := shutil.which(name))]
    macos = [Path(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in _ON_MACOS]
    return next((path for path in (*on_path, *macos) if path.exists()), None)


def find_postgresql() -> Path | None:
    """The folder of PostgreSQL's programs `initdb` and `postgres`, the newest where there are several."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    homebrew = [
        place for root in _HOMEBREW for place in sorted(root.glob("opt/postgresql*/bin"), reverse=True)
    ]
    places = [*debian, *on_path, *homebrew]
    return next((place for place in places if (place / "initdb").exists()), None)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _version(place: Path) -> float:
    try:
        return float(place.parent.name)
    except ValueError:
        return 0.0


def _install(package: Package) -> None:
    shown, arguments = _installer(package)
    say("{program} is missing; installing it with: {command}", program=package.title, command=shown)
    _run(package, arguments)


def _installer(package: Package) -> tuple[str, list[str]]:
    """The command as a user would give it, and the arguments that run it here."""
    shown = f"apt-get install {package.debian}"
    script = ["sh", "-c", _APT_SCRIPT, "sh", package.service, package.debian]
    if shutil.which("apt-get") and os.geteuid() == 0:
        return shown, script
    if shutil.which("apt-get") and _sudo_without_password():
        return f"sudo {shown}", ["sudo", "-n", *script]
    if shutil.which("brew"):
        return f"brew install {package.homebrew}", ["brew", "install", "--quiet", package.homebrew]
    raise package.failure(
        both(
            package.missing,
            program=package.title,
            command=shown,
            variable=package.instead,
        )
    )


def _run(package: Package, arguments: list[str]) -> None:
    try:
        done = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_INSTALL_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise package.failure(f"Installing {package.title} took too long and was given up.") from error
    if done.returncode != 0:
        print(*map(visible, done.stdout.splitlines()[-_SHOWN_LINES:]), sep="\n", file=sys.stderr)
        raise package.failure(
            both("{program} could not be installed; the reason stands above.", program=package.title)
        )


def _sudo_without_password() -> bool:
    return (
        shutil.which("sudo") is not None
        and subprocess.run(
            ["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False
        ).returncode
        == 0
    )
