"""The broker's users of the staff: made, given another password, and removed through the management API; or
the commands with which the broker's administrator does the same."""

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

_ACTIONS: Final = ("configure", "write", "read")


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user at the broker: its tags, and for each virtual host what it may `configure`, `write` and
    `read`."""

    tags: tuple[str, ...]
    permissions: Mapping[str, Mapping[str, str]]


class StaffUsers:
    """The users of the broker whose management API is at `url`, for the staff of the virtual host `vhost`.

    Every method raises BrokerUnavailable where the API does not answer, or refuses. Each may be repeated:
    what is done already stays as it is.
    """

    def __init__(self, url: str, vhost: str) -> None:
        self._api = ManagementApi(url)
        self._vhost = vhost

    def may_be_changed(self) -> bool:
        """Whether the API lets us change users."""
        return ADMINISTRATOR in self._api.user_tags()

    def find(self, name: str) -> BrokerUser | None:
        """The user of this name; None where there is none."""
        user = self._api.find(f"/users/{quote(name, safe='')}")
        if user is None:
            return None
        rows = self._api.find(f"/users/{quote(name, safe='')}/permissions") or []
        permissions = {row["vhost"]: {action: row[action] for action in _ACTIONS} for row in rows}
        return BrokerUser(tuple(tags_in(user)), permissions)

    def with_permission(self) -> dict[str, bool]:
        """The users who may do here what staff do and nothing else; and whether each has limits."""
        rows = self._api.find(f"/vhosts/{quote(self._vhost, safe='')}/permissions") or []
        names = [row["user"] for row in rows if {a: row[a] for a in _ACTIONS} == topology.STAFF_PERMISSION]
        limits = {row["user"]: row["value"] for row in self._api.find("/user-limits") or []}
        # RabbitMQ's way to say that there is no limit is -1.
        return {
            name: all(limits.get(name, {}).get(limit, -1) >= 0 for limit in topology.STAFF_LIMITS)
            for name in names
        }

    def names(self) -> set[str]:
        """Every user of the broker."""
        return {row["name"] for row in self._api.find("/users?columns=name") or []}

    def is_for_staff(self, user: BrokerUser) -> bool:
        """Whether a user can do nothing but what staff do here: only such a one is ours to change."""
        return not user.tags and all(
            vhost == self._vhost and permission == topology.STAFF_PERMISSION
            for vhost, permission in user.permissions.items()
        )

    def set_password(self, name: str, password: str) -> None:
        """Gives the user this password from its next connection on; makes the user where there is none."""
        contents = {
            "password_hash": topology.password_hash(password),
            "hashing_algorithm": topology.HASHING_ALGORITHM,
            "tags": "",
        }
        self._api.put(f"/users/{quote(name, safe='')}", contents)

    def permit(self, name: str) -> None:
        """Gives the user the permission and the limits of staff."""
        user, vhost = quote(name, safe=""), quote(self._vhost, safe="")
        for limit, value in topology.STAFF_LIMITS.items():
            self._api.put(f"/user-limits/{user}/{limit}", {"value": value})
        self._api.put(f"/permissions/{vhost}/{user}", topology.STAFF_PERMISSION)

    def remove(self, name: str) -> None:
        """Removes the user, its permission and its limits; the broker closes its connections."""
        self._api.delete(f"/users/{quote(name, safe='')}")


def commands_to_add(name: str, vhost: str) -> list[str]:
    """What makes a member of the staff known to the broker; the first command asks for the password."""
    return [f"rabbitmqctl add_user {name}", *commands_to_permit(name, vhost)]


def commands_to_permit(name: str, vhost: str) -> list[str]:
    """What gives a user the limits and the permission of staff."""
    limits = shlex.quote(json.dumps(topology.STAFF_LIMITS))
    expressions = " ".join(shlex.quote(topology.STAFF_PERMISSION[action]) for action in _ACTIONS)
    return [
        f"rabbitmqctl set_user_limits {name} {limits}",
        f"rabbitmqctl set_permissions -p {shlex.quote(vhost)} {name} {expressions}",
    ]


def commands_to_change_password(name: str) -> list[str]:
    """What gives a user another password; the command asks for it."""
    return [f"rabbitmqctl change_password {name}"]


def commands_to_remove(name: str) -> list[str]:
    """What removes a user; the broker closes its connections."""
    return [f"rabbitmqctl delete_user {name}"]
