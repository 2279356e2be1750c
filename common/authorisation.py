"""Whether somebody of the staff may ask what they ask: the one place where workers decide it."""

from common.messages import problems
from common.messages.desk_requests import DeskRegister, DeskRequest
from common.messages.message import Request
from common.messages.problems import Problem
from common.storage.catalog import CatalogCache


def refusal(catalog: CatalogCache, user: str, request: Request) -> Problem | None:
    """Why the user may not ask this through the desks' exchange; None where they may.

    That there is no such clinic is said by whoever carries out the request.
    """
    member = catalog.staff_member(user)
    if member is None:
        return problems.not_staff()
    if not isinstance(request, DeskRequest | DeskRegister):
        return None  # it is about no clinic: all of the staff may ask it
    clinic = catalog.clinic(request.hospital, request.clinic)
    if clinic is None or member.may(request.roles, *clinic.key):
        return None
    return problems.not_permitted(clinic, request.roles)
