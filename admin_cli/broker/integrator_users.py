"""The broker's users of integrators: what each may do, and since when it is connected."""

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from admin_cli.broker import users
from admin_cli.broker.integrator_rights import LIMITS, NO_TOPIC, Rights, configures, rights_in
from admin_cli.broker.users import ACTIONS, BrokerUser, BrokerUsers
from common.messaging.topology import EVENTS_EXCHANGE


class IntegratorUsers(BrokerUsers):
    """The broker's users of integrators."""

    def is_integrator(self, name: str, user: BrokerUser) -> bool:
        """Whether a user is an integrator, or was made for one and may do nothing yet: only such a one is
        ours to change."""
        return not user.tags and all(
            vhost == self._vhost and permission["configure"] == configures(name)
            for vhost, permission in user.permissions.items()
        )

    def rights(self, name: str, user: BrokerUser) -> Rights | None:
        """What an integrator may do; None where these are no rights that `permit` gives."""
        permission = user.permissions.get(self._vhost)
        return None if permission is None else rights_in(name, permission, self._topics().get(name, {}))

    def all_rights(self) -> dict[str, Rights | None]:
        """Every integrator with what it may do, as `rights` tells it."""
        topics = self._topics()
        return {
            row["user"]: rights_in(row["user"], {a: row[a] for a in ACTIONS}, topics.get(row["user"], {}))
            for row in sorted(self._permission_rows(), key=lambda row: row["user"])
            if row["configure"] == configures(row["user"])
        }

    def permit(self, name: str, rights: Rights) -> None:
        """Gives the user, which could do nothing or just this, an integrator's limits and these rights."""
        self.limit(name, LIMITS)
        topics = rights.topics()
        if topics is not None:
            # Before the permission: without a row for topics, every one is permitted.
            row = {"exchange": EVENTS_EXCHANGE, "write": NO_TOPIC, "read": topics}
            self._api.put(f"/topic-permissions/{self._at}/{quote(name, safe='')}", row)
        self.set_permission(name, rights.permission(name))

    def disconnect(self, name: str) -> None:
        """Closes the user's connections."""
        self._api.delete(f"/connections/username/{quote(name, safe='')}")

    def connected_since(self) -> dict[str, datetime]:
        """For each user who is connected, since when."""
        since: dict[str, datetime] = {}
        for row in self._api.find("/connections?columns=user,vhost,connected_at") or []:
            if row.get("vhost") == self._vhost and isinstance(row.get("connected_at"), int):
                moment = datetime.fromtimestamp(row["connected_at"] / 1000, UTC)
                since[row["user"]] = min(moment, since.get(row["user"], moment))
        return since

    def _topics(self) -> Mapping[str, dict[str, str]]:
        """For each user the expressions of the routing keys with which it may bind, by exchange."""
        found: dict[str, dict[str, str]] = {}
        for row in self._api.find(f"/vhosts/{self._at}/topic-permissions") or []:
            found.setdefault(row["user"], {})[row["exchange"]] = row["read"]
        return found


def commands_to_permit(name: str, vhost: str, rights: Rights) -> list[str]:
    """What gives a user who can do nothing yet an integrator's limits and these rights."""
    commands = []
    topics = rights.topics()
    if topics is not None:
        words = ["-p", vhost, name, EVENTS_EXCHANGE, NO_TOPIC, topics]
        commands.append(f"rabbitmqctl set_topic_permissions {shlex.join(words)}")
    return commands + users.commands_to_permit(name, vhost, rights.permission(name), LIMITS)


def commands_to_disconnect(name: str) -> list[str]:
    """What closes a user's connections."""
    return [f"rabbitmqctl close_all_user_connections {name} 'the password was changed'"]
