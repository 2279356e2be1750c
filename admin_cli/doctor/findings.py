"""What a check finds: a status, and the texts that tell it and say what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from common.errors import SettingsError
from common.terminal.failures import settings_sentence
from common.terminal.texts import Texts


class Status(StrEnum):
    """How a check ended; a warning is something to look at while Antrean works."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """`name` is that of its texts: `doctor.NAME`, and `doctor.NAME.do` unless all is well."""

    check: str
    status: Status
    name: str
    values: Mapping[str, Any]

    def message(self, texts: Texts) -> str:
        """What was found."""
        return texts(f"doctor.{self.name}", **self._spoken(texts))

    def advice(self, texts: Texts) -> str | None:
        """What to do, None where all is well."""
        return None if self.status is Status.OK else texts(f"doctor.{self.name}.do", **self._spoken(texts))

    def _spoken(self, texts: Texts) -> dict[str, Any]:
        """The values, with what is wrong with a setting in the reader's language."""
        return {
            name: settings_sentence(value, texts) if isinstance(value, SettingsError) else value
            for name, value in self.values.items()
        }


def ok(check: str, name: str, **values: Any) -> Finding:
    """All is well."""
    return Finding(check, Status.OK, name, values)


def warning(check: str, name: str, **values: Any) -> Finding:
    """Something to look at."""
    return Finding(check, Status.WARNING, name, values)


def failed(check: str, name: str, **values: Any) -> Finding:
    """Something to mend."""
    return Finding(check, Status.FAILED, name, values)
