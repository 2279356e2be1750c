"""A registrar that some requests kill and others make fail, by the prefix of their correlation id."""

import os
import signal
from collections.abc import Sequence

from common.messaging.delivery import Delivery, Outcome
from registrar_worker import handler
from registrar_worker.__main__ import main

KILLS = "kills-"
FAILS = "fails-"


class PoisonedHandler(handler.RegistrarHandler):
    """Simulates a request that crashes the interpreter, or hits an error in the handler."""

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Dies or fails before the batch is handled."""
        names = [delivery.correlation_id or "" for delivery in deliveries]
        if any(name.startswith(KILLS) for name in names):
            os.kill(os.getpid(), signal.SIGKILL)
        if any(name.startswith(FAILS) for name in names):
            raise LookupError
        return super().handle(deliveries)


if __name__ == "__main__":
    vars(handler)["RegistrarHandler"] = PoisonedHandler
    main()
