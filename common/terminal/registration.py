"""A registration as it is given on a command line, or asked for on the terminal."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import click

from common.domain.newborns import BIRTH_ORDER_MAX
from common.exit_codes import ExitCode
from common.terminal.failures import OutcomeUnknown, ProblemReply
from common.terminal.output import print_failure
from common.terminal.prompts import WentBack, ask, can_ask, complain, confirm
from common.terminal.requesting import take_request_id
from common.terminal.session import Session
from common.terminal.usage import UsageProblem
from common.translation import N_
from common.words.patient_answers import BAD_DATE_OF_BIRTH, CHECKS, complaint_about
from common.words.written_dates import date_complaint, parse_birth_date

T = TypeVar("T")


@dataclass(frozen=True)
class Registration:
    """A request for a ticket; `date_of_birth` is in ISO 8601, as far as it is known. Sent again with the same
    `request_id`, it is carried out once."""

    hospital: str
    clinic: str
    medical_record_number: str
    name: str
    date_of_birth: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    newborn: int | None = None

    def body(self) -> dict[str, Any]:
        """The request's body."""
        newborn = {} if self.newborn is None else {"newborn": self.newborn}
        return {
            "hospital": self.hospital,
            "clinic": self.clinic,
            "medical_record_number": self.medical_record_number,
            "name": self.name,
            "date_of_birth": self.date_of_birth,
            **newborn,
        }

    def words(self) -> list[str]:
        """The command that sends this registration, without its id."""
        given = [word for field, option in OPTIONS.items() for word in (option, getattr(self, field))]
        newborn = [] if self.newborn is None else ["--newborn", str(self.newborn)]
        return ["register", self.hospital, self.clinic, *given, *newborn]


def take_date_of_birth(ctx: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    """Reads a date of birth, in ISO 8601 afterwards, as far as it is known."""
    try:
        return None if text is None else parse_birth_date(text)
    except ValueError as error:
        raise UsageProblem(date_complaint(error, BAD_DATE_OF_BIRTH), ctx) from error


def registration_options(*, place_required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The arguments and options of a command that registers: `hospital`, `clinic`, `mrn`, `name`, `dob`,
    `newborn` and `request_id`."""
    decorators = [
        click.argument("hospital", metavar=N_("HOSPITAL"), required=place_required),
        click.argument("clinic", metavar=N_("CLINIC"), required=place_required),
        click.option(
            "--mrn",
            metavar=N_("NUMBER"),
            help=N_("Medical record number; asked for on a terminal where it is left out."),
        ),
        click.option("--name", metavar=N_("NAME"), help=N_("The patient's full name; asked for, too.")),
        click.option(
            "--dob",
            metavar=N_("DATE"),
            callback=take_date_of_birth,
            help=N_(
                "Date of birth: 1990-01-31, or day first 31-01-1990, 31/1/1990, '31 Jan 1990'; 1990 or"
                " 01-1990 where no more is known. Asked for, too."
            ),
        ),
        click.option(
            "--newborn",
            metavar=N_("WHICH"),
            type=click.IntRange(1, BIRTH_ORDER_MAX),
            help=N_(
                "For a baby without a number of its own, with the number and name of its mother: 1, or of"
                " twins 1 and 2."
            ),
        ),
        click.option(
            "--request-id",
            metavar=N_("ID"),
            type=click.UUID,
            callback=take_request_id,
            help=N_(
                "Repeat a registration that got no answer, by its request id; it is never carried out twice."
            ),
        ),
    ]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def given_answers(mrn: str | None, name: str | None, dob: str | None) -> dict[str, str]:
    """What the command line says already, by the names of QUESTIONS."""
    options = {"medical_record_number": mrn, "name": name, "date_of_birth": dob}
    return {field: value for field, value in options.items() if value is not None}


def require_answers(given: Mapping[str, str]) -> None:
    """Raises UsageProblem where something is missing and nobody is there to be asked."""
    missing = [option for field, option in OPTIONS.items() if field not in given]
    if missing and not can_ask():
        raise UsageProblem(
            N_("{missing} is missing; only on a terminal is it asked for."), missing=", ".join(missing)
        )


def register_asking(
    session: Session,
    given: Mapping[str, str],
    request_id: str | None,
    send: Callable[[Mapping[str, str], str], T],
    *,
    newborn: int | None = None,
) -> T:
    """What `send` makes of all answers and an id; what is missing among those `given` is asked for, of the
    mother where a `newborn` is registered.

    Each set of answers is a request of its own, the first with the id that was given. Raises what `send`
    raises, and Abort where the user gives up.
    """
    ids = [request_id] if request_id else []
    if all(field in given for field in QUESTIONS):
        return send(given, request_id or str(uuid.uuid4()))
    require_answers(given)

    def send_answers(answers: Mapping[str, str]) -> T:
        this_id = ids.pop() if ids else str(uuid.uuid4())
        return send_patiently(session, lambda: send(answers, this_id))

    try:
        return ask_and_register(session, given, send_answers, QUESTIONS if newborn is None else OF_NEWBORNS)
    except (WentBack, EOFError) as error:
        raise click.Abort from error


def ask_and_register(
    session: Session,
    given: Mapping[str, str],
    register: Callable[[Mapping[str, str]], T],
    questions: Mapping[str, str],
) -> T:
    """What `register` makes of the answers to `questions`, as QUESTIONS are; those in `given` are not asked
    for.

    Where a registration is refused for a field, the field is asked for again. Raises what `register` raises
    and what `prompts.ask` does.
    """
    answers = dict(given)
    missing = [name for name in QUESTIONS if not _is_given(name, answers, session)]
    while True:
        for name in missing:
            answers[name] = _ask_for(name, questions[name], session)
        try:
            return register(answers)
        except ProblemReply as error:
            missing = [name for name in QUESTIONS if name in _fields(error.problem)]
            if not missing:
                raise
            print_failure(session, session.failure_of(error))


def send_patiently(session: Session, send: Callable[[], T]) -> T:
    """What `send` returns; where no answer comes, the user may send the very same request again.

    Raises what `send` raises, and WentBack where the user gives up.
    """
    while True:
        try:
            return send()
        except OutcomeUnknown as error:
            failure = session.failure_of(error)
            if failure.exit_code != ExitCode.NO_REPLY:
                raise
            print_failure(session, failure)
            if not confirm(session.texts("Try the same request again? [y/n]"), session.texts):
                raise WentBack from error


def _fields(problem: dict[str, Any]) -> set[str]:
    # The request's `name` is the member `name` here as well.
    return {each["field"].partition(".")[0] for each in problem.get("errors") or []}


def _is_given(name: str, answers: Mapping[str, str], session: Session) -> bool:
    """Whether there is an answer that can be right; about a wrong one it complains."""
    if name not in answers:
        return False
    try:
        CHECKS[name](answers[name])
    except ValueError as error:
        complain(complaint_about(name, error, session.texts))
        return False
    return True


def _ask_for(name: str, question: str, session: Session) -> str:
    texts = session.texts
    return ask(texts(question), CHECKS[name], lambda error: complaint_about(name, error, texts))


QUESTIONS: Final = {
    "medical_record_number": N_("Medical record number (empty: back)"),
    "name": N_("Full name (empty: back)"),
    "date_of_birth": N_("Date of birth, for example 1990-01-31, or just 1990 (empty: back)"),
}
"""The sentences that ask, by the names of the request's fields: those with errors can be asked again."""

OF_NEWBORNS: Final = {
    "medical_record_number": N_("The mother's medical record number (empty: back)"),
    "name": N_("The mother's full name (empty: back)"),
    "date_of_birth": N_("The baby's date of birth, for example 2026-01-31 (empty: back)"),
}
"""The same of a newborn that goes by its mother's number."""

OPTIONS: Final = {"medical_record_number": "--mrn", "name": "--name", "date_of_birth": "--dob"}
"""The options that answer QUESTIONS."""
