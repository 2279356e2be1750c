"""What a program of a patient asks for that changes nothing, as JSON: on however many pages it comes."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from antrean_client.errors import ProblemReply
from antrean_client.protocol import SHORT_LIST_MAX

Body = dict[str, Any]


class Client(Protocol):
    """Who sends a request and gets its reply, such as a PatientClient or a session of a command line."""

    def ask(self, name: str, body: Body, /) -> Body:
        """The reply to the request `name`; raises ProblemReply where it is refused."""


def each_hospital(client: Client) -> Iterator[Body]:
    """All hospitals, of which no more are asked for than are taken."""
    return all_entries(partial(client.ask, "list_hospitals"), {}, "hospitals")


def hospitals(client: Client) -> list[Body]:
    """All hospitals."""
    return [*each_hospital(client)]


def clinics(client: Client, hospital: str, *, open_only: bool) -> list[Body]:
    """The clinics of a hospital; raises ProblemReply where there is no such hospital."""
    body = {"hospital": hospital, "open_only": open_only}
    return [*all_entries(partial(client.ask, "list_clinics"), body, "clinics")]


def tickets(ask: Callable[[Body], Body], codes: Sequence[str]) -> tuple[list[Body], list[str]]:
    """The tickets with these codes, in their order and with all their members, and the codes of no ticket.

    `ask` gives the reply to a `ticket_status` with such a body. Raises ProblemReply.
    """
    found: list[Body] = []
    not_found: list[str] = []
    for start in range(0, len(codes), SHORT_LIST_MAX):
        asked = codes[start : start + SHORT_LIST_MAX]
        try:
            reply = ask({"ticket_codes": [*asked]})
        except ProblemReply as error:
            # Said where none of them is known; the codes are well-formed then.
            if error.code != "ticket_not_found":
                raise
            not_found += asked
        else:
            found += reply["tickets"]
            not_found += reply.get("not_found", [])
    return found, not_found


def all_entries(ask: Callable[[Body], Body], body: Body, member: str) -> Iterator[Body]:
    """The entries of a list in the order of their codes, on however many pages they come.

    `ask` gives the reply to a request with such a body, `member` names the list in it.
    """
    reply = ask(body)
    yield from reply[member]
    # Workers of an earlier version send one page, and do not say so.
    while reply.get("more"):
        reply = ask({**body, "after": reply[member][-1]["code"]})
        yield from reply[member]
