"""The history of a run: what every client asked, when, and what reply it got; written line by line.

Each client process appends to a file of its own, `history-<process>.jsonl`. A line is written and
flushed before its request is sent, and again when the outcome is known. So a client that is killed leaves an
operation without an end; the checker reads that as `unknown`.

An **operation** is one attempt of one client at one request, on one connection. (The product's own client
makes several connections within a call: that is one operation.) A request that is sent again in a new
attempt is a new operation with the same `request_id`. Within an operation the phases come in this order,
and no line follows the last of them:

    invoked    -> [confirmed] -> ok | refused | unknown

Every line has:

    at             float, seconds since 1970: the machine's clock
    simulated_at   ISO 8601 in UTC: what the run's simulated clock showed at that time
    client         such as `patient-07`, `raw-02`, `crowd-0311`, `desk-3`
    operation      the id of the attempt, unique in the run
    op             register | cancel | ticket_status | clinic_queue | list_clinics, or a desk's request
    phase          see above
    request_id     the message_id, a UUID in lower case with hyphens

`invoked` has besides:

    sent_at        ISO 8601 in UTC, whole seconds: the timestamp property; the same in every attempt
    user           of a desk's request: whose it is, as the broker knows them
    register       "hospital", "clinic", "medical_record_number" (normalised already), "name", "date_of_birth"
    cancel         "ticket_code"            ticket_status    "ticket_codes"
    clinic_queue   "hospital", "clinic"     list_clinics     "hospital"
    a desk's       all members of its body, as docs/desk-protocol.md has them
    settling       true: sent at the end of the run, because nothing was known of the request until then.
                   If an earlier operation of the request was `confirmed`, what the request did has to have
                   been done before this one's `simulated_at`: otherwise a confirmed request was lost.
    other_contents true: knowingly sent with another patient's data under an id that was used before (or is
                   used at the same time); whichever comes first is carried out, the other is refused with
                   `request_id_reused`
    copies         n: one of n copies of one request that were sent on purpose (each is an operation)
    planted        what it was planted as: `poison`; such a request kills the worker that handles it

`confirmed` is the broker's publisher confirm, written by raw clients only: the product's own client does not
report it. A raw client that sends again on the same connection stays in the same operation; it writes the
first confirm. Look-ups may be confirmed and unanswered (the broker drops them after 15 s): nothing is lost.

`ok` has "reply", the reply's name, and, according to it:

    ticket         "ticket": {ticket_code, number, service_date, hospital, clinic, status, people_ahead,
                   now_serving}
    tickets        "tickets": [as above ...], "not_found": [ticket codes]
    clinic_queue   "queue": {hospital, clinic, service_date, is_open, now_serving, in_rooms, next, waiting}
    clinics        "hospital", "clinics": [{code, is_open, now_serving, waiting, quota_left}]
    desk_done      "done": {hospital, clinic, service_date, changes, ticket}, "new_ticket": as in ticket
    desk_queue     "desk_queue": {hospital, clinic, service_date, now_serving, "tickets": [...]}; each of a
                   desk's tickets is {number, service_date, status, room}: no names

`refused` has "code", the problem code, with `not_permitted_now` its "reason", and where the problem names a
ticket the "ticket" that is held (for patients without its code), as it was when the request was first
refused: a repetition gets the same words.

Codes of tickets stand everywhere as clients write them, `7K3F-9QXM-2T5R`; numbers that are called as they
are shown, `C01-017`.

`unknown` has "reason": what the client saw in this attempt. This attempt, or an earlier one, may have been
carried out nevertheless:

    no_reply       sent, and no answer came in time or before the connection was lost
    not_taken      the broker refused it (basic.nack: the queue is full; or basic.return)
    no_broker      the broker could not be reached, and nothing was sent
    died           the client died on purpose, after publishing or after the confirm
    client_fault   the product's client raised what it does not document ("error" holds its type): a violation
"""

import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self

from common.clock import Clock

UnknownReason = Literal["no_reply", "not_taken", "no_broker", "died", "client_fault"]

_TICKET_FIELDS = (
    "ticket_code",
    "number",
    "service_date",
    "hospital",
    "clinic",
    "status",
    "people_ahead",
    "now_serving",
)
_DESK_TICKET_FIELDS = ("number", "service_date", "status", "room")
_DESK_LISTS = ("in_rooms", "waiting", "no_shows", "parked")
_QUEUE_FIELDS = ("hospital", "clinic", "service_date", "now_serving")
_CLINIC_FIELDS = ("code", "is_open", "now_serving", "waiting", "quota_left")


@dataclass(frozen=True)
class Request:
    """A client's request: its id, contents and `sent_at` stay the same however often it is sent."""

    name: str
    body: Mapping[str, Any]
    request_id: str
    sent_at: datetime

    @classmethod
    def new(cls, name: str, body: Mapping[str, Any], clock: Clock, request_id: str) -> Self:
        """A request with the present moment as its timestamp."""
        return cls(name, body, request_id, clock.now().replace(microsecond=0))


class JsonLines:
    """A file that lines of JSON are appended to, by any number of threads."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def write(self, line: Mapping[str, Any]) -> None:
        """Appends a line and flushes it: it survives the end of the process."""
        encoded = json.dumps(line, ensure_ascii=False) + "\n"
        with self._lock:
            self._file.write(encoded)
            self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


class History:
    """The history of one process, `history-<process>.jsonl` in the run's directory."""

    def __init__(self, directory: Path, process: str, clock: Clock) -> None:
        self._lines = JsonLines(directory / f"history-{process}.jsonl")
        self._clock = clock

    def invoke(self, client: str, request: Request, **marks: Any) -> "Operation":
        """Writes that `client` is about to send; `marks` are further members of the line, such as
        `settling`, and those that are False or None are left out."""
        operation = Operation(self, client, request)
        given = {key: value for key, value in marks.items() if value}
        sent_at = request.sent_at.astimezone(UTC).isoformat()
        self.write(operation, "invoked", sent_at=sent_at, **request.body, **given)
        return operation

    def write(self, operation: "Operation", phase: str, **members: Any) -> None:
        """Appends a line about an operation."""
        line = {
            "at": time.time(),
            "simulated_at": self._clock.now().astimezone(UTC).isoformat(),
            "client": operation.client,
            "operation": operation.id,
            "op": operation.request.name,
            "phase": phase,
            "request_id": operation.request.request_id,
        }
        self._lines.write(line | members)

    def close(self) -> None:
        """Closes the file."""
        self._lines.close()


class Operation:
    """One attempt at a request; nothing is written after its end."""

    def __init__(self, history: History, client: str, request: Request) -> None:
        self.client = client
        self.request = request
        self.id = str(uuid.uuid4())
        self._history = history
        self._confirmed = False
        self._ended = False

    @property
    def is_confirmed(self) -> bool:
        """Whether the broker has confirmed the request in this attempt."""
        return self._confirmed

    def confirmed(self) -> None:
        """The broker has confirmed the request."""
        if not self._confirmed and not self._ended:
            self._confirmed = True
            self._history.write(self, "confirmed")

    def answered(self, reply: str, body: Mapping[str, Any]) -> None:
        """A reply has come: the end."""
        if reply == "problem":
            told = {"ticket": _ticket(body["ticket"])} if "ticket" in body else {}
            told |= {"reason": body["reason"]} if "reason" in body else {}
            self._end("refused", code=body["code"], **told)
        else:
            self._end("ok", reply=reply, **_reply_fields(reply, body))

    def unknown(self, reason: UnknownReason, **members: Any) -> None:
        """The client stops waiting: the end of this attempt."""
        self._end("unknown", reason=reason, **members)

    def _end(self, phase: str, **members: Any) -> None:
        if not self._ended:
            self._ended = True
            self._history.write(self, phase, **members)


def _reply_fields(reply: str, body: Mapping[str, Any]) -> dict[str, Any]:
    if reply == "ticket":
        return {"ticket": _ticket(body)}
    if reply == "tickets":
        return {"tickets": [_ticket(each) for each in body["tickets"]], "not_found": body["not_found"]}
    if reply == "clinic_queue":
        return {"queue": dict(body)}
    if reply == "desk_done":
        done = {key: body[key] for key in ("hospital", "clinic", "service_date", "changes")}
        new = body["new_ticket"]
        return {
            "done": done | {"ticket": body["ticket"] and _desk_ticket(body["ticket"])},
            "new_ticket": new and _ticket(new),
        }
    if reply == "desk_queue":
        shown = [_desk_ticket(each) for key in _DESK_LISTS for each in body[key]]
        return {"desk_queue": {**{key: body[key] for key in _QUEUE_FIELDS}, "tickets": shown}}
    clinics = [{key: each[key] for key in _CLINIC_FIELDS} for each in body["clinics"]]
    return {"hospital": body["hospital"], "clinics": clinics}


def _desk_ticket(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: body[key] for key in _DESK_TICKET_FIELDS}


def _ticket(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: body[key] for key in _TICKET_FIELDS}
