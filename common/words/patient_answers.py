"""What patients write about themselves: how it is read, and what is said where it cannot be right."""

from collections.abc import Callable
from typing import Final

from common.messages.patient_data import normal_medical_record_number, normal_name
from common.translation import N_
from common.words.problems import PATIENT_WORDS
from common.words.texts import Texts
from common.words.written_dates import date_complaint, parse_birth_date

BAD_DATE_OF_BIRTH: Final = N_(
    "Write a real date of birth as 31 January 1990, 31-01-1990 (day first) or 1990-01-31; where only a"
    " part is known, as 1990 or 01-1990."
)


def complaint_about(name: str, error: ValueError, texts: Texts) -> str:
    """What is said of an answer to the question for a field that cannot be right."""
    if name == "date_of_birth":
        return texts(date_complaint(error, BAD_DATE_OF_BIRTH))
    return f"{texts(PATIENT_WORDS.fields[name])}: {texts(PATIENT_WORDS.rules[name])}"


def checked(rule: Callable[[str], object]) -> Callable[[str], str]:
    """An answer as it was given, if it keeps the rule, which raises ValueError where it does not."""

    def understand(answer: str) -> str:
        rule(answer)
        return answer

    return understand


CHECKS: Final[dict[str, Callable[[str], str]]] = {
    "medical_record_number": checked(normal_medical_record_number),
    "name": checked(normal_name),
    "date_of_birth": parse_birth_date,
}
"""What is sent of an answer, by the names of the fields; ValueError for what can only be refused."""
