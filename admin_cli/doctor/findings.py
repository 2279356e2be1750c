"""What a check finds: a status, a sentence that tells it, and one that says what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from common.errors import SettingsError
from common.terminal.failures import settings_sentence
from common.translation import N_
from common.words.texts import Texts


class Status(StrEnum):
    """How a check ended; a warning is something to look at while Antrean works."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """`sentence` and `advice_sentence` are marked, with places for `values`; no advice where all is well."""

    check: str
    status: Status
    sentence: str
    advice_sentence: str | None
    values: Mapping[str, Any]

    def message(self, texts: Texts) -> str:
        """What was found."""
        return texts(self.sentence, **self._translated(texts))

    def advice(self, texts: Texts) -> str | None:
        """What to do, None where all is well."""
        return (
            None if self.advice_sentence is None else texts(self.advice_sentence, **self._translated(texts))
        )

    def _translated(self, texts: Texts) -> dict[str, Any]:
        """The values, with what is wrong with a setting in the reader's language."""
        return {
            name: settings_sentence(value, texts) if isinstance(value, SettingsError) else value
            for name, value in self.values.items()
        }


def ok(check: str, sentence: str, **values: Any) -> Finding:
    """All is well."""
    return Finding(check, Status.OK, sentence, None, values)


def warning(check: str, sentence: str, advice: str, **values: Any) -> Finding:
    """Something to look at while Antrean works."""
    return Finding(check, Status.WARNING, sentence, advice, values)


def failed(check: str, sentence: str, advice: str, **values: Any) -> Finding:
    """Something that has to be corrected."""
    return Finding(check, Status.FAILED, sentence, advice, values)


def unusable_settings(check: str, error: SettingsError) -> Finding:
    """A check that cannot be made, because a setting cannot be used."""
    return failed(check, N_("Cannot be checked: {reason}"), N_("Correct that setting."), reason=error)
