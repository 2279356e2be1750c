"""Staff and patients of a morning, who send each request twice; what they did is kept."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from common.domain.event_names import EventName
from common.messaging.topology import DESK_EXCHANGE, definitions
from common.storage.engine import snapshot
from common.storage.tables import journal
from tests.broker import RunningBroker
from tests.database import opened
from tests.deployment import Deployment, Patient, personal_data_in, ticket_codes_in
from tests.staff import duty, let_serve
from tests.workers.event_tap import EventTap, ReceivedEvent, distinct_events
from tests.workers.node_control import control
from tests.workers.requester import Message, ReceivedReply, Requester, message, requester

HOSPITAL = "RSHS"

_IN_FULL = {"desk_done": "changes", "ticket": "ticket_code"}
"""Of replies, the member that a repetition has as it was."""


class Done(NamedTuple):
    """A request that was sent, by whom (None: a patient), and its reply."""

    id: str
    user: str | None
    reply: ReceivedReply


@dataclass
class Morning:
    """What was done by all in some clinics, the codes of the tickets by clinic and number, and the patients
    whose data nobody else may read."""

    deployment: Deployment
    addresses: Mapping[str, str]
    clinics: tuple[str, ...]
    done: list[Done] = field(default_factory=list)
    codes: dict[tuple[str, int], str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    def patient(self, **data: Any) -> Patient:
        """Somebody new, or somebody with this data."""
        found = Patient(**data)
        self.secrets |= {found.medical_record_number, found.name, found.date_of_birth.isoformat()}
        return found

    @contextmanager
    def at(self, clinic: str, user: str | None = None) -> Iterator["Place"]:
        """A connection of a member of staff, or of a patient, for one thread."""
        with requester(self.deployment, self.addresses[user] if user else None) as connected:
            yield Place(self, connected, clinic, user)


@dataclass(frozen=True)
class Place:
    """Where somebody sends each request twice, as after a lost confirmation, and gets one answer."""

    morning: Morning
    requester: Requester
    clinic: str
    user: str | None

    def sends(self, name: str, body: dict[str, Any]) -> ReceivedReply:
        """The reply to a request."""
        sent = message(name, body)
        if self.user:
            sent = Message(sent.body, sent.properties, name, DESK_EXCHANGE)
        for _ in range(2):
            self.requester.send(sent)
        first, second = self.requester.replies_to(sent, 2)
        assert decided(first) == decided(second), (name, first, second)
        self.morning.done.append(Done(str(sent.properties.message_id), self.user, first))
        return first

    def asks(self, name: str, /, **body: Any) -> ReceivedReply:
        """The reply to a request about the clinic."""
        return self.sends(name, {"hospital": HOSPITAL, "clinic": self.clinic, **body})

    def refused(self, name: str, /, **body: Any) -> str:
        """The code with which a request about the clinic is refused."""
        return self.asks(name, **body).code

    def done(self, name: str, /, **body: Any) -> dict[str, Any]:
        """The reply to a request that is done."""
        reply = self.asks(name, **body)
        assert reply.name == "desk_done", (name, reply)
        return reply.body

    def does(self, name: str, /, **body: Any) -> list[tuple[str, int | None]]:
        """The changes of a request that is done, in order."""
        return [(each["event"], each["number"]) for each in self.done(name, **body)["changes"]]

    def calls(self, room: int) -> int:
        """The number that is called to a room."""
        event, number = self.does("call_next", room=room)[-1]
        assert event == EventName.TICKET_CALLED
        assert number is not None
        return number

    def registers(self, patient: Patient, **more: Any) -> ReceivedReply:
        """Registers a patient, at the counter where it is the staff's place; `more` are other members."""
        body = patient.body(HOSPITAL, self.clinic) | more
        return self.asks("desk_register" if self.user else "register", **body)

    def number_of(self, patient: Patient, **more: Any) -> int:
        """Registers a patient; the number."""
        reply = self.registers(patient, **more)
        assert reply.name == "ticket", reply
        number = int(reply.body["number"])
        self.morning.codes[self.clinic, number] = reply.body["ticket_code"]
        return number

    def waiting(self) -> list[int]:
        """The numbers that wait, in order."""
        return [each["number"] for each in self.asks("desk_queue").body["waiting"]]

    def sees(self, number: int) -> dict[str, Any]:
        """A ticket, as the patient who holds it sees it."""
        code = self.morning.codes[self.clinic, number]
        [ticket] = self.sends("ticket_status", {"ticket_codes": [code]}).body["tickets"]
        return dict(ticket)


def decided(reply: ReceivedReply) -> Any:
    """What a reply says that does not depend on when it was written."""
    if reply.name == "problem":
        return reply.code, reply.body.get("reason")
    return reply.name, reply.body.get(_IN_FULL.get(str(reply.name), ""))


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What these return, done at the same time."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result() for each in [pool.submit(work) for work in works]]


# --- who works there, and what is kept of it --------------------------------------------------------------


@contextmanager
def staffed(
    broker: RunningBroker, deployment: Deployment, roles: Mapping[str, str], *clinics: str
) -> Iterator[dict[str, str]]:
    """The broker's address for each member of staff, who are users there, with a role in these clinics."""
    if broker.node is None:
        pytest.skip("only a broker of our own takes users from tests")
    passwords = {name: f"{name}-password" for name in roles}
    file = deployment.directory / "users.json"
    file.write_text(json.dumps(definitions({}, passwords)))
    control(broker.node, ["import_definitions", str(file)])
    with opened(deployment.database_url) as engine:
        for name, role in roles.items():
            let_serve(engine, name, duty(role, HOSPITAL, *clinics))
    place = urlsplit(deployment.urls["desk"]).netloc.rpartition("@")[2]
    try:
        yield {name: f"amqp://{name}:{password}@{place}/" for name, password in passwords.items()}
    finally:
        for name in roles:
            control(broker.node, ["delete_user", name])


def changes_in(morning: Morning) -> dict[str, list[tuple[str, str | None]]]:
    """By the id of its cause: the names of what the journal says was changed, and whose request it was."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    rows = select(journal).where(journal.c.clinic.in_(morning.clinics))
    with opened(morning.deployment.database_url) as engine, snapshot(engine) as connection:
        for row in connection.execute(rows.order_by(journal.c.cause_id, journal.c.ordinal)):
            found.setdefault(row.cause_id, []).append((row.event_name, row.operator))
    return found


def each_change_has_its_user(morning: Morning) -> None:
    """Once for each request that was done, and none for one that was refused."""
    found = changes_in(morning)
    for cause, user, reply in morning.done:
        names = []
        if reply.name == "desk_done":
            names = [each["event"] for each in reply.body["changes"] for _ in range(each["count"])]
        elif reply.name == "ticket":
            names = [EventName.TICKET_REGISTERED]
        assert found.pop(cause, []) == [(name, user) for name in names], reply
    assert {user for changes in found.values() for _, user in changes} <= {None}


def nothing_personal_is_told(morning: Morning, events: list[ReceivedEvent]) -> None:
    """Neither in any event nor in any log."""
    for told in ("\n".join(event.raw for event in events), morning.deployment.logs()):
        assert not [secret for secret in morning.secrets if secret in told]
        assert not personal_data_in(told)
        assert not ticket_codes_in(told, morning.deployment.ticket_codes)


def all_events(morning: Morning, tap: EventTap) -> list[ReceivedEvent]:
    """Each event of the clinics once, when all have arrived."""
    count = sum(len(changes) for changes in changes_in(morning).values())

    def arrived() -> list[ReceivedEvent]:
        return [event for clinic in morning.clinics for event in distinct_events(tap.of(clinic))]

    tap.until(lambda: len(arrived()) >= count, f"{count} events")
    return arrived()
