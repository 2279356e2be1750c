"""Sends notifications to push services, in threads of their own: a service that is slow, or silent, holds up
no page.

What is sent is encrypted for the browser; the service learns when its user is notified, and nothing else. No
redirect and no proxy is followed, and what is connected to is checked to be of the public internet."""

import asyncio
import base64
import hashlib
import json
import os
import ssl
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from http.client import HTTPException
from typing import Final, NamedTuple

import http_ece
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from antrean_client.http_connection import DeadlineConnection, retry_after_seconds
from common.public_addresses import AddressRefused, public_addresses_of
from patient_web.push.keys import PushKey
from patient_web.push.notices import Notice
from patient_web.push.services import endpoint_of
from patient_web.push.subscriptions import Subscription

AT_ONCE_MAX: Final = 8
"""Notifications of one process that are being sent."""

SECONDS_MAX: Final = 10.0
"""How long one may take in all."""

_ANSWER_BYTES_MAX: Final = 4_096
_SALT_BYTES: Final = 16
_TOPIC_BYTES: Final = 24
_PADDED_TO_BYTES: Final = 1_024
"""So that the length does not tell what is told."""

_TAKEN: Final = range(200, 300)
_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_BUSY: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


class Result(StrEnum):
    """What has come of a notification."""

    SENT = "sent"
    GONE = "gone"
    """The telephone is not subscribed any more."""
    REFUSED = "refused"
    """The service will not take it, whenever it comes."""
    BUSY = "busy"
    """The service says to come again."""
    UNREACHABLE = "unreachable"
    """There was no answer."""


class Sent(NamedTuple):
    """`again_seconds` is how long the service asks to be left alone, where it does."""

    result: Result
    again_seconds: float = 0.0


class Sender:
    """Sends with `key`; hosts that are named in `services` may be in the private network."""

    def __init__(self, key: PushKey, services: Collection[str]) -> None:
        self._key, self._services = key, services
        self._tls = ssl.create_default_context()
        self._threads = ThreadPoolExecutor(AT_ONCE_MAX, "push")

    async def send(self, to: Subscription, notice: Notice) -> Sent:
        """Sends a notice; never raises."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._send, to, notice)

    def close(self) -> None:
        """Sends nothing more; what is under way is left to itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, to: Subscription, notice: Notice) -> Sent:
        try:
            endpoint = endpoint_of(to.endpoint, self._services)
            addresses = partial(public_addresses_of, anywhere=endpoint.is_named)
            body = encrypted(to, notice)
        except ValueError:  # of a service that is not named any more
            return Sent(Result.REFUSED)
        connection = DeadlineConnection(endpoint.host, endpoint.port, self._tls, addresses)
        headers = {
            "Host": endpoint.authority,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(notice.seconds),
            "Urgency": "high",
            "Topic": _topic(to, notice),
            **self._key.headers(endpoint.origin, time.time()),
        }
        try:
            connection.begin(time.monotonic() + SECONDS_MAX)
            connection.request("POST", endpoint.target, body, headers)
            response = connection.getresponse()
            response.read(_ANSWER_BYTES_MAX)
            return _sent(response.status, retry_after_seconds(response.getheader("Retry-After")))
        except AddressRefused:
            return Sent(Result.REFUSED)
        except (OSError, HTTPException, ValueError):
            return Sent(Result.UNREACHABLE)
        finally:
            connection.close()


def encrypted(to: Subscription, notice: Notice) -> bytes:
    """The notice as only the browser of the subscription can read it."""
    told = {
        "title": notice.title,
        "body": notice.body,
        "path": notice.path,
        "language": notice.language,
        "tag": notice.path,
    }
    text = json.dumps(told, ensure_ascii=False).encode().ljust(_PADDED_TO_BYTES)
    sealed: bytes = http_ece.encrypt(
        text,
        salt=os.urandom(_SALT_BYTES),
        private_key=generate_private_key(SECP256R1()),
        dh=to.key_bytes,
        auth_secret=to.secret_bytes,
        version="aes128gcm",
    )
    return sealed


def _topic(to: Subscription, notice: Notice) -> str:
    """By which the service knows that a notice takes the place of an earlier one, and nothing else."""
    digest = hashlib.sha256(to.secret_bytes + notice.path.encode()).digest()
    return base64.urlsafe_b64encode(digest[:_TOPIC_BYTES]).decode()


def _sent(status: int, again_seconds: float | None) -> Sent:
    if status in _TAKEN:
        return Sent(Result.SENT)
    if status in _GONE:
        return Sent(Result.GONE)
    if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Sent(Result.BUSY, again_seconds or 0.0)
    return Sent(Result.REFUSED)
