"""A problem of a reply as plain text, in the user's language."""

from collections.abc import Iterator, Mapping
from typing import Final

from common.terminal.card import ticket_card
from common.terminal.failures import Problem
from common.terminal.layout import fold, fold_around
from common.translation import N_
from common.words.moments import birth_date
from common.words.problem_sentences import field_sentence, problem_sentence
from common.words.problems import PATIENT_WORDS, ProblemWords
from common.words.texts import Texts

_CODE_NOT_SHOWN: Final = N_(
    "The code is kept only on the computer that took the number; if you have lost it, ask at the registration"
    " desk."
)


def problem_text(
    problem: Problem, texts: Texts, width: int | None = None, words: ProblemWords = PATIENT_WORDS
) -> str:
    """A problem of a reply in the user's language, by its code: a sentence, then what belongs to it."""
    parts = fold(problem_sentence(problem, texts, words), width)
    for each in problem.get("errors") or []:
        parts.append(f"  {field_sentence(each, problem.get('record_number_format'), texts, words)}")
    if holder := problem.get("holder"):
        parts += fold(_taken_by(holder, texts), width)
    if ticket := problem.get("ticket"):
        parts.append(ticket_card(ticket, texts, width))
        parts += _below_ticket(problem, texts, width, words)
    return "\n".join(parts)


def _taken_by(holder: Mapping[str, str], texts: Texts) -> str:
    born = birth_date(holder["date_of_birth"], texts)
    return texts("It was taken by {name}, born {date}.", name=holder["name"], date=born)


def _below_ticket(problem: Problem, texts: Texts, width: int | None, words: ProblemWords) -> Iterator[str]:
    ticket = problem["ticket"]
    if not ticket.get("ticket_code"):
        yield from fold(texts(_CODE_NOT_SHOWN), width)
        return
    for sentence, words_of_command in words.below_ticket.get(str(problem.get("code")), ()):
        command = words_of_command.format_map(ticket)
        yield from fold_around(texts(sentence, command=command), width, [command])
