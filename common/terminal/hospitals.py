"""Which hospitals and clinics there are."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from common.messages.pages import all_entries
from common.terminal.requesting import RequestingSession


def normal_code(text: str) -> str:
    """A hospital's or clinic's code as the catalog writes it."""
    return text.strip().upper()


def each_hospital(session: RequestingSession) -> Iterator[dict[str, Any]]:
    """All hospitals, of which no more are asked for than are taken."""
    return all_entries(partial(session.ask, "list_hospitals"), {}, "hospitals")


def hospitals(session: RequestingSession) -> list[dict[str, Any]]:
    """All hospitals."""
    return [*each_hospital(session)]


def clinics(session: RequestingSession, hospital: str, *, open_only: bool) -> list[dict[str, Any]]:
    """The clinics of a hospital; raises ProblemReply where there is no such hospital."""
    body = {"hospital": hospital, "open_only": open_only}
    return [*all_entries(partial(session.ask, "list_clinics"), body, "clinics")]
