"""One run of `antrean`."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from common.terminal.requesting import RequestingSession
from common.translation import N_
from patient_cli.ticket_book import TicketBook

if TYPE_CHECKING:
    from antrean_client.requests import RequestClient
    from patient_cli.device_names import KeptDeviceNames


class PatientSession(RequestingSession):
    """A session of somebody who takes tickets, and remembers them."""

    package = "patient_cli"
    role = "patient"
    hints: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "hospital_not_found": (N_("See the codes with: {command}"), "hospitals"),
        "clinic_not_found": (N_("See the codes with: {command}"), "clinics", "{hospital}"),
        "not_cancellable": (N_("See its status with: {command}"), "status", "{ticket_code}"),
    }

    @cached_property
    def book(self) -> TicketBook:
        """The tickets this user took."""
        return TicketBook(self.settings.data_dir)

    def new_client(self) -> "RequestClient":
        """Over HTTPS, where the settings name an antrean-web; else over the broker."""
        if self.settings.url is None:
            return super().new_client()
        from antrean_client.web_client import WebClient  # only here, so that help and usage errors are quick

        return WebClient(self.settings.url, self.settings.clock(), self._devices)

    @contextmanager
    def waiting_for_news(self) -> Iterator[Callable[[str, float], None]]:
        """How to wait until something may be new about a ticket, by its code: over HTTPS until the server
        says so, over the broker for so many seconds."""
        if self.settings.url is None:
            yield lambda _code, seconds: time.sleep(seconds)
            return
        from antrean_client.ticket_news import TicketNews

        news = TicketNews(self.settings.url, self._devices)
        try:
            yield news.wait
        finally:
            news.close()

    @cached_property
    def _devices(self) -> "KeptDeviceNames":
        from patient_cli.device_names import KeptDeviceNames

        return KeptDeviceNames(self.settings.data_dir)
