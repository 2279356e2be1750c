"""Where a broker of ours listens, and when it is ready."""

import random
import socket
from collections.abc import Mapping

from common.errors import BrokerUnavailable
from common.messaging.topology import ACCOUNTS_USER, deploy, roles
from local_stack.child import Child, wait_until
from local_stack.staff import MANAGER

HOST = "127.0.0.1"

# Below the range from which systems give ports to clients: one of those could be taken before, or between
# two starts of, the server that is to listen on it.
_PORTS = range(20_000, 32_000)
_PORT_TRIES_MAX = 200


def amqp_urls(passwords: Mapping[str, str], staff: Mapping[str, str], port: int) -> dict[str, str]:
    """The address of the broker at `port` on this machine for each role; desks have that of MANAGER, one of
    the `staff`, who are given with their passwords."""
    urls = {role: f"amqp://{role}:{passwords[role]}@{HOST}:{port}/" for role in roles()}
    return urls | {"desk": f"amqp://{MANAGER}:{staff[MANAGER]}@{HOST}:{port}/"}


def management_url(passwords: Mapping[str, str], port: int) -> str:
    """The address of the management API at `port` on this machine, for the user who makes those of staff."""
    return f"http://{ACCOUNTS_USER}:{passwords[ACCOUNTS_USER]}@{HOST}:{port}"


def deployed(deploy_url: str, program: Child, seconds_max: float) -> bool:
    """Waits until the broker that `program` runs has taken the topology; returns whether it did in time."""

    def takes_topology() -> bool:
        try:
            deploy(deploy_url)
        except BrokerUnavailable:
            return False
        return True

    return wait_until(lambda: not program.alive() or takes_topology(), seconds_max) and program.alive()


def free_ports(wanted: Mapping[str, int]) -> dict[str, int]:
    """For each name the port wanted, or any other where that is taken or 0; raises OSError for none."""
    held: dict[str, socket.socket] = {}
    try:
        for name, port in wanted.items():
            held[name] = socket.socket()
            held[name].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if not port or not _bound(held[name], port):
                tries = random.sample(_PORTS, _PORT_TRIES_MAX)
                if not any(_bound(held[name], each) for each in tries):
                    raise OSError(f"no free port for {name} on {HOST}")
        return {name: holder.getsockname()[1] for name, holder in held.items()}
    finally:
        for holder in held.values():
            holder.close()


def _bound(holder: socket.socket, port: int) -> bool:
    try:
        holder.bind((HOST, port))
    except OSError:
        return False
    return True
