"""The accounts of staff at the broker: made, given another password, closed."""

from admin_cli.account import Account, AccountState
from admin_cli.account_errors import BrokerHalfDone
from admin_cli.broker import staff_users, users
from admin_cli.broker.management import vhost_of
from admin_cli.passwords import new_password
from admin_cli.session import AdminSession
from admin_cli.staff_errors import StaffRefused
from common.errors import BrokerUnavailable
from common.settings import Settings
from common.translation import N_


class Accounts:
    """The accounts at the broker of `settings`, through its management API if that lets us change users; else
    as commands for its administrator. Not `wanted`: the broker is left alone.

    Every method raises BrokerUnavailable where the API does not answer, before anything was changed, and
    BrokerHalfDone after. Each may be repeated.
    """

    def __init__(self, settings: Settings, *, wanted: bool = True) -> None:
        self._url = settings.management_url
        self._vhost = vhost_of(settings.amqp_url) if settings.amqp_url else "/"
        self._wanted = wanted
        self._known: users.BrokerUser | None = None
        self._api: staff_users.StaffUsers | None = None

    def see_that_it_is_free(self, name: str, *, is_staff: bool) -> None:
        """Raises StaffRefused where the broker has such a user who is no member of the staff, or may do more.

        `is_staff` is whether the table knows the name. Comes before the table is changed.
        """
        if not self._wanted or not self._reach():
            return
        assert self._api is not None
        self._known = self._api.find(name)
        if self._known is not None and not is_staff:
            raise StaffRefused(
                N_(
                    "The broker has a user {name} already, who is none of the staff: choose another name,"
                    " or use --existing-user to let that user work at the desks."
                ),
                name=name,
            )
        if self._known is not None and not self._api.is_for_staff(self._known):
            raise StaffRefused(
                N_(
                    "The broker's user {name} may do other things than staff do, so it is not changed here;"
                    " with --existing-user, add leaves it alone."
                ),
                name=name,
            )

    def open(self, session: AdminSession, name: str, *, is_new: bool) -> Account:
        """Makes the user, or only sees that it may do what staff do, after `see_that_it_is_free`.

        `is_new` is whether nobody has a password of this user: then one is made even where the user is there.
        """
        if not self._wanted or (self._api is None and not is_new):
            return Account.untouched()
        if self._api is None:
            commands = users.commands_to_add(name) + staff_users.commands_to_permit(name, self._vhost)
            return Account(AccountState.TO_BE_DONE, new_password(), tuple(commands))
        return self._complete(session, name, new_password() if is_new or self._known is None else None)

    def renew(self, session: AdminSession, name: str) -> Account:
        """Gives the user another password, and makes it where it is missing, after `see_that_it_is_free`."""
        if self._api is None:
            commands = users.commands_to_change_password(name)
            commands += staff_users.commands_to_permit(name, self._vhost)
            return Account(AccountState.TO_BE_DONE, new_password(), tuple(commands))
        return self._complete(session, name, new_password())

    def _complete(self, session: AdminSession, name: str, password: str | None) -> Account:
        assert self._api is not None
        try:
            if password is not None:
                self._api.set_password(name, password)
            self._api.permit(name)
        except BrokerUnavailable as error:
            command = session.command_line("staff", "change", name, "--new-password")
            raise BrokerHalfDone(
                error,
                N_(
                    "{name} is in the database, but the broker's user is not complete: {reason} Once it is"
                    " well again: {command}"
                ),
                name,
                command,
            ) from error
        if password is None:
            return Account(AccountState.KEPT)
        return Account(AccountState.MADE if self._known is None else AccountState.PASSWORD_CHANGED, password)

    def close(self, session: AdminSession, name: str) -> Account:
        """Removes the user, which ends its connections; after the table was changed."""
        try:
            if not self._reach():
                return Account(AccountState.TO_BE_DONE, None, tuple(users.commands_to_remove(name)))
            assert self._api is not None
            user = self._api.find(name)
            if user is None:
                return Account(AccountState.ABSENT)
            if not self._api.is_for_staff(user):
                return Account(AccountState.NOT_OURS)
            self._api.remove(name)
        except BrokerUnavailable as error:
            command = session.command_line("staff", "disable", name)
            raise BrokerHalfDone(
                error,
                N_(
                    "{name} may do nothing any more, but the broker still has the user: {reason} Once it is"
                    " well again: {command}"
                ),
                name,
                command,
            ) from error
        return Account(AccountState.REMOVED)

    def _reach(self) -> bool:
        """Whether the API is there and lets us change users."""
        if self._url is None:
            return False
        api = staff_users.StaffUsers(self._url, self._vhost)
        if not api.may_be_changed():
            return False
        self._api = api
        return True
