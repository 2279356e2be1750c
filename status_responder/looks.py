"""Which answers show names of patients to the staff: each of them is recorded before it goes out."""

from collections.abc import Iterable

from common.messages.desk_replies import DeskQueue
from common.messages.message import Reply
from common.storage.access_log import Look
from status_responder.desk_answers import Question


def looks_at_names(answered: Iterable[tuple[Question, Reply]]) -> list[Look]:
    """The looks in these answers: one for each user and answer, also where several got the same one."""
    return [
        Look(question.user, reply.hospital, reply.clinic, question.request.name, names)
        for question, reply in answered
        if question.user is not None and isinstance(reply, DeskQueue) and (names := _names_in(reply))
    ]


def _names_in(queue: DeskQueue) -> int:
    shown = (*queue.in_rooms, *queue.waiting, *queue.no_shows)
    return sum(ticket.patient_name is not None for ticket in shown)
