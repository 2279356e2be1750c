"""What is said of a problem of a reply, in the user's language: one sentence, and a rule for each field."""

from collections.abc import Mapping
from typing import Any

from common.words.moments import date_and_time, duration
from common.words.problems import PATIENT_WORDS, ProblemWords
from common.words.record_numbers import record_number_form
from common.words.texts import Texts
from common.words.tickets import STATUSES, other_room


def problem_sentence(problem: Mapping[str, Any], texts: Texts, words: ProblemWords = PATIENT_WORDS) -> str:
    """What is wrong, by the problem's code; of a closed clinic also why, and when it opens again."""
    sentence = _sentence(problem, texts, words)
    if reason := problem.get("closed_reason"):
        sentence += " " + texts("The reason: {reason}.", reason=reason.rstrip("."))
    if problem.get("next_opening"):
        moment = date_and_time(problem["next_opening"], texts, problem.get("zone"))
        sentence += " " + texts("It opens again on {moment}.", moment=moment)
    return sentence


def field_sentence(
    error: Mapping[str, str],
    record_numbers: Mapping[str, Any] | None,
    texts: Texts,
    words: ProblemWords = PATIENT_WORDS,
) -> str:
    """The field of one of a problem's `errors`, and what it has to be; `record_numbers` is how the hospital's
    medical record numbers are written, where the problem says."""
    field, _, index = error["field"].partition(".")
    if field not in words.fields:
        return f"{error['field']}: {error['message']}".removeprefix(": ")
    position = int(index) + 1 if index.isdigit() else 1
    rule = field_rule(field, record_numbers, texts, words)
    return f"{texts(words.fields[field], position=position)}: {rule}"


def field_rule(
    field: str,
    record_numbers: Mapping[str, Any] | None,
    texts: Texts,
    words: ProblemWords = PATIENT_WORDS,
) -> str:
    """What a field has to be, one of `words.rules`."""
    if record_numbers and field == "medical_record_number":
        return record_number_form(record_numbers, texts)
    return texts(words.rules[field])


def _sentence(problem: Mapping[str, Any], texts: Texts, words: ProblemWords) -> str:
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


def _elsewhere(problem: Mapping[str, Any], texts: Texts) -> dict[str, str]:
    where = other_room(problem["elsewhere"], texts)
    return {"number": str(problem.get("display_number")), "where": where}
