"""What all ways of asking have in common: a request with a name and a body, its id, and the answer to it."""

import json
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol, Self

from antrean_client.errors import ProblemReply
from antrean_client.protocol import BODY_BYTES_MAX


class Clock(Protocol):
    """Says when a request is made."""

    def now(self) -> datetime:
        """The present moment."""
        ...


class MachineClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.fromtimestamp(time.time(), UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply: its name (`problem` for a refusal), its body, and how long it took."""

    name: str
    body: dict[str, Any]
    request_id: str
    elapsed_seconds: float

    @property
    def problem_code(self) -> str | None:
        """Why the request was refused; None where it was not."""
        return self.body.get("code") if self.name == "problem" else None

    def body_for(self, request: dict[str, Any]) -> dict[str, Any]:
        """The body; raises ProblemReply where the request, which had that body, was refused."""
        if self.name == "problem":
            raise ProblemReply(self.body, request)
        return self.body


class RequestClient(ABC):
    """Sends one request at a time and waits for its answer. Connects when it first has to, and again after
    a lost connection; not for use by several threads."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Closes the connection, if there is one; never raises."""

    @abstractmethod
    def call(
        self, name: str, body: dict[str, Any], *, timeout_seconds: float, request_id: str | None = None
    ) -> Answer:
        """The answer to the request `name`; `request_id` is a UUID, a new one by default.

        Blocks for at most about `timeout_seconds`, during which the request may be sent again with the same
        id and timestamp. Raises a MessagingError where there is no answer.
        """

    def ask(
        self, name: str, body: dict[str, Any], *, timeout_seconds: float, request_id: str | None = None
    ) -> dict[str, Any]:
        """The body of the answer; raises ProblemReply where the request was refused, and as `call` does."""
        answer = self.call(name, body, timeout_seconds=timeout_seconds, request_id=request_id)
        return answer.body_for(body)


def encoded(body: dict[str, Any]) -> bytes | None:
    """The body of a request as it is sent; None where it is too large for that."""
    written = json.dumps(body).encode()
    return None if len(written) > BODY_BYTES_MAX else written


def too_large(request_id: str) -> Answer:
    """What a worker would answer to a request that is not `encoded`."""
    # Made without the messages' models: a patient's computer need not have pydantic.
    problem = {
        "type": "about:blank",
        "title": "Message too large",
        "detail": f"Send at most {BODY_BYTES_MAX} bytes.",
        "code": "message_too_large",
        "errors": [],
    }
    return Answer("problem", problem, request_id, 0.0)
