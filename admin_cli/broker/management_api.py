"""Requests to RabbitMQ's management API, and what their failures mean.

Source: https://www.rabbitmq.com/docs/http-api-reference
"""

import json
import ssl
import urllib.error
import urllib.request
from base64 import b64encode
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from antrean_client.connection import advice_on
from antrean_client.tls import client_context, take_files, tls_refusal
from antrean_client.visible_text import visible_values
from common.errors import BrokerUnavailable, unusable_address

REQUEST_SECONDS_MAX: Final = 5
_ANSWER_BYTES_MAX = 16 * 1024 * 1024
_UNAUTHORISED = (401, 403)
_NOT_FOUND = 404
_REDIRECTED = range(300, 400)


class ManagementApi:
    """The API at `url` (`http://user:password@host:15672/`).

    Every method raises BrokerUnavailable where the API does not answer, or refuses. Blocks for at most
    `REQUEST_SECONDS_MAX` per request.
    """

    def __init__(self, url: str) -> None:
        bare, files = take_files(url)
        parts = urlsplit(bare)
        try:
            port = parts.port
        except ValueError as error:
            example = "http://user:password@host:15672/"
            raise unusable_address("ANTREAN_MANAGEMENT_URL", example) from error
        self.where = f"{parts.hostname}:{port}" if port else str(parts.hostname)
        self._address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}/api"
        credentials = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        context = client_context(files) if parts.scheme == "https" else None
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), _NoRedirects()
        )
        self._authorization = f"Basic {b64encode(credentials.encode()).decode()}"

    def user_tags(self) -> list[str]:
        """What this user may do: `management`, `monitoring`, `administrator` ..."""
        return tags_in(self.get("/whoami"))

    def date(self) -> str:
        """The broker's time of day, as HTTP writes it; "" where it does not say."""
        return self._ask("GET", "/whoami", "monitoring")[1]

    def get(self, path: str) -> Any:
        """What stands at `path`."""
        return self._ask("GET", path, "monitoring")[0]

    def find(self, path: str, tag: str = "administrator") -> Any:
        """What stands at `path`; None where nothing does. The user needs the tag."""
        return self._ask("GET", path, tag, may_be_missing=True)[0]

    def put(self, path: str, contents: object) -> None:
        """Makes `path` hold `contents`; the user needs the tag `administrator`."""
        self._ask("PUT", path, "administrator", contents)

    def delete(self, path: str) -> None:
        """Removes what stands at `path`, if anything does; the user needs the tag `administrator`."""
        self._ask("DELETE", path, "administrator", may_be_missing=True)

    def _ask(
        self, method: str, path: str, tag: str, contents: object = None, *, may_be_missing: bool = False
    ) -> tuple[Any, str]:
        """The answer, None where there is none, and its date; `tag` is what the user needs for it."""
        request = urllib.request.Request(  # noqa: S310 - the address was checked to be one of HTTP
            self._address + path,
            None if contents is None else json.dumps(contents).encode(),
            {"Authorization": self._authorization, "Content-Type": "application/json"},
            method=method,
        )
        try:
            with self._opener.open(request, timeout=REQUEST_SECONDS_MAX) as answer:
                # Names of connections and queues are what their makers wrote.
                body = answer.read(_ANSWER_BYTES_MAX)
                found = visible_values(json.loads(body)) if body else None
                return found, answer.headers.get("Date", "")
        except urllib.error.HTTPError as error:
            with error:
                if error.code == _NOT_FOUND and may_be_missing:
                    return None, ""
                if error.code in _REDIRECTED:
                    raise BrokerUnavailable(
                        f"The management API at {self.where} says that it is elsewhere: name its own address"
                        " in ANTREAN_MANAGEMENT_URL."
                    ) from error
                reason = "this user" if error.code in _UNAUTHORISED else f"{path} ({error.code})"
            raise BrokerUnavailable(
                f"The management API at {self.where} refuses {reason}: it needs the tag {tag}."
            ) from error
        except (OSError, HTTPException, ValueError) as error:
            raise BrokerUnavailable(f"The management API at {self.where} {_trouble(error)}") from error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The password goes to nobody that an answer names."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _trouble(error: BaseException) -> str:
    """Why it does not answer, and what to do, where that is known."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, ssl.SSLError):
        return advice_on(tls_refusal(cause), "ANTREAN_MANAGEMENT_URL")
    return "does not answer."


def tags_in(row: Any) -> list[str]:
    """The tags of a user as the API tells them: in a list, or between commas by older versions."""
    tags = row["tags"]
    return [tag for tag in (tags.split(",") if isinstance(tags, str) else tags) if tag]
