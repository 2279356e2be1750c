"""One attempt to deliver a webhook over HTTP/1.1.

With the standard library's http.client, whose connection is made here: so the address that is connected to
is the one that was checked, each time, and no proxy and no redirect leads elsewhere.
"""

import io
import math
import re
import socket
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, RemoteDisconnected
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final, NamedTuple

from antrean_client.events import Event
from common.clock import SystemClock
from common.translation import N_
from event_tap.webhooks.addresses import AddressRefused, SocketAddress, addresses_of
from event_tap.webhooks.endpoint import Endpoint
from event_tap.webhooks.signing import Signer

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_ANSWER_BYTES_MAX: Final = 64 * 1024
"""What is read of an answer, whose contents nobody needs: so that the connection can be used again."""

_SECONDS: Final = re.compile(r"\d{1,9}", re.ASCII)


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
        self._connection = _Connection(endpoint)
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
        return Answer(response.status, _retry_after(response.getheader("Retry-After")))

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


class _Connection(HTTPConnection):
    """Connects to addresses that were checked, and has one deadline for all that an attempt does."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint.host, endpoint.port)
        self._endpoint = endpoint
        self._tls = ssl.create_default_context() if endpoint.is_encrypted else None
        self._deadline = math.inf

    @property
    def is_kept(self) -> bool:
        """Whether there is a connection from an earlier attempt."""
        return self.sock is not None

    def begin(self, deadline: float) -> None:
        """The next attempt has until then."""
        self._deadline = deadline
        if isinstance(self.sock, _DeadlineSocket):
            self.sock.deadline = deadline

    def connect(self) -> None:
        """As http.client asks for it; raises AddressRefused, OSError and UnicodeError."""
        where = self._endpoint
        found = addresses_of(where.host, where.port, anywhere=where.is_allowed)
        for others in reversed(range(len(found))):
            try:
                # Each has its share of the time: a network may drop what is sent to one of them.
                seconds = _left(self._deadline) / (others + 1)
                connected = self._connected(found[-others - 1], seconds)
                self.sock = _DeadlineSocket(connected, self._deadline)
                return
            except OSError:
                if not others:
                    raise

    def _connected(self, address: SocketAddress, seconds: float) -> socket.socket:
        raw = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            raw.settimeout(seconds)
            raw.connect(address.address)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.settimeout(_left(self._deadline))
            if self._tls is None:
                return raw
            return self._tls.wrap_socket(raw, server_hostname=self._endpoint.host.rstrip("."))
        except BaseException:
            raw.close()
            raise


class _DeadlineSocket:
    """What http.client needs of a socket. A socket's own time limit begins again with every byte that comes;
    this one ends at its `deadline`."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket = connected
        self.deadline = deadline

    def sendall(self, data: "ReadableBuffer") -> None:
        self._socket.settimeout(_left(self.deadline))
        self._socket.sendall(data)

    def receive_into(self, buffer: "WriteableBuffer") -> int:
        self._socket.settimeout(_left(self.deadline))
        return self._socket.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Received(self))

    def close(self) -> None:
        self._socket.close()


class _Received(io.RawIOBase):
    """What arrives at a socket, as a file."""

    def __init__(self, connected: _DeadlineSocket) -> None:
        super().__init__()
        self._connected = connected

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        return self._connected.receive_into(buffer)


def _left(deadline: float) -> float:
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return left


def _retry_after(text: str | None) -> float | None:
    """Seconds, from either form of the header: a number, or a date. Source: RFC 9110, section 10.2.3."""
    if text is None:
        return None
    if _SECONDS.fullmatch(text.strip()):
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - SystemClock().now()).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):  # no date, one without a zone, or one beyond all years
        return None


def _version() -> str:
    try:
        return version("antrean")
    except PackageNotFoundError:
        return "0"
