"""Why a desk's request is not carried out."""

from common import problems
from common.messages import Hindrance, Problem


class Refused(Exception):
    """The request is not carried out; `problem` is the answer. Nothing was changed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def not_now(reason: Hindrance, detail: str) -> Refused:
    """The state of the queue, or of the ticket, does not allow it."""
    return Refused(problems.not_permitted_now(reason, detail))
