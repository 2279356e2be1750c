"""What the value of each setting may be, and how it is read from text."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from common.errors import UNUSABLE_ADDRESS, SettingsError
from common.translation import N_, languages

_PUSH_KEY_BOUND: Final = 0xFFFFFFFF << 224
"""Below the order of the curve P-256, of which a key is a number."""

_LOG_LEVELS: Final = ("debug", "info", "warning", "error")


class Unreadable(ValueError):
    """What is to be written instead; `message` and `values` are those of the SettingsError."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values


def _url(pattern: str, example: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        # Of a second line in a secret's file, and the like, the parsers say nothing.
        if not re.match(pattern, text) or not text.isprintable():
            raise Unreadable(UNUSABLE_ADDRESS, example=example)
        return text

    return read


def _network_url(pattern: str, example: str) -> Callable[[str], str]:
    read_url = _url(pattern, example)

    def read(text: str) -> str:
        # Outside of what is caught: the parser's own error can repeat the password.
        if not _is_split(read_url(text)):
            raise Unreadable(UNUSABLE_ADDRESS, example=example)
        return text

    return read


def _is_split(address: str) -> bool:
    from urllib.parse import urlsplit  # only where it is set: `antrean` has to be quick to start

    try:
        urlsplit(address)
    except ValueError:
        return False
    return True


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            listed = ", ".join(choices)
            raise Unreadable(N_("{variable} cannot be used: choose one of {choices}."), choices=listed)
        return text

    return read


def _language(text: str) -> str:
    return _one_of(*languages())(text)  # reads a folder: only where a language is set


def _node_names(text: str) -> tuple[str, ...]:
    names = tuple(text.replace(",", " ").split())
    if not all(re.fullmatch(r"[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+", name) for name in names):
        raise Unreadable(
            N_("{variable} cannot be used: write the names of the broker's nodes, such as {example}."),
            example="rabbit@broker-1,rabbit@broker-2",
        )
    return names


def _proxies(text: str) -> tuple[str, ...]:
    from ipaddress import ip_network  # only where it is set: `antrean` has to be quick to start

    try:
        return tuple(str(ip_network(each)) for each in text.replace(",", " ").split())
    except ValueError as error:
        raise Unreadable(
            N_("{variable} cannot be used: write the IP addresses of your proxies, such as {example}."),
            example="10.0.0.5, 10.1.0.0/16",
        ) from error


def _push_key(text: str) -> str:
    is_number = re.fullmatch(r"[0-9a-fA-F]{64}", text) is not None
    if not (is_number and 0 < int(text, 16) < _PUSH_KEY_BOUND):
        raise Unreadable(
            N_(
                "{variable} cannot be used: a key of Web Push has 64 hexadecimal digits. Make one with:"
                " openssl rand -hex 32"
            )
        )
    return text


def _contact(text: str) -> str:
    if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+\.[^@\s]+|https://[A-Za-z0-9.-]+", text):
        raise Unreadable(
            N_("{variable} cannot be used: write where you can be reached, such as {example}."),
            example="mailto:it@hospital.example",
        )
    return text


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(text.lower().replace(",", " ").split())
    if not all(re.fullmatch(r"[a-z0-9.-]+(:\d{1,5})?", host) for host in hosts):
        raise Unreadable(
            N_("{variable} cannot be used: write names of hosts, such as {example}."),
            example="push.example, push.example:8443",
        )
    return hosts


def _switch(text: str) -> bool:
    return _one_of("on", "off")(text) == "on"


def _own_address(text: str) -> str:
    from ipaddress import ip_address  # only where it is set: `antrean` has to be quick to start

    try:
        return str(ip_address(text))
    except ValueError as error:
        raise Unreadable(
            N_("{variable} cannot be used: write an IP address of this machine, such as {example}."),
            example="127.0.0.1, 0.0.0.0",
        ) from error


def _number(kind: type[int] | type[float], lowest: float, highest: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = kind(text)
        except ValueError as error:
            raise refusal() from error
        if not lowest <= number <= highest:
            raise refusal()
        return number

    def refusal() -> Unreadable:
        message = N_("{variable} cannot be used: write a number from {lowest} to {highest}.")
        return Unreadable(message, lowest=f"{lowest:g}", highest=f"{highest:g}")

    return read


def _moment(text: str) -> datetime:
    refusal = Unreadable(
        N_("{variable} cannot be used: write a moment with its offset, such as 2026-11-23T08:00:00+07:00.")
    )
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise refusal from error
    if moment.tzinfo is None:
        raise refusal
    return moment


READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "amqp_url": _network_url(r"amqps?://", "amqp://user:password@host:5672/"),
    "amqp_url_file": Path,
    "database_url": _url(
        r"(sqlite|postgresql)(\+[a-z]+)?://",
        "sqlite:////path/to/file, postgresql://user:password@host/database",
    ),
    "database_url_file": Path,
    "management_url": _network_url(r"https?://[^:@/]+:[^@/]+@", "http://user:password@host:15672/"),
    "management_url_file": Path,
    "tls_ca_file": Path,
    "tls_certificate_file": Path,
    "tls_key_file": Path,
    "broker_nodes": _node_names,
    "language": _language,
    "desk_password_file": Path,
    "log_level": _one_of(*_LOG_LEVELS),
    "reply_timeout_seconds": _number(float, 0.1, 120),
    "tick_seconds": _number(float, 0.1, 3600),
    "batch_size": _number(int, 1, 1000),
    "heartbeat_seconds": _number(int, 5, 300),
    "fast_path": _switch,
    "traces": _switch,
    "health_file": Path,
    "metrics_port": _number(int, 0, 65535),
    "metrics_address": _own_address,
    "url": _network_url(r"https?://", "https://antrean.example/"),
    "web_address": _own_address,
    "web_port": _number(int, 0, 65535),
    "board_port": _number(int, 0, 65535),
    "board_voice_dir": Path,
    "trusted_proxies": _proxies,
    "public_url": _network_url(r"https?://[^/]", "https://antrean.example"),
    "web_secret": str,
    "web_secret_file": Path,
    "web_push_key": _push_key,
    "web_push_key_file": Path,
    "web_push_contact": _contact,
    "web_push_services": _hosts,
    "purge_after_days": _number(int, 1, 36_500),
    "purge_access_log_after_days": _number(int, 1, 36_500),
    "registry_key": str,
    "registry_key_file": Path,
    "clock_starts_at": _moment,
    "clock_started_at": _moment,
    "clock_speed": _number(float, 1e-6, 10_000),
    "data_dir": Path,
    "config_dir": Path,
    "stack_dir": Path,
}
"""By the name of a setting."""


def read_value(name: str, variable: str, text: str) -> Any:
    """The value of the setting `name`, as it stands in `variable`; raises SettingsError, which names the
    variable and never the value."""
    try:
        return READERS[name](text)
    except Unreadable as error:
        raise SettingsError(error.message, variable=variable, **error.values) from error
