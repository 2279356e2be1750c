"""A program of a patient that asks antrean-web over HTTP, and what it has of its answers."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.deployment import HOSPITAL, Deployment, Patient
from tests.web.web_process import WebProcess

PROBLEM = "application/problem+json"
Ticket = dict[str, Any]
Headers = dict[str, str]


@dataclass
class ApiClient:
    """Speaks English, so that problems come as the workers wrote them. Its ticket codes, and what problems
    told, are kept, so that a test can look for what must not be there."""

    http: httpx.Client
    deployment: Deployment
    told: list[str] = field(default_factory=list)

    def get(self, path: str, **given: Any) -> httpx.Response:
        """GET below /api/v1."""
        return self.noted(self.http.get(f"/api/v1{path}", **given))

    def post(self, path: str, body: Any = None, **given: Any) -> httpx.Response:
        """POST below /api/v1, with a body in JSON."""
        return self.noted(self.http.post(f"/api/v1{path}", json=body, **given))

    def register(
        self, clinic: str, patient: Patient | None = None, key: str = "", headers: Headers | None = None
    ) -> httpx.Response:
        """Asks for a ticket."""
        body = (patient or Patient()).body(HOSPITAL, clinic)
        return self.post(
            "/tickets", body, headers={"Idempotency-Key": key or str(uuid.uuid4()), **(headers or {})}
        )

    def ticket(self, clinic: str) -> Ticket:
        """A new ticket."""
        answer = self.register(clinic)
        assert answer.status_code == 201, answer.text
        found: Ticket = answer.json()
        return found

    def noted(self, answer: httpx.Response) -> httpx.Response:
        """Keeps what has to be looked through at the end."""
        if answer.headers.get("content-type") == PROBLEM:
            # A ticket in a problem is a reply to whoever may know.
            self.told.append(json.dumps({**answer.json(), "ticket": None}))
        elif isinstance(body := answer.json() if answer.content else None, dict) and "ticket_code" in body:
            self.deployment.ticket_codes.add(body["ticket_code"])
        return answer


@contextmanager
def api_client(process: WebProcess, deployment: Deployment, **headers: str) -> Iterator[ApiClient]:
    """A client of a device of its own."""
    with process.client(headers={"Accept-Language": "en", **headers}) as http:
        yield ApiClient(http, deployment)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """The status of a problem, and its code."""
    assert answer.headers["content-type"] == PROBLEM, answer.text
    problem = answer.json()
    assert problem.keys() >= {"type", "title", "detail", "code", "errors"}
    assert problem["detail"]
    return answer.status_code, problem["code"]
