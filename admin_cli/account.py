"""What became of a user of the broker."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class AccountState(StrEnum):
    """What became of the broker's user."""

    UNTOUCHED = "untouched"
    MADE = "made"
    KEPT = "kept"
    """It was there, and its password is what it was."""
    PASSWORD_CHANGED = "password_changed"
    REMOVED = "removed"
    ABSENT = "absent"
    """There was none to remove."""
    NOT_OURS = "not_ours"
    """It may do more than such a user, so somebody else made it: it was left alone."""
    TO_BE_DONE = "to_be_done"
    """Nothing: the broker's administrator has to give the commands."""


@dataclass(frozen=True, slots=True)
class Account:
    """`password` is the new one, where one was made. `commands` are left to the broker's administrator."""

    state: AccountState
    password: str | None = None
    commands: tuple[str, ...] = ()

    @classmethod
    def untouched(cls) -> Self:
        """Nothing was to be done at the broker."""
        return cls(AccountState.UNTOUCHED)
