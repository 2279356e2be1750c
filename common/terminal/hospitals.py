"""Which hospitals and clinics there are."""

from typing import Any

from common.terminal.session import Session


def normal_code(text: str) -> str:
    """A hospital's or clinic's code as the catalog writes it."""
    return text.strip().upper()


def hospitals(session: Session) -> list[dict[str, Any]]:
    """All hospitals."""
    found: list[dict[str, Any]] = session.ask("list_hospitals", {})["hospitals"]
    return found


def clinics(session: Session, hospital: str, *, open_only: bool) -> list[dict[str, Any]]:
    """The clinics of a hospital; raises ProblemAnswer where there is no such hospital."""
    body = {"hospital": hospital, "open_only": open_only}
    found: list[dict[str, Any]] = session.ask("list_clinics", body)["clinics"]
    return found
