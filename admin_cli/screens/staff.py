"""How the staff and their accounts at the broker are shown."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from admin_cli.account import Account, AccountState
from admin_cli.session import AdminSession
from common.domain.staff import EVERY_HOSPITAL, StaffRole
from common.terminal import tables
from common.terminal.tables import NOTHING, Cell, new_table
from common.translation import C_, N_
from common.words.texts import Texts

if TYPE_CHECKING:
    from admin_cli.database.staff_changes import StaffRow

ROLES: Final[Mapping[str, str]] = {
    StaffRole.CALLER.value: C_("role", "caller"),
    StaffRole.RECEPTION.value: C_("role", "reception"),
    StaffRole.MANAGER.value: C_("role", "manager"),
}
"""The roles, and what they are called."""

_ALL_HOSPITALS: Final = C_("staff", "every hospital")
_ALL_CLINICS: Final = C_("staff", "all clinics")
_CLINICS: Final = C_("column", "Clinics")
_COLUMNS: Final = (
    C_("column", "User"),
    C_("column", "Hospital"),
    _CLINICS,
    C_("column", "Role"),
    N_("State"),
)

_SENTENCES: Final[Mapping[AccountState, str]] = {
    AccountState.MADE: N_("The broker has the user {name} now."),
    AccountState.KEPT: N_("The password of {name} is what it was."),
    AccountState.PASSWORD_CHANGED: N_("{name} has a new password, in force at the next login."),
    AccountState.REMOVED: N_("The broker's user {name} is removed, and its connections are closed."),
    AccountState.ABSENT: N_("The broker has no user {name}."),
    AccountState.NOT_OURS: N_(
        "The broker's user {name} may do other things than staff do: it stays, and is refused at the desks."
    ),
    AccountState.TO_BE_DONE: N_(
        "The broker's users cannot be changed from here: that takes ANTREAN_MANAGEMENT_URL with the user"
        " accounts, or with another administrator. Where rabbitmqctl is, the broker's administrator gives:"
    ),
}


def as_json(row: "StaffRow") -> dict[str, Any]:
    """A duty in values for JSON."""
    return {
        "username": row.username,
        "hospital": row.hospital,
        "clinics": None if row.clinics is None else list(row.clinics),
        "role": row.role,
        "active": row.active,
    }


def print_table(rows: "Sequence[StaffRow]", texts: Texts) -> None:
    """A line for each duty, as wide as the terminal is."""
    table = new_table(texts, *_COLUMNS, folded=[_CLINICS])
    for row in rows:
        state = Cell(texts("active"), "green") if row.active else Cell(texts("disabled"), dim=True)
        clinics = NOTHING if row.hospital == EVERY_HOSPITAL else _clinics(row, texts)
        table.add_row([row.username, _hospital(row, texts), clinics, _role(row, texts), state])
    tables.print_table(table)


def report_duty(session: AdminSession, row: "StaffRow", account: Account, *, added: bool) -> None:
    """What somebody may do now, and what became of the account."""
    texts = session.texts
    message = (
        N_("{name} may work at the desks of {place} as {role}.")
        if added
        else N_("{name} works at the desks of {place} as {role} from now on.")
    )
    place = _hospital(row, texts)
    if row.hospital != EVERY_HOSPITAL:
        place = f"{place} ({_clinics(row, texts)})"
    sentence = texts(message, name=row.username, place=place, role=_role(row, texts))
    value = {**as_json(row), **_account_as_json(account)}
    session.report(value, lambda: _in_words(session, [sentence], row.username, account))


def report_account(session: AdminSession, name: str, account: Account) -> None:
    """What became of the account."""
    value = {"username": name, **_account_as_json(account)}
    session.report(value, lambda: _in_words(session, [], name, account))


def report_end(session: AdminSession, name: str, left: "Sequence[StaffRow]", account: Account) -> None:
    """Where somebody serves yet, and what became of the account."""
    sentence = session.texts("{name} may do nothing at the desks any more.", name=name)
    if left:
        places = ", ".join(_hospital(row, session.texts) for row in left)
        sentence = session.texts("{name} still works at the desks of: {places}.", name=name, places=places)
    value = {"username": name, "serves": [as_json(row) for row in left], **_account_as_json(account)}
    session.report(value, lambda: _in_words(session, [sentence], name, account))


def _account_as_json(account: Account) -> dict[str, Any]:
    return {
        "broker_user": account.state.value,
        "password": account.password,
        "commands": list(account.commands),
    }


def _in_words(session: AdminSession, sentences: list[str], name: str, account: Account) -> str:
    texts, parts = session.texts, [*sentences]
    if account.state in _SENTENCES:
        parts.append(texts(_SENTENCES[account.state], name=name))
    text = session.folded("\n".join(parts))
    if account.commands:
        text += "".join(f"\n  {command}" for command in account.commands)
    if account.password is not None:
        asks = texts("The first command asks for the password.") if account.commands else ""
        once = texts("The password, shown only this once:")
        advice = texts("Hand it to {name} alone, who signs in by antrean-desk login.", name=name)
        text += "\n" + session.folded(f"{asks} {once}".strip())
        text += f"\n\n  {account.password}\n\n" + session.folded(advice, "antrean-desk login")
    return text


def _hospital(row: "StaffRow", texts: Texts) -> str:
    return texts(_ALL_HOSPITALS) if row.hospital == EVERY_HOSPITAL else row.hospital


def _role(row: "StaffRow", texts: Texts) -> str:
    """The role by its code, as commands take it, and in words where these are others."""
    word = texts(ROLES.get(row.role, row.role))
    return row.role if word == row.role else f"{row.role} ({word})"


def _clinics(row: "StaffRow", texts: Texts) -> str:
    return texts(_ALL_CLINICS) if row.clinics is None else ", ".join(row.clinics)
