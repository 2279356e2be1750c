"""Patients who register and staff who call, over the broker, for tests of what is shown to them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from common.messaging.topology import DESK_EXCHANGE
from tests.deployment import HOSPITAL, Deployment, Patient
from tests.workers.requester import Requester, message, registration, requester

Json = dict[str, Any]


class Desk:
    """Registers patients of a hospital, and calls them."""

    def __init__(self, patients: Requester, staff: Requester, hospital: str) -> None:
        self._patients, self._staff, self._hospital = patients, staff, hospital
        self.called = 0
        """The number that was called last."""

    def register(self, clinic: str) -> Json:
        """The ticket of a new patient."""
        reply = self._patients.call(registration(clinic, Patient(), self._hospital))
        assert reply.name == "ticket", reply
        return reply.body

    def ask(self, name: str, clinic: str, **body: Any) -> Json:
        """The reply to a request of the desk."""
        asked = message(name, {"hospital": self._hospital, "clinic": clinic, **body})
        reply = self._staff.call(replace(asked, exchange=DESK_EXCHANGE))
        assert reply.name != "problem", reply
        return reply.body

    def by_desk(self, clinic: str) -> None:
        """From now on its staff move the clinic's queue."""
        self.ask("set_mode", clinic, mode="desk")

    def call(self, clinic: str, room: int = 1) -> int:
        """Calls the next one; its number."""
        self.called = self.ask("call_next", clinic, room=room)["ticket"]["number"]
        return self.called


@contextmanager
def desk_of(deployment: Deployment, hospital: str = HOSPITAL) -> Iterator[Desk]:
    """Of one of its hospitals, while the block runs."""
    with ExitStack() as stack:
        patients, staff = (
            stack.enter_context(requester(deployment, deployment.urls[role])) for role in ("patient", "desk")
        )
        yield Desk(patients, staff, hospital)
