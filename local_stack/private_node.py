"""A RabbitMQ node of our own, from an installed `rabbitmq-server`: own folder, ports, users and name server.

Nothing of it is shared with a RabbitMQ that the system may run, and nothing outlives it: `epmd`, the name
server that Erlang otherwise leaves running for ever, is a child of ours on a port of its own.
"""

import json
import os
import resource
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from common.errors import BrokerUnavailable
from common.messaging.topology import ACCOUNTS_USER, configuration, definitions, roles
from local_stack.child import Child
from local_stack.endpoint import HOST, amqp_urls, deployed, free_ports, management_url
from local_stack.files import write_private
from local_stack.lean_server import lean_server, server_version
from local_stack.staff import STAFF

_START_SECONDS_MAX = 90
_STOP_SECONDS_MAX = 30
_FILES = 4096  # each connection is one, and the limits of the users' connections have to come first
_LOG_WRITE_AHEAD_BYTES_MAX = 32 * 1024 * 1024  # held in memory too; RabbitMQ's own 512 MiB suits a server
# Debian's own wrapper on the PATH insists on its own user and folder; these are what it wraps.
_SERVER_PLACES = (
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server",
    "/usr/local/opt/rabbitmq/sbin/rabbitmq-server",
)


def find_server() -> Path | None:
    """The installed `rabbitmq-server`, None where there is none that can be used."""
    found = next((place for place in _SERVER_PLACES if os.access(place, os.X_OK)), None)
    found = found or shutil.which("rabbitmq-server")
    return Path(found) if found and shutil.which("epmd") else None


def _let_open_files() -> None:
    """Lets this process, and so the node that it starts, open `_FILES` files, or as many as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class PrivateNode:
    """A node that keeps everything in `directory`, so that messages survive a stop and a start.

    `urls` holds the address for each role, and `staff` the password of each member of the staff; both stay
    the same for as long as this object lives. With
    `management`, RabbitMQ's management API listens at `management_url`; RabbitMQ 3.10 takes five seconds
    longer to stop then.
    """

    def __init__(self, directory: Path, server: Path, *, management: bool = False) -> None:
        self._directory = directory
        self._management = management
        self._version = server_version(server)
        for folder in (directory, directory / "home", directory / "conf.d"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        passwords, self._cookie, self._ports = self._identity()
        self.staff: Mapping[str, str] = {name: passwords[name] for name in STAFF}
        self._passwords = {user: passwords[user] for user in (*roles(), ACCOUNTS_USER)}
        self.urls: Mapping[str, str] = amqp_urls(self._passwords, self.staff, self._ports["amqp"])
        self.management_url: str | None = (
            management_url(self._passwords, self._ports["management"]) if management else None
        )
        self._children = [
            Child(
                "epmd",
                ["epmd", "-address", HOST, "-port", str(self._ports["epmd"])],
                {},
                directory,
            ),
            Child(
                "rabbitmq", [str(lean_server(server, directory / "server"))], self._environment(), directory
            ),
        ]

    @property
    def description(self) -> str:
        """What this broker is, for people."""
        return f"RabbitMQ ({HOST}:{self._ports['amqp']}, {self._directory})"

    def start(self) -> None:
        """Starts the node and declares the topology there (about 4 s).

        Raises BrokerUnavailable, naming the log, where it does not come up.
        """
        self._write_configuration()
        _let_open_files()
        for child in self._children:
            child.start()
        node = self._children[-1]
        if not deployed(self.urls["deploy"], node, _START_SECONDS_MAX):
            self.stop()
            raise BrokerUnavailable(f"The private RabbitMQ node did not start; {node.log_file} says why.")

    def alive(self) -> bool:
        """Whether the node and its name server run; without one of ours, the node would start another."""
        return all(child.alive() for child in self._children)

    def stop(self) -> None:
        """Stops the node in order, then its name server."""
        for child in reversed(self._children):
            child.stop(_STOP_SECONDS_MAX)

    def kill(self) -> None:
        """Ends the node at once, as a power failure would."""
        for child in reversed(self._children):
            child.kill()

    def _identity(self) -> tuple[dict[str, str], str, dict[str, int]]:
        """Passwords, cookie and ports: those of the last start, except for ports taken in between."""
        path = self._directory / "identity.json"
        last = json.loads(path.read_text()) if path.exists() else {}
        users = (*roles(), ACCOUNTS_USER, *STAFF)
        passwords = {user: secrets.token_urlsafe(24) for user in users} | last.get("passwords", {})
        cookie = last.get("cookie") or secrets.token_hex(20)
        wanted = {"amqp": 0, "epmd": 0, "distribution": 0, "management": 0}
        ports = free_ports(wanted | last.get("ports", {}))
        write_private(path, json.dumps({"passwords": passwords, "cookie": cookie, "ports": ports}))
        return passwords, cookie, ports

    def _environment(self) -> dict[str, str]:
        directory = self._directory
        return {
            "HOME": str(directory / "home"),
            "ERL_CRASH_DUMP": str(directory / "erl_crash.dump"),
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_EPMD_PORT": str(self._ports["epmd"]),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(directory / "advanced.config"),
            # Each of these keeps the system's own configuration out.
            "RABBITMQ_CONF_ENV_FILE": str(directory / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(directory / "conf.d"),
            "RABBITMQ_DIST_PORT": str(self._ports["distribution"]),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "enabled_plugins"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_NODENAME": "antrean@localhost",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def _write_configuration(self) -> None:
        directory = self._directory
        cookie = directory / "home" / ".erlang.cookie"
        cookie.unlink(missing_ok=True)
        write_private(cookie, self._cookie)
        write_private(directory / "definitions.json", json.dumps(definitions(self._passwords, self.staff)))
        plugins = "rabbitmq_management" if self._management else ""
        write_private(directory / "enabled_plugins", f"[{plugins}].\n")
        write_private(directory / "rabbitmq-env.conf", "")
        write_private(
            directory / "rabbitmq.conf",
            f"listeners.tcp.1 = {HOST}:{self._ports['amqp']}\n"
            f"{self._management_configuration()}"
            f"load_definitions = {directory / 'definitions.json'}\n"
            f"{configuration(self._version)}"
            f"raft.wal_max_size_bytes = {_LOG_WRITE_AHEAD_BYTES_MAX}\n"
            "log.console = false\n",
        )

    def _management_configuration(self) -> str:
        if not self._management:
            return ""  # RabbitMQ refuses settings of a plugin that is off
        return f"management.tcp.ip = {HOST}\nmanagement.tcp.port = {self._ports['management']}\n"
