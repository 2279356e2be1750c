"""The staff of a hospital that is at work for the tests of pages: they call, so that no clock does."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from antrean_client.rpc_client import RpcClient
from common.messaging.topology import DESK_EXCHANGE
from common.settings import Settings
from tests.deployment import CLINICS, HOSPITAL, Deployment
from tests.processes import SECONDS_MAX


class Desk:
    """Does what a clinic's staff do."""

    def __init__(self, client: RpcClient) -> None:
        self._client = client

    def ask(self, name: str, clinic: str, *, hospital: str = HOSPITAL, **members: Any) -> dict[str, Any]:
        """The reply to a request of the desk."""
        body = {"hospital": hospital, "clinic": clinic, **members}
        return self._client.ask(name, body, timeout_seconds=SECONDS_MAX)

    def call_next(self, clinic: str) -> None:
        """Calls the next one to the clinic's room."""
        self.ask("call_next", clinic, room=1)


@contextmanager
def desk_of(hospital: Deployment) -> Iterator[Desk]:
    """Somebody of the staff."""
    clock = Settings.read(hospital.variables).clock()
    with RpcClient(hospital.urls["desk"], DESK_EXCHANGE, clock) as client:
        yield Desk(client)


def call_by_hand(deployment: Deployment, hospital: str = HOSPITAL, clinics: Sequence[str] = CLINICS) -> None:
    """From now on, the staff of these clinics call."""
    with desk_of(deployment) as desk:
        for clinic in clinics:
            desk.ask("set_mode", clinic, hospital=hospital, mode="desk")
