"""The settings of every process, read once at its start: the only reader of the environment.

Settings come from the environment and, under it, from a file `.env` in the working directory; their names
have the prefix `ANTREAN_` (`.env.example` describes them all). Where no broker or database is named, the
file `stack.json` that a running local stack keeps says where they are.

A dataclass over python-dotenv rather than pydantic-settings: building such a model alone would take more
than a third of the time in which `antrean register` has to print a ticket.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from platformdirs import user_config_path, user_data_path, user_state_path

from common.clock import Clock, ScaledClock, SystemClock
from common.errors import SettingsError
from common.installation import start_command
from common.secret_files import FILE, laid_over, read_secret_file, see_that_it_is_secret
from common.setting_values import READERS, read_value
from common.translation import N_
from common.trusted_files import FileNotTrusted, read_trusted

if TYPE_CHECKING:
    from common.registry_key import RegistryKey

PREFIX = "ANTREAN_"
STACK_FILE = "stack.json"

Role = Literal["patient", "desk", "registrar", "ticker", "status", "integrator", "web", "board", "deploy"]

BROKER_USERS: tuple[Role, ...] = tuple(role for role in get_args(Role) if role != "desk")
"""The roles that are users of the broker; at the desks each of the staff is one."""

ADDRESSES = ("AMQP_URL", "DATABASE_URL", "MANAGEMENT_URL")
"""Settings that may be given for one role alone, as `ANTREAN_AMQP_URL_DESK`, and in files."""

_OF_ONE_ROLE = (*ADDRESSES, f"TLS_CERTIFICATE{FILE}", f"TLS_KEY{FILE}")

WORKER_ROLES: tuple[Role, ...] = ("registrar", "ticker", "status")
DATABASE_PASSWORD = "DATABASE_PASSWORD_"

_DATABASE_ROLES: frozenset[Role] = frozenset({*WORKER_ROLES, "deploy"})

REGISTRY_ROLES: frozenset[Role] = frozenset({"registrar", "deploy"})
"""Who needs the key of the registries."""

WEB_SECRET_LENGTH_MIN = 32

_CLOCK = ("clock_starts_at", "clock_started_at", "clock_speed")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings. `amqp_url`, `database_url` and `management_url` are None where nothing says where the
    thing is."""

    amqp_url: str | None = None
    amqp_url_file: Path | None = None
    database_url: str | None = None
    database_url_file: Path | None = None
    management_url: str | None = None
    management_url_file: Path | None = None
    tls_ca_file: Path | None = None
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    broker_nodes: tuple[str, ...] = ()
    language: str = "id"
    desk_password_file: Path | None = None
    staff_passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the staff of the local stack, by their users; empty where `amqp_url` was given by hand."""
    log_level: str = "info"
    reply_timeout_seconds: float = 10.0
    tick_seconds: float = 10.0
    batch_size: int = 128
    heartbeat_seconds: int = 30
    fast_path: bool = True
    traces: bool = False
    health_file: Path | None = None
    metrics_port: int | None = None
    metrics_address: str = "127.0.0.1"
    url: str | None = None
    """Of an antrean-web: where it is set, the patient's command speaks HTTPS with it."""
    web_address: str = "127.0.0.1"
    web_port: int = 8470
    board_port: int = 8480
    board_voice_dir: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    public_url: str | None = None
    web_secret: str | None = field(default=None, repr=False)
    web_secret_file: Path | None = None
    web_push_key: str | None = field(default=None, repr=False)
    web_push_key_file: Path | None = None
    web_push_contact: str | None = None
    web_push_services: tuple[str, ...] = ()
    purge_after_days: int | None = None
    purge_access_log_after_days: int | None = None
    registry_key: str | None = field(default=None, repr=False)
    registry_key_file: Path | None = None
    clock_starts_at: datetime | None = None
    clock_started_at: datetime | None = None
    clock_speed: float = 1.0
    data_dir: Path = field(default_factory=lambda: user_data_path("antrean"))
    config_dir: Path = field(default_factory=lambda: user_config_path("antrean"))
    stack_dir: Path = field(default_factory=lambda: user_state_path("antrean") / "stack")

    @classmethod
    def read(cls, variables: Mapping[str, str | None]) -> Self:
        """From environment variables; those without the prefix, and empty ones, are passed over.

        Raises SettingsError, naming the variable and never its value, where one cannot be read.
        """
        given: dict[str, Any] = {}
        for name in READERS:
            variable = PREFIX + name.upper()
            if value := variables.get(variable):
                given[name] = read_value(name, variable, value)
        return cls(**given)

    def clock(self) -> Clock:
        """The clock that these settings ask for; raises SettingsError where it shows no moment."""
        if self.clock_starts_at is None or self.clock_started_at is None:
            return SystemClock()
        clock = ScaledClock(self.clock_starts_at, self.clock_started_at, self.clock_speed)
        try:
            clock.now()
        except OverflowError as error:
            raise SettingsError(
                N_("ANTREAN_CLOCK_STARTS_AT cannot be used: this clock has left the calendar.")
            ) from error
        return clock

    def require_amqp_url(self) -> str:
        """The broker's address; raises SettingsError where nothing names one."""
        if self.amqp_url is None:
            raise SettingsError(
                N_("No broker is known: start one with `{start}`, or set ANTREAN_AMQP_URL."),
                start=start_command(),
            )
        return self.amqp_url

    def current_amqp_url(self) -> str:
        """As `require_amqp_url`, where a file holds the address as it does now: for who connects again."""
        return self.require_amqp_url() if self.amqp_url_file is None else self._from_file("amqp_url")

    def current_database_url(self) -> str:
        """As `require_database_url`, where a file holds the address as it does now."""
        file = self.database_url_file
        return self.require_database_url() if file is None else self._from_file("database_url")

    def with_files_read(self, role: Role | None) -> Self:
        """With the addresses that stand in files, those that `role` needs; raises SettingsError where one
        cannot be used."""
        if role == "patient" and self.url is not None:  # which needs no broker then
            return replace(self, url=self._over_tls(self.url))
        needed = ["amqp_url"]
        needed += ["database_url"] * (role is None or role in _DATABASE_ROLES)
        needed += ["management_url"] * (role in (None, "deploy"))
        found: dict[str, Any] = {}
        for name in needed:
            if (address := getattr(self, name)) is not None:
                found |= {name: self._over_tls(address), name + FILE.lower(): None}
            elif getattr(self, name + FILE.lower()) is not None:
                found[name] = self._from_file(name)
        return replace(self, **found)

    def _from_file(self, name: str) -> str:
        variable = f"{PREFIX}{name.upper()}{FILE}"
        secret = read_secret_file(variable, getattr(self, name + FILE.lower()))
        address: str = read_value(name, variable, secret)
        return self._over_tls(address)

    def _over_tls(self, address: str) -> str:
        """Where the address asks for TLS, it names the files of the settings, too."""
        if not address.startswith(("amqps:", "https:")):
            return address
        from antrean_client.tls import TlsFiles, with_files  # only here: `antrean` has to be quick to start

        files = (self.tls_ca_file, self.tls_certificate_file, self.tls_key_file)
        if key := self.tls_key_file or self.tls_certificate_file:
            see_that_it_is_secret(key)
        return with_files(address, TlsFiles(*(None if file is None else str(file) for file in files)))

    def require_database_url(self) -> str:
        """The database's address; raises SettingsError where nothing names one."""
        if self.database_url is None:
            raise SettingsError(
                N_("No database is known: set ANTREAN_DATABASE_URL, or start one by `{start}`."),
                start=start_command(),
            )
        return self.database_url

    def read_secret(self, name: str) -> tuple[str, str | None]:
        """The variable of the secret `name`, and what it or its file holds; None where there is neither.
        Raises SettingsError where the file cannot be used."""
        variable, secret = PREFIX + name.upper(), getattr(self, name)
        file = getattr(self, name + FILE.lower())
        if secret is None and file is not None:
            variable += FILE
            secret = read_secret_file(variable, file)
        return variable, secret

    def read_registry_key(self) -> "RegistryKey | None":
        """The key of the registries; None where it is not set. Raises SettingsError where it cannot be used,
        or its file cannot be read."""
        from common.registry_key import KEY_LENGTH_MIN, RegistryKey  # only here: `antrean` has to be quick

        variable, secret = self.read_secret("registry_key")
        if secret is None:
            return None
        if len(secret) < KEY_LENGTH_MIN:
            raise _too_short(variable, KEY_LENGTH_MIN)
        return RegistryKey(secret)

    def read_web_secret(self) -> str:
        """What antrean-web seals cookies and tokens with; raises SettingsError where it cannot be used."""
        variable, secret = self.read_secret("web_secret")
        if secret is None:
            raise SettingsError(
                N_(
                    "No secret of antrean-web is set: set ANTREAN_WEB_SECRET or ANTREAN_WEB_SECRET_FILE, the"
                    " same for all of them. Make one with: openssl rand -hex 32"
                )
            )
        if len(secret) < WEB_SECRET_LENGTH_MIN:
            raise _too_short(variable, WEB_SECRET_LENGTH_MIN)
        return secret

    def require_registry_key(self) -> "RegistryKey":
        """As `read_registry_key`; raises SettingsError where there is none."""
        key = self.read_registry_key()
        if key is None:
            raise SettingsError(
                N_(
                    "No key of the registries is set: set ANTREAN_REGISTRY_KEY or ANTREAN_REGISTRY_KEY_FILE,"
                    " the same for the registrars. Make one with: openssl rand -hex 32"
                )
            )
        return key


def _too_short(variable: str, length: int) -> SettingsError:
    return SettingsError(
        N_("{variable} cannot be used: a key has at least {length} characters, made at random."),
        variable=variable,
        length=length,
    )


def load_settings(role: Role | None) -> Settings:
    """The settings of a process that connects to the broker as `role`; with None those given by hand only,
    without what a running local stack would add.

    Raises SettingsError, naming the variable, where one cannot be read, and for operators where `.env` is not
    trusted and the environment does not say which system they mean.
    """
    settings = Settings.read(environment(role)).with_files_read(role)
    if role is None or (settings.amqp_url and settings.database_url):
        return settings
    if role == "patient" and settings.url is not None and settings.url.startswith("https:"):
        return settings  # another installation's; without TLS it is one of this computer
    return _completed_from_local_stack(settings, role)


def language_set(role: Role) -> str | None:
    """The language that is set, also where another setting cannot be read; None where none is, or none that
    can be read."""
    variable = f"{PREFIX}LANGUAGE"
    with suppress(SettingsError):
        if value := os.environ.get(variable) or environment(role).get(variable):
            language: str = read_value("language", variable, value)
            return language
    return None


def environment(role: Role | None = None) -> dict[str, str | None]:
    """The environment, and under it the file `.env`. In both, an address that is meant for `role` alone, such
    as `ANTREAN_AMQP_URL_DESK`, comes before the one for all."""
    return laid_over(_of_role(_env_file(role), role), _of_role({**os.environ}, role), _secrets())


def _env_file(role: Role | None) -> dict[str, str | None]:
    path = Path(".env")
    if not os.access(path, os.F_OK) or path.is_dir():
        return {}
    from dotenv import dotenv_values  # only here: `antrean` has to be quick to start

    try:
        return dotenv_values(stream=StringIO(read_trusted(path)))
    except FileNotTrusted as error:  # it may name another hospital's broker, or a thief's
        if role == "deploy" and not _names_a_system(_of_role({**os.environ}, role)):
            raise SettingsError(error.reason.of_settings, path=error.path) from error
        error.tell()
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(N_("The file .env cannot be read: it must be a text in UTF-8.")) from error


def _secrets() -> list[str]:
    passwords = [f"PASSWORD_{each.upper()}" for each in (*BROKER_USERS, "accounts")]
    passwords += [f"{DATABASE_PASSWORD}{each.upper()}" for each in WORKER_ROLES]
    return [PREFIX + name for name in (*ADDRESSES, "REGISTRY_KEY", "WEB_SECRET", "WEB_PUSH_KEY", *passwords)]


def _names_a_system(variables: Mapping[str, str | None]) -> bool:
    names = [f"{PREFIX}{address}" for address in ("AMQP_URL", "DATABASE_URL")]
    return all(variables.get(name) or variables.get(name + FILE) for name in names)


def _of_role(variables: dict[str, str | None], role: Role | None) -> dict[str, str | None]:
    if role is None:
        return variables
    meant = {}
    for name in (f"{PREFIX}{each.removesuffix(FILE)}" for each in _OF_ONE_ROLE):
        for form in ("", FILE):
            if value := variables.get(f"{name}_{role.upper()}{form}"):
                meant[name + form] = value
    return laid_over(variables, meant, _secrets())


def _completed_from_local_stack(settings: Settings, role: Role) -> Settings:
    path = settings.stack_dir / STACK_FILE
    try:
        stack = json.loads(read_trusted(path))
        found = {
            "amqp_url": stack["amqp_urls"][role],
            "database_url": stack["database_url"],
            "management_url": stack.get("management_url"),
            "registry_key_file": _stack_key_file(stack, role),
        }
        staff = dict(stack.get("staff", {})) if role == "desk" else {}
        clock = Settings.read(stack.get("clock") or {})
    except FileNotTrusted as error:
        error.tell()
        return settings
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return settings
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            N_("{path} cannot be read: stop the local stack and start it again."), path=path
        ) from error
    times = {}
    if clock.clock_starts_at is not None and settings.clock_starts_at is None:
        times = {name: getattr(clock, name) for name in _CLOCK}
    if settings.amqp_url:
        # A broker named by hand belongs to another installation, and so does its database; unless it is the
        # stack's own, under an integrator's user: its hospitals have the stack's time then, too.
        is_own = _host_and_port(settings.amqp_url) == _host_and_port(found["amqp_url"])
        return replace(settings, **times) if is_own else settings
    missing = {name: value for name, value in found.items() if getattr(settings, name) is None}
    if settings.registry_key is not None:
        missing.pop("registry_key_file", None)
    return replace(settings, staff_passwords=staff, **missing, **times)


def _host_and_port(amqp_url: str) -> str:
    return amqp_url.rpartition("@")[2].partition("/")[0]


def _stack_key_file(stack: Mapping[str, Any], role: Role) -> Path | None:
    """The key of the local stack's registries, for those who need it."""
    file = stack.get("registry_key_file")
    return Path(file) if file and role in REGISTRY_ROLES else None


def clock_environment(starts_at: datetime, started_at: datetime, speed: float) -> dict[str, str]:
    """The variables that give a child process a `ScaledClock`."""
    return {
        "ANTREAN_CLOCK_STARTS_AT": starts_at.isoformat(),
        "ANTREAN_CLOCK_STARTED_AT": started_at.isoformat(),
        "ANTREAN_CLOCK_SPEED": repr(speed),
    }


def colours_wanted() -> bool:
    """Whether terminals may be written to in colours (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def plain_text_wanted() -> bool:
    """Whether the user asks for ASCII, by the C locale; Python itself would write UTF-8 all the same."""
    python_was_told = os.environ.get("PYTHONIOENCODING") or os.environ.get("PYTHONUTF8")
    return os.environ.get("LC_ALL") in ("C", "POSIX") and not python_was_told
