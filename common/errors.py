"""The errors that Antrean raises on purpose; each says in one sentence what its reader can do.

AntreanError
├── SettingsError            a setting is missing or cannot be read: correct it and start again
│   └── NotInstalled         a library that this program needs is missing: install its part of Antrean
├── CatalogError             a catalog file is not valid; nothing of it was applied
│   └── BusyClinicsError     (admin_cli.database.catalog_changes) it leaves out clinics where patients wait
├── StoreError
│   ├── StoreUnavailable     the database does not answer now: the same work can be tried again
│   │   ├── StoreContended   it has too much to do at once, or others were at the same rows
│   │   ├── CatalogChanged   (common.storage.catalog) a clinic changed meanwhile: do the same work again
│   │   └── QueuesMissing    (common.storage.queues) create the rows of these queues, then try again
│   ├── StoreConflict        another transaction was there first: look again, then decide again
│   ├── StoreForbids         the database's user lacks a right: grant it, then do the same work again
│   └── SchemaMismatch       the database has another schema than this program: migrate it
└── MessagingError
    ├── BrokerUnavailable    RabbitMQ cannot be reached
    │   └── BrokerRefused    it was reached and refuses this user, or this way of connecting
    ├── ServerUnavailable    antrean-web, which stands before the broker, cannot be reached
    │   └── ServerRefused    what was reached is not to be trusted, or is not antrean-web
    ├── RequestNotTaken      the broker did not take the request: its queue is full
    │   ├── NoQueue          no queue is bound for such requests: the server is not set up for them
    │   └── TooManyRequests  antrean-web takes no more from this computer, or its network, for a while
    └── NoReply              no answer in time: the request may or may not have been carried out

What clients raise, too, is in `antrean_client.errors`: AntreanError, SettingsError, and MessagingError with
all below it.
"""

from antrean_client.errors import (
    AntreanError,
    BrokerRefused,
    BrokerUnavailable,
    MessagingError,
    NoQueue,
    NoReply,
    Refusal,
    RequestNotTaken,
    ServerRefused,
    ServerUnavailable,
    SettingsError,
    TooManyRequests,
)
from common.translation import N_

__all__ = [
    "UNUSABLE_ADDRESS",
    "AntreanError",
    "BrokerRefused",
    "BrokerUnavailable",
    "CatalogError",
    "MessagingError",
    "NoQueue",
    "NoReply",
    "NotInstalled",
    "Refusal",
    "RequestNotTaken",
    "SchemaMismatch",
    "ServerRefused",
    "ServerUnavailable",
    "SettingsError",
    "StoreConflict",
    "StoreContended",
    "StoreError",
    "StoreForbids",
    "StoreUnavailable",
    "TooManyRequests",
    "places",
    "unusable_address",
]


def places(error: BaseException) -> list[str]:
    """Where an error was raised, innermost first, at most five places; safe to log, unlike its text."""
    found: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        found.insert(0, f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found[:5]


UNUSABLE_ADDRESS = N_("{variable} cannot be used: write {example}")
"""About an address in a setting; `example` is one that can be used."""


def unusable_address(variable: str, example: str) -> SettingsError:
    """The setting `variable` holds no address that can be used."""
    return SettingsError(UNUSABLE_ADDRESS, variable=variable, example=example)


class NotInstalled(SettingsError):
    """A library that this program needs is missing: its part of Antrean is not installed."""


class CatalogError(AntreanError):
    """A catalog file is not valid.

    `problems` holds one sentence for each thing to correct, with the place where it stands.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class StoreError(AntreanError):
    """The database failed."""


class StoreUnavailable(StoreError):
    """The database does not answer now. Nothing was committed; the same work can be tried again."""


class StoreContended(StoreUnavailable):
    """The database took a transaction back, since others were at the same rows or it had too much to do. The
    same work can be tried again at once."""


class StoreConflict(StoreError):
    """Another transaction wrote the same thing first. Nothing was committed; look again and decide again."""


class StoreForbids(StoreError):
    """The database does not let its user do this. Nothing was committed."""


class SchemaMismatch(StoreError):
    """The database has another schema than this program knows."""
