"""The broker's users of the staff: what they may do, and who they are."""

from admin_cli.broker import users
from admin_cli.broker.users import ACTIONS, BrokerUser, BrokerUsers
from common.messaging import topology


class StaffUsers(BrokerUsers):
    """The broker's users of the staff."""

    def with_permission(self) -> dict[str, bool]:
        """The users who may do here what staff do and nothing else; and whether each has limits."""
        rows = self._permission_rows()
        names = [row["user"] for row in rows if {a: row[a] for a in ACTIONS} == topology.STAFF_PERMISSION]
        limits = {row["user"]: row["value"] for row in self._api.find("/user-limits") or []}
        # RabbitMQ's way to say that there is no limit is -1.
        return {
            name: all(limits.get(name, {}).get(limit, -1) >= 0 for limit in topology.STAFF_LIMITS)
            for name in names
        }

    def is_for_staff(self, user: BrokerUser) -> bool:
        """Whether a user can do nothing but what staff do here: only such a one is ours to change."""
        return not user.tags and all(
            vhost == self._vhost and permission == topology.STAFF_PERMISSION
            for vhost, permission in user.permissions.items()
        )

    def permit(self, name: str) -> None:
        """Gives the user the permission and the limits of staff."""
        self.limit(name, topology.STAFF_LIMITS)
        self.set_permission(name, topology.STAFF_PERMISSION)


def commands_to_permit(name: str, vhost: str) -> list[str]:
    """What gives a user the limits and the permission of staff."""
    return users.commands_to_permit(name, vhost, topology.STAFF_PERMISSION, topology.STAFF_LIMITS)
