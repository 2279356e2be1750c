"""The settings of every process, read once at its start: the only reader of the environment.

Settings come from the environment and, under it, from a file `.env` in the working directory; their names
have the prefix `ANTREAN_` (`.env.example` describes them all). Where no broker or database is named, the
file `stack.json` that a running local stack keeps says where they are.

A pydantic model over python-dotenv, without pydantic-settings: importing that would take a third of the
time in which `antrean register` has to print a ticket.
"""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from dotenv import dotenv_values
from platformdirs import user_data_path, user_state_path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from common.clock import Clock, ScaledClock, SystemClock
from common.errors import SettingsError

PREFIX = "ANTREAN_"
STACK_FILE = "stack.json"

Role = Literal["patient", "desk", "registrar", "ticker", "status", "deploy"]


class Settings(BaseModel):
    """All settings. `amqp_url` and `database_url` are None where nothing says where the thing is."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    amqp_url: str | None = Field(None, pattern=r"^amqps?://")
    database_url: str | None = Field(None, pattern=r"^(sqlite|postgresql)(\+[a-z]+)?://")
    language: Literal["id", "en"] = "id"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    reply_timeout_seconds: float = Field(10.0, gt=0, le=120)
    tick_seconds: float = Field(10.0, ge=0.1, le=3600)
    batch_size: int = Field(128, ge=1, le=1000)
    heartbeat_seconds: int = Field(30, ge=5, le=300)
    clock_starts_at: AwareDatetime | None = None
    clock_started_at: AwareDatetime | None = None
    clock_speed: float = Field(1.0, gt=0, le=10_000)
    data_dir: Path = Field(default_factory=lambda: user_data_path("antrean"))
    stack_dir: Path = Field(default_factory=lambda: user_state_path("antrean") / "stack")

    def clock(self) -> Clock:
        """The clock that these settings ask for."""
        if self.clock_starts_at is None or self.clock_started_at is None:
            return SystemClock()
        return ScaledClock(self.clock_starts_at, self.clock_started_at, self.clock_speed)

    def require_amqp_url(self) -> str:
        """The broker's address; raises SettingsError where nothing names one."""
        if self.amqp_url is None:
            raise SettingsError("No broker is known: start one with `make up`, or set ANTREAN_AMQP_URL.")
        return self.amqp_url

    def require_database_url(self) -> str:
        """The database's address; raises SettingsError where nothing names one."""
        if self.database_url is None:
            raise SettingsError("No database is known: set ANTREAN_DATABASE_URL, or start one by `make up`.")
        return self.database_url


def load_settings(role: Role | None) -> Settings:
    """The settings of a process that connects to the broker as `role`; with None those given by hand only,
    without what a running local stack would add.

    Raises SettingsError, naming the variable, where one cannot be read.
    """
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in _environment().items()
        if name.startswith(PREFIX) and value
    }
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise SettingsError(f"{name} cannot be used: {first['msg']}.") from error
    if role is None or (settings.amqp_url and settings.database_url):
        return settings
    return _completed_from_local_stack(settings, role)


def _environment() -> dict[str, str | None]:
    try:
        return {**dotenv_values(".env"), **os.environ}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("The file .env cannot be read: it must be a text in UTF-8.") from error


def _completed_from_local_stack(settings: Settings, role: Role) -> Settings:
    path = settings.stack_dir / STACK_FILE
    try:
        stack = json.loads(path.read_text())
        found = {"amqp_url": stack["amqp_urls"][role], "database_url": stack["database_url"]}
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return settings
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path} cannot be read: stop the local stack and start it again.") from error
    if settings.amqp_url:
        # A broker named by hand belongs to another installation, and so does its database.
        return settings
    missing = {name: value for name, value in found.items() if getattr(settings, name) is None}
    return settings.model_copy(update=missing)


def clock_environment(starts_at: datetime, started_at: datetime, speed: float) -> dict[str, str]:
    """The variables that give a child process a `ScaledClock`."""
    return {
        "ANTREAN_CLOCK_STARTS_AT": starts_at.isoformat(),
        "ANTREAN_CLOCK_STARTED_AT": started_at.isoformat(),
        "ANTREAN_CLOCK_SPEED": repr(speed),
    }


def role_passwords() -> dict[str, str]:
    """The broker's password of each role, from `ANTREAN_PASSWORD_PATIENT` and so on.

    Raises SettingsError, naming every variable that is missing.
    """
    given = _environment()
    roles: tuple[Role, ...] = get_args(Role)
    passwords: dict[str, str] = {role: given.get(f"{PREFIX}PASSWORD_{role.upper()}") or "" for role in roles}
    missing = [f"{PREFIX}PASSWORD_{role.upper()}" for role, password in passwords.items() if not password]
    if missing:
        raise SettingsError(f"Set the passwords of the broker's users: {', '.join(missing)}.")
    return passwords
