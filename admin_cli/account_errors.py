"""What goes wrong with a user of the broker."""

from common.errors import AntreanError, BrokerUnavailable


class BrokerHalfDone(AntreanError):
    """Something was done, and the broker's user was not changed, or not wholly, because of `cause`.

    `message` says so, and `command` is what completes it.
    """

    def __init__(self, cause: BrokerUnavailable, message: str, name: str, command: str) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.message = message
        self.name = name
        self.command = command
