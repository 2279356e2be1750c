"""One attempt to deliver a webhook over HTTP/1.1.

The address that is connected to is the one that was checked, each time, and no proxy and no redirect leads
elsewhere.
"""

import socket
import ssl
import time
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, RemoteDisconnected
from importlib.metadata import PackageNotFoundError, version
from typing import Final, NamedTuple

from antrean_client.events import Event
from antrean_client.http_connection import DeadlineConnection, retry_after_seconds
from common.public_addresses import AddressRefused, public_addresses_of
from common.translation import N_
from event_tap.webhooks.endpoint import Endpoint
from event_tap.webhooks.signing import Signer

_ANSWER_BYTES_MAX: Final = 64 * 1024
"""What is read of an answer, whose contents nobody needs: so that the connection can be used again."""


class Answer(NamedTuple):
    """What a receiver answered: the status, and how many seconds it asks to be left alone."""

    status: int
    retry_after: float | None = None


class Reason(NamedTuple):
    """Why an attempt failed: a marked sentence without a full stop, and its values."""

    message: str
    values: Mapping[str, str]

    def __str__(self) -> str:
        return self.message.format(**self.values)


class NoAnswer(Exception):
    """There was no answer, for this reason."""

    def __init__(self, message: str, **values: str) -> None:
        self.reason = Reason(message, values)
        super().__init__(str(self.reason))


class Attempts:
    """Attempts one after another, over one connection where the receiver keeps it; for one thread."""

    def __init__(self, endpoint: Endpoint, signer: Signer, seconds_max: float) -> None:
        """`seconds_max` is how long an attempt may take in all, from the connecting to the answer's end."""
        self._endpoint, self._signer, self._seconds_max = endpoint, signer, seconds_max
        self._connection = DeadlineConnection(
            endpoint.host,
            endpoint.port,
            ssl.create_default_context() if endpoint.is_encrypted else None,
            partial(public_addresses_of, anywhere=endpoint.is_allowed),
        )
        self._agent = f"antrean-events/{_version()}"

    def send(self, event: Event) -> Answer:
        """Sends an event, signed now; blocks for the time limit at most. Raises NoAnswer."""
        deadline = time.monotonic() + self._seconds_max
        headers = {
            "Host": self._endpoint.authority,
            "User-Agent": self._agent,
            "Content-Type": "application/cloudevents+json; charset=utf-8",
            **self._signer.headers(event.id, event.body),
        }
        try:
            if self._connection.is_kept:
                try:
                    return self._attempt(headers, event.body, deadline)
                except ConnectionError:  # the receiver has let go of it meanwhile
                    self._connection.close()
            return self._attempt(headers, event.body, deadline)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Lets go of the connection."""
        self._connection.close()

    def _attempt(self, headers: Mapping[str, str], body: bytes, deadline: float) -> Answer:
        was_kept = self._connection.is_kept
        try:
            self._connection.begin(deadline)
            self._connection.request("POST", self._endpoint.target, body, headers)
            response = self._connection.getresponse()
        except ConnectionError as error:
            if was_kept:
                raise
            raise self._no_answer(error) from error
        except (OSError, HTTPException, AddressRefused, ValueError) as error:
            raise self._no_answer(error) from error
        self._read_rest(response)
        return Answer(response.status, retry_after_seconds(response.getheader("Retry-After")))

    def _read_rest(self, response: HTTPResponse) -> None:
        """Makes the connection ready for the next attempt, or closes it."""
        if response.status < HTTPStatus.OK:  # the answer itself follows, and is not that of the next attempt
            self._connection.close()
            return
        try:
            if not response.will_close:
                response.read(_ANSWER_BYTES_MAX)
        except (OSError, HTTPException, ValueError):
            self._connection.close()
        if not response.isclosed():
            self._connection.close()

    def _no_answer(self, error: BaseException) -> NoAnswer:
        host = self._endpoint.host
        match error:
            case AddressRefused():
                return NoAnswer(
                    N_("{host} points into the private network ({address})"), host=host, address=error.address
                )
            case socket.gaierror() | UnicodeError():
                return NoAnswer(N_("the name {host} is not known"), host=host)
            case TimeoutError():
                return NoAnswer(N_("no answer within {seconds} s"), seconds=f"{self._seconds_max:g}")
            case ssl.SSLCertVerificationError():
                return NoAnswer(N_("the certificate of {host} is not trusted here"), host=host)
            case ssl.SSLError():
                return NoAnswer(N_("no TLS connection to {host}"), host=host)
            case RemoteDisconnected() | ConnectionResetError() | BrokenPipeError():
                return NoAnswer(N_("{host} closed the connection without an answer"), host=host)
            case OSError():
                return NoAnswer(N_("{host} cannot be reached"), host=host)
        return NoAnswer(N_("the answer of {host} is no HTTP"), host=host)


def _version() -> str:
    try:
        return version("antrean")
    except PackageNotFoundError:
        return "0"
