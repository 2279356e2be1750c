"""Requests with a reply, over HTTPS: what a command line needs of antrean-web, the public's way in."""

import random
import ssl
import time
import uuid
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from typing import Any, Final, NamedTuple

from antrean_client.errors import (
    BrokerUnavailable,
    MessagingError,
    NoQueue,
    NoReply,
    Refusal,
    RequestNotTaken,
    ServerRefused,
    ServerUnavailable,
    TooManyRequests,
)
from antrean_client.http_connection import DeadlineConnection, retry_after_seconds
from antrean_client.requests import Answer, Clock, MachineClock, RequestClient, too_large
from antrean_client.tracing import requesting
from antrean_client.web_api import ROUTES, HttpRequest, NotAnAnswer, Route, http_request, reply_in
from antrean_client.web_devices import DEVICE_HEADER, DeviceNames, is_device_name
from antrean_client.web_server import server_at

ATTEMPT_SECONDS_MAX: Final = 10.0
"""A server that takes a request and stays silent for so long is asked again, over another connection."""

_ATTEMPT_SECONDS_MIN: Final = 0.2
_CONNECT_SECONDS_MAX: Final = 5.0
_AGAIN_SECONDS_MIN: Final = 0.2
_AGAIN_SECONDS_MAX: Final = 2.0
"""How long to wait before a request is sent again: twice as long each time, and shortened at random by up to
a half. Longer where the server says so."""

_ANSWER_BYTES_MAX: Final = 1024 * 1024
"""The longest answer: a page of clinics has about a tenth of it."""

_REDIRECTED: Final = range(300, 400)
_AGAIN: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


class _Response(NamedTuple):
    status: int
    content_type: str
    retry_after_seconds: float | None
    device: str
    body: bytes


class _Lost(Exception):
    """The connection was lost, or silent for too long, after the request was sent, or a part of it."""


class WebClient(RequestClient):
    """Asks over HTTPS, and goes nowhere else: no redirect and no proxy of the environment is followed."""

    def __init__(self, url: str, clock: Clock | None = None, devices: DeviceNames | None = None) -> None:
        """`url` is where patients' browsers find antrean-web, and may name files of TLS, as the broker's
        address does; `devices` remembers what it calls this device. Raises SettingsError where the address,
        or such a file, cannot be used."""
        self._server = server_at(url)
        self._clock = clock or MachineClock()
        self._devices = devices or DeviceNames()
        self._connection = DeadlineConnection(self._server.host, self._server.port, self._server.tls())

    def close(self) -> None:
        """Closes the connection, if there is one; never raises."""
        self._connection.close()

    def call(
        self, name: str, body: dict[str, Any], *, timeout_seconds: float, request_id: str | None = None
    ) -> Answer:
        """The answer to the request `name`; `request_id` is a UUID, a new one by default.

        Blocks for at most about `timeout_seconds` (and for as long as the system looks the host's name up),
        during which the request is sent again with the same id and timestamp where the connection is lost or
        the server asks for that. Raises ServerUnavailable where the server cannot be reached and the request
        was never sent, ServerRefused where it is not to be used (after an attempt that may have been taken,
        with `sent_before`), BrokerUnavailable where it is without its broker, NoQueue where it passes no such
        requests on, RequestNotTaken where it is too busy, TooManyRequests where it takes no more from here,
        and NoReply where the request was sent and nothing is known of it.
        """
        if name not in ROUTES:
            raise NoQueue(f"{self._server.where} does not pass such requests on.")
        request_id = request_id or str(uuid.uuid4())
        started = time.monotonic()
        with requesting(None, name) as span:
            request = http_request(name, body, request_id, int(self._clock.now().timestamp()))
            if request is None:
                return too_large(request_id)
            reply = self._reply(request, dict(span.headers or {}), timeout_seconds)
            span.answered(reply[0], reply[1].get("code") if reply[0] == "problem" else None)
        return Answer(*reply, request_id, time.monotonic() - started)

    def _reply(
        self, request: HttpRequest, context: dict[str, str], timeout_seconds: float
    ) -> tuple[str, dict[str, Any]]:
        until = time.monotonic() + timeout_seconds
        sent = False
        not_taken: MessagingError | None = None
        for wait_seconds in _waits():
            asked_seconds = 0.0
            try:
                response = self._attempt(request, context, min(until - time.monotonic(), ATTEMPT_SECONDS_MAX))
            except ServerUnavailable as error:
                if not sent or isinstance(error, ServerRefused):
                    error.sent_before = error.sent_before or sent
                    raise
            except _Lost:
                sent, not_taken = True, None
            else:
                if response.status not in _AGAIN:
                    return self._read(request.route, response, sent=sent)
                not_taken = self._not_taken(request.route, response)
                sent = sent or not_taken is None
                asked_seconds = response.retry_after_seconds or 0.0
            pause_seconds = max(wait_seconds, asked_seconds)
            if until - time.monotonic() < pause_seconds + _ATTEMPT_SECONDS_MIN:
                break
            time.sleep(pause_seconds)
        if isinstance(not_taken, TooManyRequests) or (not_taken is not None and not sent):
            not_taken.sent_before = sent
            raise not_taken
        raise NoReply(f"No answer within {timeout_seconds:g} seconds.")

    def _not_taken(self, route: Route, response: _Response) -> MessagingError | None:
        """What it means that the server does not take the request now; None where it may have been taken."""
        where = self._server.where
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            sentence = f"{where} takes no more requests from here for now; try again in a minute."
            return TooManyRequests(sentence, response.retry_after_seconds)
        if response.status != HTTPStatus.SERVICE_UNAVAILABLE:
            return None
        try:
            _, problem = reply_in(route, response.status, response.content_type, response.body)
        except NotAnAnswer:
            problem = {}
        if problem.get("code") == "busy":
            return RequestNotTaken(f"{where} is very busy; try again in a minute.")
        return BrokerUnavailable(f"{where} cannot reach the queue system; try again in a minute.")

    def _read(self, route: Route, response: _Response, *, sent: bool) -> tuple[str, dict[str, Any]]:
        try:
            return reply_in(route, response.status, response.content_type, response.body)
        except NotAnAnswer as error:
            is_redirect = response.status in _REDIRECTED
            refused = self._server.refused(Refusal.ELSEWHERE if is_redirect else Refusal.PROTOCOL)
            # Who sends elsewhere, or finds a fault with the request, has not carried it out.
            refused.sent_before = sent or response.status // 100 not in (3, 4)
            raise refused from error

    def _attempt(self, request: HttpRequest, context: dict[str, str], seconds: float) -> _Response:
        """Sends the request once; raises ServerUnavailable where it was not sent, and _Lost."""
        deadline = time.monotonic() + seconds
        try:
            self._connect(min(deadline, time.monotonic() + _CONNECT_SECONDS_MAX))
            self._connection.begin(deadline)
            headers = {"Host": self._server.where, "User-Agent": "antrean", **request.headers, **context}
            if (device := self._devices.read(self._server.where)) is not None:
                headers[DEVICE_HEADER] = device
            self._connection.request(
                request.route.method, self._server.root + request.target, request.body, headers
            )
            response = self._received(self._connection.getresponse())
        except ssl.SSLError as error:
            self.close()
            refused = self._server.distrusted(error)
            if isinstance(refused, ServerRefused) and refused.refusal is Refusal.CLIENT_CERTIFICATE:
                raise refused from error  # TLS 1.3 says so only now
            raise _Lost from error
        except (OSError, IncompleteRead, RemoteDisconnected) as error:
            self.close()
            raise _Lost from error
        except (HTTPException, ValueError) as error:
            self.close()
            refused = self._server.refused(Refusal.PROTOCOL)  # what came is no HTTP
            refused.sent_before = True
            raise refused from error
        except BaseException:
            self.close()  # whatever of the answer comes is not that of the next request
            raise
        if is_device_name(response.device):
            self._devices.keep(self._server.where, response.device)
        return response

    def _connect(self, deadline: float) -> None:
        if self._connection.is_kept:
            return
        self._connection.begin(deadline)
        try:
            self._connection.connect()
        except ssl.SSLError as error:
            raise self._server.distrusted(error) from error
        except (OSError, ValueError) as error:
            raise self._server.unavailable() from error

    def _received(self, response: HTTPResponse) -> _Response:
        """The whole answer; raises IncompleteRead where a part of it is known to be missing."""
        with response:
            body = b"" if response.status < HTTPStatus.OK else response.read(_ANSWER_BYTES_MAX + 1)
            if response.length and len(body) <= _ANSWER_BYTES_MAX:
                raise IncompleteRead(body, response.length)
            if not response.isclosed():
                self.close()  # too long, or it was not the answer itself, which is still to come
        return _Response(
            response.status,
            response.getheader("Content-Type", ""),
            retry_after_seconds(response.getheader("Retry-After")),
            response.getheader(DEVICE_HEADER, ""),
            body if len(body) <= _ANSWER_BYTES_MAX else b"",
        )


def _waits() -> Iterator[float]:
    """Seconds, without end."""
    longest = _AGAIN_SECONDS_MIN
    while True:
        yield longest * random.uniform(0.5, 1.0)  # noqa: S311 - keeps no secret
        longest = min(2 * longest, _AGAIN_SECONDS_MAX)
