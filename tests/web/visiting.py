"""A patient with a browser that runs no script: reads pages, fills in forms, and follows where they lead."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

import httpx

from tests.deployment import HOSPITAL, Patient
from tests.web.web_process import WebProcess

_INPUT = re.compile(r"<input[^>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_ACTION = re.compile(r'<form method="post" action="([^"]*)" novalidate')
_CODE = re.compile(r'data-code="([^"]+)"')


@dataclass
class Visitor:
    """Has a memory of its own for cookies; `page` is what is shown now."""

    client: httpx.Client
    page: httpx.Response = field(default_factory=lambda: httpx.Response(204))

    def go(self, path: str) -> httpx.Response:
        """Opens another page."""
        self.page = self.client.get(path)
        return self.page

    def hidden(self) -> dict[str, str]:
        """The hidden fields of the page's form."""
        inputs = (dict(_ATTRIBUTE.findall(each)) for each in _INPUT.findall(self.page.text))
        return {each["name"]: unescape(each["value"]) for each in inputs if each.get("type") == "hidden"}

    def send(self, path: str = "", /, **fields: str) -> httpx.Response:
        """Sends the page's form to `path`, else to where the form says, or to the page itself."""
        action = _ACTION.search(self.page.text)
        address = path or (unescape(action[1]) if action else str(self.page.url))
        self.page = self.client.post(address, data={**self.hidden(), **fields})
        return self.page

    @property
    def text(self) -> str:
        """What stands on the page, without its tags."""
        body = self.page.text.partition("<main")[2]
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())

    @property
    def code(self) -> str:
        """The code of the ticket on the page."""
        [code] = _CODE.findall(self.page.text)
        return str(code)


def entries(patient: Patient, **others: str) -> Mapping[str, str]:
    """What a patient writes into the form."""
    return {
        "medical_record_number": patient.medical_record_number,
        "name": patient.name,
        "date_of_birth": "19-07-1953",
        **others,
    }


class Visits:
    """All who visit one process; it ends when they have left."""

    def __init__(self, process: WebProcess) -> None:
        self._process = process
        self._clients: list[httpx.Client] = []

    def at(self, path: str = "/", language: str = "en") -> Visitor:
        """Somebody who has just opened a page, for the first time."""
        client = self._process.client(follow_redirects=True, headers={"Accept-Language": language})
        self._clients.append(client)
        return Visitor(client, client.get(path))

    def registered(self, clinic: str, patient: Patient | None = None, **others: str) -> Visitor:
        """Somebody who has just taken a number."""
        visitor = self.at(f"/hospitals/{HOSPITAL}/{clinic}")
        visitor.send(**entries(patient or Patient(), **others))
        assert visitor.page.status_code == 200, visitor.text
        return visitor

    def leave(self) -> None:
        """Everybody leaves."""
        for client in self._clients:
            client.close()
