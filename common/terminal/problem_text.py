"""A problem of a reply as plain text, in the user's language."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from common.terminal.card import STATUSES, other_room, ticket_card
from common.terminal.failures import Problem
from common.terminal.layout import fold, fold_around
from common.terminal.moments import birth_date, date_and_time, duration
from common.terminal.problem_words import PATIENT_WORDS, ProblemWords
from common.terminal.record_numbers import record_number_form
from common.terminal.texts import Texts
from common.translation import N_

_CODE_NOT_SHOWN: Final = N_(
    "The code is kept only on the computer that took the number; if you have lost it, ask at the registration"
    " desk."
)


def problem_text(
    problem: Problem, texts: Texts, width: int | None = None, words: ProblemWords = PATIENT_WORDS
) -> str:
    """A problem of a reply in the user's language, by its code: a sentence, then what belongs to it."""
    sentence = _sentence(problem, texts, words)
    if reason := problem.get("closed_reason"):
        sentence += " " + texts("The reason: {reason}.", reason=reason.rstrip("."))
    if problem.get("next_opening"):
        moment = date_and_time(problem["next_opening"], texts, problem.get("zone"))
        sentence += " " + texts("It opens again on {moment}.", moment=moment)
    parts = fold(sentence, width)
    for each in problem.get("errors") or []:
        parts.append(f"  {_field_line(each, problem.get('record_number_format'), texts, words)}")
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


def _sentence(problem: Problem, texts: Texts, words: ProblemWords) -> str:
    if problem.get("ticket_codes"):
        return texts(
            "There is no ticket with the code {codes}; check it.", codes=", ".join(problem["ticket_codes"])
        )
    number, status = problem.get("display_number"), str(problem.get("status"))
    if number and (sentence := words.by_ticket.get(str(problem.get("reason")))):
        return texts(sentence, number=number, status=texts(STATUSES.get(status, status)))
    if sentence := words.by_reason.get(str(problem.get("reason"))):
        return texts(sentence)
    if sentence := words.by_roles.get(" ".join(problem.get("roles") or [])):
        return texts(sentence, clinic=problem.get("clinic_name"))
    if problem.get("elsewhere") and words.elsewhere:
        return texts(words.elsewhere, **_elsewhere(problem, texts))
    if (late := problem.get("clock_behind_seconds")) is not None:
        return texts(
            "This computer's clock is {duration} slow, so the request was not carried out; set"
            " it right, then send it again.",
            duration=duration(late, texts),
        )
    code, detail = str(problem.get("code")), problem.get("detail")
    if sentence := words.by_code.get(code):
        return texts(sentence, detail=detail)
    return str(detail or code)  # a code that only a newer server knows comes with its own sentence


def _elsewhere(problem: Problem, texts: Texts) -> dict[str, str]:
    where = other_room(problem["elsewhere"], texts)
    return {"number": str(problem.get("display_number")), "where": where}


def _field_line(
    error: dict[str, str], record_numbers: Mapping[str, Any] | None, texts: Texts, words: ProblemWords
) -> str:
    field, _, index = error["field"].partition(".")
    if field not in words.fields:
        return f"{error['field']}: {error['message']}".removeprefix(": ")
    position = int(index) + 1 if index.isdigit() else 1
    rule = texts(words.rules[field])
    if record_numbers and field == "medical_record_number":
        rule = record_number_form(record_numbers, texts)
    return f"{texts(words.fields[field], position=position)}: {rule}"
