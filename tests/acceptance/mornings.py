"""Staff and patients of a morning, who send each request twice; what they did is kept."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from common.domain.event_names import EventName
from common.messaging.topology import DESK_EXCHANGE
from tests.deployment import Deployment, Patient
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
    """What was done by all, the codes of the tickets by clinic and number, and the patients whose data nobody
    else may read."""

    deployment: Deployment
    addresses: dict[str, str]
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

    def registers(self, patient: Patient) -> ReceivedReply:
        """Registers a patient, at the counter where it is the staff's place."""
        body = patient.body(HOSPITAL, self.clinic)
        return self.asks("desk_register" if self.user else "register", **body)

    def number_of(self, patient: Patient) -> int:
        """Registers a patient; the number."""
        reply = self.registers(patient)
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
