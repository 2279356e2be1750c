"""A RabbitMQ broker in a container, where Docker runs and no `rabbitmq-server` is installed."""

import json
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from common.errors import BrokerUnavailable
from common.messaging.topology import ACCOUNTS_USER, configuration, definitions, roles
from local_stack.bilingual import say
from local_stack.child import Child
from local_stack.endpoint import HOST, amqp_urls, deployed, free_ports, management_url
from local_stack.files import write_private
from local_stack.staff import STAFF

IMAGE = "rabbitmq:4-management"
_DOCKER_SECONDS_MAX = 10
_START_SECONDS_MAX = 300  # the first start fetches the image
_STOP_SECONDS_MAX = 40


def docker_answers() -> bool:
    """Whether a Docker daemon takes our commands. Blocks for up to about ten seconds."""
    return shutil.which("docker") is not None and _docker("info") == 0


class ContainerBroker:
    """A container whose messages stand in a Docker volume, so that they survive a stop and a start."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        # One container and one volume for each folder, found again by its name.
        self._name = f"antrean-{sha256(str(directory.resolve()).encode()).hexdigest()[:12]}"
        path = directory / "passwords.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        users = (*roles(), ACCOUNTS_USER, *STAFF)
        known = {user: secrets.token_urlsafe(24) for user in users} | kept
        write_private(path, json.dumps(known))
        passwords = {user: known[user] for user in (*roles(), ACCOUNTS_USER)}
        self.staff: Mapping[str, str] = {name: known[name] for name in STAFF}
        ports = free_ports({"amqp": 0, "management": 0})
        self._port, self._management_port = ports["amqp"], ports["management"]
        self.urls: Mapping[str, str] = amqp_urls(passwords, self.staff, self._port)
        self.management_url: str | None = management_url(passwords, self._management_port)
        self._write_configuration(passwords)
        self._child = Child("container", self._arguments(), {}, directory)

    @property
    def description(self) -> str:
        """What this broker is, for people."""
        return f"RabbitMQ (Docker {IMAGE}, {HOST}:{self._port}, {self._name})"

    def start(self) -> None:
        """Starts the container and declares the topology there; raises BrokerUnavailable."""
        if self._child.alive():
            return
        say("Running {image} in Docker", image=IMAGE)
        _docker("rm", "--force", self._name)  # what a killed supervisor left
        self._child.start()
        if not deployed(self.urls["deploy"], self._child, _START_SECONDS_MAX):
            self.stop()
            raise BrokerUnavailable(f"The RabbitMQ container did not start; {self._child.log_file} says why.")

    def alive(self) -> bool:
        """Whether the container runs."""
        return self._child.alive()

    def stop(self) -> None:
        """Stops the container in order; Docker's command passes the signal on to it."""
        self._child.stop(_STOP_SECONDS_MAX)
        _docker("rm", "--force", self._name)

    def kill(self) -> None:
        """Ends the container at once."""
        self._child.kill()
        _docker("rm", "--force", self._name)

    def _arguments(self) -> list[str]:
        mounts = {
            self._directory / "antrean.conf": "/etc/rabbitmq/conf.d/90-antrean.conf",
            self._directory / "definitions.json": "/etc/rabbitmq/antrean-definitions.json",
        }
        return [
            *("docker", "run", "--rm", "--name", self._name, "--hostname", "antrean"),
            *("--publish", f"{HOST}:{self._port}:5672"),
            *("--publish", f"{HOST}:{self._management_port}:15672"),
            *("--volume", f"{self._name}:/var/lib/rabbitmq"),
            *(word for host, inside in mounts.items() for word in ("--volume", f"{host}:{inside}:ro")),
            IMAGE,
        ]

    def _write_configuration(self, passwords: Mapping[str, str]) -> None:
        loading = "load_definitions = /etc/rabbitmq/antrean-definitions.json\n"
        write_private(self._directory / "antrean.conf", configuration() + loading)
        write_private(self._directory / "definitions.json", json.dumps(definitions(passwords, self.staff)))
        # The broker's user in the container has to read both. On this machine the folder keeps others out,
        # and of the passwords they hold salted hashes only.
        for name in ("antrean.conf", "definitions.json"):
            (self._directory / name).chmod(0o644)


def _docker(*arguments: str) -> int:
    try:
        return subprocess.run(
            ["docker", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DOCKER_SECONDS_MAX,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return 1
