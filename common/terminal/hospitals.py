"""Which hospitals and clinics there are."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol

from common.messages.pages import all_entries


class Client(Protocol):
    """Who sends a request and gets its reply, such as a session of a command line."""

    def ask(self, name: str, body: dict[str, Any], /) -> dict[str, Any]:
        """The reply to the request `name`; raises ProblemReply where it is refused."""


def normal_code(text: str) -> str:
    """A hospital's or clinic's code as the catalog writes it."""
    return text.strip().upper()


def each_hospital(client: Client) -> Iterator[dict[str, Any]]:
    """All hospitals, of which no more are asked for than are taken."""
    return all_entries(partial(client.ask, "list_hospitals"), {}, "hospitals")


def hospitals(client: Client) -> list[dict[str, Any]]:
    """All hospitals."""
    return [*each_hospital(client)]


def clinics(client: Client, hospital: str, *, open_only: bool) -> list[dict[str, Any]]:
    """The clinics of a hospital; raises ProblemReply where there is no such hospital."""
    body = {"hospital": hospital, "open_only": open_only}
    return [*all_entries(partial(client.ask, "list_clinics"), body, "clinics")]
