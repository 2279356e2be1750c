"""What an integrator has at the broker, a user and queues: made, given another password, removed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from admin_cli.account import Account, AccountState
from admin_cli.account_errors import BrokerHalfDone
from admin_cli.broker import integrator_users, users
from admin_cli.broker.integrator_queues import integrator_queues
from admin_cli.broker.integrator_rights import Rights
from admin_cli.broker.integrator_users import IntegratorUsers
from admin_cli.broker.management import vhost_of
from admin_cli.integrator_errors import NameTaken, NotIntegrator, OtherRights, QueueLeft
from admin_cli.passwords import new_password
from common.errors import BrokerUnavailable
from common.settings import Settings
from common.translation import N_


class IntegratorAccounts:
    """The integrators at the broker of `settings`: queues over AMQP; users through the management API if that
    lets us change users, else as commands for the broker's administrator.

    Every method raises BrokerUnavailable where the broker does not answer, before anything was changed, and
    BrokerHalfDone, with `repeat` for what completes it, after. Each may be repeated.
    """

    def __init__(self, settings: Settings, repeat: str) -> None:
        self._amqp_url = settings.require_amqp_url()
        self._vhost = vhost_of(self._amqp_url)
        self._repeat = repeat
        self._api = None
        if settings.management_url is not None:
            api = IntegratorUsers(settings.management_url, self._vhost)
            self._api = api if api.may_be_changed() else None

    def add(self, name: str, rights: Rights, patterns: Sequence[str]) -> Account:
        """Makes the user and its queue, or binds the queue of one who is there with more patterns.

        Raises NameTaken, OtherRights or QueueLeft, with nothing changed.
        """
        if self._api is None:
            return self._to_be_added(name, rights, patterns)
        user = self._api.find(name)
        if user is not None and not self._api.is_integrator(name, user):
            raise NameTaken(name)
        # The permission is given last: a user without one was left by half, and nobody has its password.
        is_new = user is None or not user.permissions
        if user is not None and not is_new and self._api.rights(name, user) != rights:
            raise OtherRights(name)
        password = new_password() if is_new else None
        with integrator_queues(self._amqp_url) as queues, self._half_done(name):
            if password is not None:
                self._api.set_password(name, password)
                queues.remove(name)  # of an earlier integrator, who could have more than this one
            queues.make(name, patterns, rights.hospitals)
            self._api.permit(name, rights)
        return Account(AccountState.KEPT if password is None else AccountState.MADE, password)

    def _to_be_added(self, name: str, rights: Rights, patterns: Sequence[str]) -> Account:
        with integrator_queues(self._amqp_url) as queues:
            for queue in queues.existing(name):
                raise QueueLeft(name, queue)
            queues.make(name, patterns, rights.hospitals)
        commands = users.commands_to_add(name)
        commands += integrator_users.commands_to_permit(name, self._vhost, rights)
        return Account(AccountState.TO_BE_DONE, new_password(), tuple(commands))

    def renew(self, name: str) -> Account:
        """Gives the user another password, and closes the connections that were opened with the old one."""
        password = new_password()
        if self._api is None:
            commands = users.commands_to_change_password(name)
            commands += integrator_users.commands_to_disconnect(name)
            return Account(AccountState.TO_BE_DONE, password, tuple(commands))
        user = self._api.find(name)
        if user is None or not self._api.is_integrator(name, user):
            raise NotIntegrator(name)
        with self._half_done(name):
            self._api.set_password(name, password)
            self._api.disconnect(name)
        return Account(AccountState.PASSWORD_CHANGED, password)

    def remove(self, name: str) -> Account:
        """Removes the user, which ends its connections, and then its queues with what waits in them."""
        state, commands = AccountState.TO_BE_DONE, users.commands_to_remove(name)
        if self._api is not None:
            user = self._api.find(name)
            if user is not None and not self._api.is_integrator(name, user):
                raise NotIntegrator(name)
            state, commands = AccountState.ABSENT if user is None else AccountState.REMOVED, []
        with integrator_queues(self._amqp_url) as queues, self._half_done(name):
            if self._api is not None:
                self._api.remove(name)
            queues.remove(name)
        return Account(state, None, tuple(commands))

    @contextmanager
    def _half_done(self, name: str) -> Iterator[None]:
        try:
            yield
        except BrokerUnavailable as error:
            raise BrokerHalfDone(
                error,
                N_(
                    "What {name} has at the broker is not complete: {reason} Once it is well again: {command}"
                ),
                name,
                self._repeat,
            ) from error
