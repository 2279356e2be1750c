"""What is said of signing in: who somebody is, and why the broker refuses a user."""

from collections.abc import Mapping
from typing import Any, Final

from clinic_desk.signing_in import Origin
from common.errors import BrokerRefused, Refusal
from common.exit_codes import ExitCode
from common.terminal.failures import Failure, failure
from common.translation import N_
from common.words.texts import Texts

_WRONG_PASSWORD: Final[Mapping[Origin, str]] = {
    Origin.CERTIFICATE: N_(
        "This computer's certificate is not that of {user}; name its own user with --user."
    ),
    Origin.FILE: N_(
        "The broker does not take the user {user} with the password in the file of"
        " ANTREAN_DESK_PASSWORD_FILE; check both."
    ),
    Origin.KEPT: N_(
        "The broker does not take the password of {user} that is kept here; sign in again with `{command}`."
    ),
    Origin.LOCAL_STACK: N_("The local stack's broker does not take the user {user}; start the stack again."),
    Origin.TYPED: N_("Wrong user or password; try again, or ask the system's operators for a new password."),
}
_NOT_LET_IN: Final = N_("The broker does not let the user {user} in: ask the system's operators.")
_ROLES: Final[Mapping[str, str]] = {
    "caller": N_("calls patients"),
    "reception": N_("registers patients"),
    "manager": N_("runs the clinic"),
}


def refusal_of(
    error: BrokerRefused, user: str, origin: Origin, texts: Texts, login_command: str
) -> Failure | None:
    """Why the broker refuses a user of staff, and what to do; None where it is not about the user, or the
    user is in the address of the broker."""
    if origin is Origin.ADDRESS:
        return None
    match error.refusal:
        case Refusal.USER:
            sentence = texts(_WRONG_PASSWORD[origin], user=user, command=login_command)
        case Refusal.VHOST | Refusal.PERMISSION:
            sentence = texts(_NOT_LET_IN, user=user)
        case _:
            return None
    return failure(ExitCode.UNAVAILABLE, "temporarily_unavailable", sentence, login_command)


def who_it_is(found: Mapping[str, Any], texts: Texts) -> list[str]:
    """Who is signed in and what they do where, from the reply to `desk_user`."""
    return [
        texts("Signed in: {user}.", user=found["user"]),
        *(_duty(each, texts) for each in found["duties"]),
    ]


def _duty(duty: Mapping[str, Any], texts: Texts) -> str:
    role = texts(_ROLES.get(duty["role"], duty["role"]))
    where = texts("Every hospital") if duty["hospital"] == "*" else _place(duty, texts)
    return f"  {where}: {role}"


def _place(duty: Mapping[str, Any], texts: Texts) -> str:
    clinics = texts("all clinics") if duty["clinics"] is None else ", ".join(duty["clinics"])
    name = f" ({duty['hospital_name']})" if duty["hospital_name"] else ""
    return f"{duty['hospital']}{name}, {clinics}"
