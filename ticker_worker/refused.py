"""Why a desk's request is not carried out."""

from common.domain.refusals import NotPermittedReason
from common.messages import problems
from common.messages.problems import Problem


class Refused(Exception):
    """The request is not carried out; `problem` is the answer. Nothing was changed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def not_now(reason: NotPermittedReason, detail: str) -> Refused:
    """The state of the queue, or of the ticket, does not allow it."""
    return Refused(problems.not_permitted_now(reason, detail))
