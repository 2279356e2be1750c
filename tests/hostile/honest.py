"""Honest people, as one process: `python -m tests.hostile.honest SCENE CALLS SECONDS`.

Patients register, look at their ticket and give some tickets up, with the product's own client; half of them
connect for each request, as `antrean` does. Desks register patients, call them and look at their queue. All
wait so many seconds for a reply.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import Any, TextIO

from antrean_client.requests import Answer
from antrean_client.rpc_client import RpcClient
from common.clock import SystemClock
from common.errors import BrokerUnavailable, NoReply, RequestNotTaken
from common.messaging.topology import REQUEST_EXCHANGES
from tests.deployment import Patient
from tests.hostile.calls import DESK, Call, Outcome
from tests.hostile.scene import DESK_CLINIC, HONEST_CLINICS, HOSPITAL, Scene

PATIENTS = 6
DESKS = 2
_PAUSE_SECONDS = (0.1, 0.5)
_BUSY_CODES = ("busy", "temporarily_unavailable")


class Notes:
    """Writes down each call as it begins and as it ends."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def write(self, call_id: str, call: Call) -> None:
        """Appends a line at once."""
        line = json.dumps([call_id, asdict(call)])
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()


class Person:
    """Somebody with a client of their own, in a thread of their own."""

    def __init__(self, name: str, scene: Scene, notes: Notes, seconds_max: float) -> None:
        role = "desk" if name.startswith(DESK) else "patient"
        self.name = name
        self.random = Random(name)
        self._notes = notes
        self._keeps_connection = int(name[-1]) % 2 == 0
        self._seconds_max = seconds_max
        self._client = RpcClient(scene.urls[role], REQUEST_EXCHANGES[role], SystemClock())
        self._calls = 0

    def asks(self, name: str, /, **body: Any) -> dict[str, Any] | None:
        """The reply's body; None where there is none, or it is a problem."""
        self._calls += 1
        call_id, call = f"{self.name}-{self._calls}", Call(self.name, name, time.monotonic())
        self._notes.write(call_id, call)
        answer, outcome, detail = self._outcome(name, body)
        self._notes.write(call_id, replace(call, ended=time.monotonic(), outcome=outcome, detail=detail))
        if not self._keeps_connection:
            self._client.close()
        time.sleep(self.random.uniform(*_PAUSE_SECONDS))
        return answer.body if answer is not None and answer.name != "problem" else None

    def _outcome(self, name: str, body: dict[str, Any]) -> tuple[Answer | None, Outcome, str]:
        try:
            answer = self._client.call(name, body, timeout_seconds=self._seconds_max)
        except RequestNotTaken:
            return None, "busy", "not taken"
        except NoReply:
            return None, "unanswered", ""
        except BrokerUnavailable as error:
            time.sleep(_PAUSE_SECONDS[1])
            return None, "unreachable", type(error).__name__
        code = str(answer.body["code"]) if answer.name == "problem" else ""
        return answer, "busy" if code in _BUSY_CODES else "answered", code


def be_patient(person: Person) -> None:
    """Registers, looks twice, and gives every other ticket up."""
    clinic = person.random.choice(HONEST_CLINICS)
    ticket = person.asks("register", **Patient().body(HOSPITAL, clinic))
    if ticket is None:
        return
    for _ in range(2):
        person.asks("ticket_status", ticket_codes=[ticket["ticket_code"]])
    if person.random.random() < 0.5:
        person.asks("cancel", ticket_code=ticket["ticket_code"])


def be_desk(person: Person) -> None:
    """Registers somebody at the counter, looks at the queue, and calls the next."""
    place = {"hospital": HOSPITAL, "clinic": DESK_CLINIC}
    person.asks("desk_register", **Patient().body(HOSPITAL, DESK_CLINIC))
    person.asks("desk_queue", **place, with_names=False)
    person.asks("call_next", **place, room=int(person.name[-1]))


def main() -> None:
    """Runs everybody until the process is ended."""
    scene = Scene.read(Path(sys.argv[1]))
    with Path(sys.argv[2]).open("a") as file:
        notes = Notes(file)
        people = [f"patient-{number}" for number in range(1, PATIENTS + 1)]
        people += [f"{DESK}-{number}" for number in range(1, DESKS + 1)]
        threads = [
            threading.Thread(target=live, args=(name, scene, notes, float(sys.argv[3]))) for name in people
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def live(name: str, scene: Scene, notes: Notes, seconds_max: float) -> None:
    """Does the same again and again."""
    acts: Callable[[Person], None] = be_desk if name.startswith(DESK) else be_patient
    person = Person(name, scene, notes, seconds_max)
    while True:
        acts(person)


if __name__ == "__main__":
    main()
