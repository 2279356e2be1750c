"""The web pages of a stack: where the patients' (`web`) and the waiting room's (`board`) are."""

import http.client
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from common.settings import Settings
from local_stack.bilingual import say
from local_stack.endpoint import HOST, free_ports

PROGRAMS: Final[Mapping[str, str]] = {"web": "patient_web", "board": "waiting_room"}

_ANSWER_SECONDS_MAX: Final = 2.0


class WebPages:
    """Ports on this machine, one for each of `PROGRAMS`: those of the settings, or others where they are
    taken."""

    def __init__(self, settings: Settings) -> None:
        at = ip_address(settings.web_address)
        self._host = HOST if at.is_unspecified else str(at)
        self._ports = free_ports({"web": settings.web_port, "board": settings.board_port})
        self._public_url = settings.public_url or self.url("web")

    def url(self, role: str) -> str:
        """Where it is for a browser on this machine."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._ports[role]}/"

    def environment(self) -> dict[str, str]:
        """What each of the processes gets beside its broker."""
        return {
            "ANTREAN_WEB_PORT": str(self._ports["web"]),
            "ANTREAN_BOARD_PORT": str(self._ports["board"]),
            "ANTREAN_PUBLIC_URL": self._public_url,
        }

    def are_ready(self) -> bool:
        """Whether all of them can do their work."""
        return all(map(self._is_ready, PROGRAMS))

    def _is_ready(self, role: str) -> bool:
        connection = http.client.HTTPConnection(self._host, self._ports[role], timeout=_ANSWER_SECONDS_MAX)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()


def say_where_the_pages_are(pages: WebPages) -> None:
    """Prints the addresses."""
    say("Patients' pages, in a browser: {url}", url=pages.url("web"))
    say("The board of a waiting room: {url}", url=pages.url("board"))
