"""What the tests' patients gave of themselves, looked for in all that is told outside of their own replies:
in events, problems, logs, metrics and what operators' commands say on standard error.

It is known from the requests themselves, so that no patient of any test is left out.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from common.messages.problems import Problem
from common.messaging.topology import EVENTS_EXCHANGE, REQUEST_EXCHANGES
from tests.contract_check import REPLY_TO, Published
from tests.deployment import personal_data_in

_PERSONAL: Final = ("medical_record_number", "name", "date_of_birth")
_CODES: Final = ("ticket_code", "current_code", "transferred_to")
_LENGTH_MIN: Final = 6
"""Of what is looked for: a year, or a number of few digits, stands anywhere."""

_BORN_LATELY: Final = re.compile(r"202\d-")
"""So do days of the last years, on which newborns were born."""

_LINE_MAX: Final = 300

_OF_PATIENT: Final = ("holder", "ticket")
"""Members of a problem that are a reply to whoever may know: at the desk who holds a number, and the ticket
that its patient has already."""


@dataclass
class Disclosures:
    """Where something was told that may name nobody, by what it is, and how that is read at the end."""

    sources: list[tuple[str, Callable[[], str]]] = field(default_factory=list)

    def add(self, what: str, read: Callable[[], str]) -> None:
        """Something that is to be looked through."""
        self.sources.append((what, read))

    def leaks(self, published: Iterable[Published]) -> Iterator[str]:
        """Where personal data of those who sent requests stand, or codes of their tickets."""
        messages = list(published)
        secrets = {each for message in messages for each in (*_people(message), *_codes(message))}
        texts = [(what, read()) for what, read in self.sources]
        texts += [(what, text) for message in messages for what, text in _told_by(message)]
        for what, text in texts:
            yield from _found(what, text, secrets)


def _found(what: str, text: str, secrets: Iterable[str]) -> Iterator[str]:
    for line in text.splitlines():
        if personal_data_in(line) or any(each in line for each in secrets):
            yield f"{what}: {line[:_LINE_MAX]}"


def _people(message: Published) -> Iterator[str]:
    if message.exchange in REQUEST_EXCHANGES.values():
        for text in _texts_of(message, _PERSONAL):
            if len(text) >= _LENGTH_MIN and not _BORN_LATELY.match(text):
                yield text


def _codes(message: Published) -> Iterator[str]:
    if message.routing_key.startswith(REPLY_TO):
        for code in _texts_of(message, _CODES):
            yield from (code, code.replace("-", ""))


def _texts_of(message: Published, names: Sequence[str]) -> list[str]:
    body = message.body if isinstance(message.body, Mapping) else {}
    return [value for value in map(body.get, names) if isinstance(value, str)]


def _told_by(message: Published) -> Iterator[tuple[str, str]]:
    name = message.properties.get("type", message.routing_key)
    if message.exchange == EVENTS_EXCHANGE:
        yield f"event {name}", json.dumps([message.routing_key, message.properties, message.body])
    elif message.routing_key.startswith(REPLY_TO) and name == Problem.name:
        kept = {name: value for name, value in message.body.items() if name not in _OF_PATIENT}
        yield f"problem {message.body.get('code')}", json.dumps(kept)
