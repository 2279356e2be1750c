"""The broker's users: made, given another password, and removed through the management API; or the commands
with which the broker's administrator does the same."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from admin_cli.broker.management_api import ManagementApi, tags_in
from common.messaging import topology

ADMINISTRATOR: Final = "administrator"
"""The tag without which nobody may change the broker's users."""

ACTIONS: Final = ("configure", "write", "read")


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user at the broker: its tags, and for each virtual host what it may `configure`, `write` and
    `read`."""

    tags: tuple[str, ...]
    permissions: Mapping[str, Mapping[str, str]]


class BrokerUsers:
    """The users of the broker whose management API is at `url`, of the virtual host `vhost`.

    Every method raises BrokerUnavailable where the API does not answer, or refuses. Each may be repeated:
    what is done already stays as it is.
    """

    def __init__(self, url: str, vhost: str) -> None:
        self._api = ManagementApi(url)
        self._vhost = vhost
        self._at = quote(vhost, safe="")

    def may_be_changed(self) -> bool:
        """Whether the API lets us change users."""
        return ADMINISTRATOR in self._api.user_tags()

    def find(self, name: str) -> BrokerUser | None:
        """The user of this name; None where there is none."""
        user = self._api.find(f"/users/{quote(name, safe='')}")
        if user is None:
            return None
        rows = self._api.find(f"/users/{quote(name, safe='')}/permissions") or []
        permissions = {row["vhost"]: {action: row[action] for action in ACTIONS} for row in rows}
        return BrokerUser(tuple(tags_in(user)), permissions)

    def names(self) -> set[str]:
        """Every user of the broker."""
        return {row["name"] for row in self._api.find("/users?columns=name") or []}

    def set_password(self, name: str, password: str) -> None:
        """Gives the user this password from its next connection on; makes the user where there is none."""
        contents = {
            "password_hash": topology.password_hash(password),
            "hashing_algorithm": topology.HASHING_ALGORITHM,
            "tags": "",
        }
        self._api.put(f"/users/{quote(name, safe='')}", contents)

    def limit(self, name: str, limits: Mapping[str, int]) -> None:
        """Bounds how many connections and channels the user may have at once."""
        for limit, value in limits.items():
            self._api.put(f"/user-limits/{quote(name, safe='')}/{limit}", {"value": value})

    def set_permission(self, name: str, permission: Mapping[str, str]) -> None:
        """Gives the user this permission."""
        self._api.put(f"/permissions/{self._at}/{quote(name, safe='')}", permission)

    def remove(self, name: str) -> None:
        """Removes the user, its permission and its limits; the broker closes its connections."""
        self._api.delete(f"/users/{quote(name, safe='')}")

    def _permission_rows(self) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = self._api.find(f"/vhosts/{self._at}/permissions") or []
        return rows


def commands_to_add(name: str) -> list[str]:
    """What makes a user; the command asks for the password."""
    return [f"rabbitmqctl add_user {name}"]


def commands_to_permit(
    name: str, vhost: str, permission: Mapping[str, str], limits: Mapping[str, int]
) -> list[str]:
    """What gives a user these limits and this permission."""
    expressions = " ".join(shlex.quote(permission[action]) for action in ACTIONS)
    return [
        f"rabbitmqctl set_user_limits {name} {shlex.quote(json.dumps(dict(limits)))}",
        f"rabbitmqctl set_permissions -p {shlex.quote(vhost)} {name} {expressions}",
    ]


def commands_to_change_password(name: str) -> list[str]:
    """What gives a user another password; the command asks for it."""
    return [f"rabbitmqctl change_password {name}"]


def commands_to_remove(name: str) -> list[str]:
    """What removes a user; the broker closes its connections."""
    return [f"rabbitmqctl delete_user {name}"]
