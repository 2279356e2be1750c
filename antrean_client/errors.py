"""The errors of those who ask; each says in one sentence what its reader can do.

AntreanError
├── SettingsError            a setting is missing or cannot be read: correct it and start again
├── ProblemReply             the request was refused: `problem` says why, and its `code` what to do
└── MessagingError
    ├── BrokerUnavailable    RabbitMQ cannot be reached
    │   └── BrokerRefused    it was reached and refuses this user, or this way of connecting
    ├── ServerUnavailable    antrean-web, which stands before the broker, cannot be reached
    │   └── ServerRefused    what was reached is not to be trusted, or is not antrean-web
    ├── RequestNotTaken      the broker did not take the request: its queue is full
    │   ├── NoQueue          no queue is bound for such requests: the server is not set up for them
    │   └── TooManyRequests  antrean-web takes no more from this computer, or its network, for a while
    └── NoReply              no answer in time: the request may or may not have been carried out
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from antrean_client.visible_text import visible, visible_lines


def N_(sentence: str) -> str:  # noqa: N802 - the name that gettext's users know
    """Marks a sentence that the programs of people show in their language."""
    return sentence


class AntreanError(Exception):
    """Base of all errors raised on purpose; `str(error)` is one sentence, safe to show and to log.

    What a file, a broker or a stranger has put into it cannot control the terminal that shows it.
    """

    def __init__(self, sentence: str = "") -> None:
        super().__init__(visible_lines(sentence))


class SettingsError(AntreanError):
    """A setting is missing or cannot be read.

    `message` is an English sentence that can be translated, in which `values` belong to the words in braces.
    """

    def __init__(self, message: str, **values: object) -> None:
        shown = {name: visible(str(value)) for name, value in values.items()}
        sentence = message.format(**shown) if shown else message
        # A sentence that ends with an example to copy has no full stop on a terminal.
        super().__init__(sentence if sentence.endswith(".") else f"{sentence}.")
        self.message = message
        self.values = values


class ProblemReply(AntreanError):
    """The reply was a problem, in the shape of RFC 9457; `request` is the body of the request, where there
    was one."""

    def __init__(self, problem: dict[str, Any], request: Mapping[str, Any] | None = None) -> None:
        super().__init__(str(problem.get("detail") or problem.get("code")))
        self.problem = problem
        self.request = request or {}

    @property
    def code(self) -> str:
        """What clients decide by, such as `clinic_closed`; codes may be added."""
        return str(self.problem.get("code"))


class MessagingError(AntreanError):
    """There is no answer. `sent_before` tells that the same request was sent at an earlier attempt, and may
    have been taken."""

    sent_before = False


class BrokerUnavailable(MessagingError):
    """RabbitMQ cannot be reached, or it refused the connection."""


class Refusal(StrEnum):
    """Why a server that was reached refuses, or is not to be used."""

    USER = "user"
    VHOST = "vhost"
    PERMISSION = "permission"
    READING = "reading"
    FULL = "full"
    ENCRYPTION = "encryption"
    CERTIFICATE = "certificate"
    OUTDATED = "outdated"
    HOST = "host"
    CLIENT_CERTIFICATE = "client_certificate"
    PROTOCOL = "protocol"
    NOT_SET_UP = "not_set_up"
    ELSEWHERE = "elsewhere"


class BrokerRefused(BrokerUnavailable):
    """RabbitMQ at `where` was reached and refuses: but for `Refusal.FULL`, to wait does not help."""

    def __init__(self, sentence: str, refusal: Refusal, where: str) -> None:
        super().__init__(sentence)
        self.refusal = refusal
        self.where = where


class ServerUnavailable(MessagingError):
    """antrean-web at `where` cannot be reached."""

    def __init__(self, sentence: str, where: str) -> None:
        super().__init__(sentence)
        self.where = where


class ServerRefused(ServerUnavailable):
    """What was reached at `where` is not to be trusted, or is not antrean-web: to wait does not help."""

    def __init__(self, sentence: str, refusal: Refusal, where: str) -> None:
        super().__init__(sentence, where)
        self.refusal = refusal


class RequestNotTaken(MessagingError):
    """The broker did not take the request: its queue is full."""


class NoQueue(RequestNotTaken):
    """No queue is bound for such requests."""


class TooManyRequests(RequestNotTaken):
    """antrean-web takes no more from here, for `retry_after_seconds` where it says so."""

    def __init__(self, sentence: str, retry_after_seconds: float | None) -> None:
        super().__init__(sentence)
        self.retry_after_seconds = retry_after_seconds


class NoReply(MessagingError):
    """No answer came in time. The request may or may not have been carried out."""
