"""The demonstration: the whole system on a fast clock, forty patients, and a summary of what happened."""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from antrean_client.look_ups import all_entries
from antrean_client.rpc_client import RpcClient
from common.clock import Clock, ScaledClock, SystemClock
from common.messages.limits import TICKET_CODES_MAX
from common.messaging.topology import PATIENT_EXCHANGE
from common.settings import Settings, clock_environment
from local_stack.bilingual import say
from local_stack.demo_patients import CLINICS, Registration, WaitingLine, invent_patients
from local_stack.demo_screen import QueueNow, Scene, Screen, Summary, print_summary
from local_stack.interrupt import interruptible
from local_stack.stack import Stack, StackError
from local_stack.staff import say_who_serves
from local_stack.web_pages import say_where_the_pages_are

SPEED = 60.0
"""Simulated seconds in a real one: a minute passes in a second."""

_SHOW_SECONDS = 36.0
_ARRIVALS_SECONDS = 16.0
_SCENE_SECONDS = 0.4
_ANSWER_SECONDS_MAX = 10.0
_BEGIN = timedelta(hours=8, minutes=30)  # in Jakarta: every clinic of the morning is open, from WIB to WIT
_JAKARTA = ZoneInfo("Asia/Jakarta")
_FRIDAY = 4


def run_demo(settings: Settings) -> None:
    """Shows the system at work, in under a minute, and leaves nothing behind.

    `settings` may name a broker; the database is always a new one. Raises StackError where a registration
    ended otherwise than it should, AntreanError where something could not be started, and KeyboardInterrupt
    after an ordered stop.
    """
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="antrean-demo-") as folder:
        clock = _morning_clock()
        variables = clock_environment(clock.starts_at, clock.started_at, clock.speed)
        variables |= {"ANTREAN_DATA_DIR": f"{folder}/patients"}
        own_database = replace(settings, database_url=None)
        stack = Stack(own_database, Path(folder), variables)
        with interruptible(stack.kill), stack:
            stack.start_workers()
            say("Ready: two registrars, two tickers, two status responders. A minute passes in a second.")
            say_where_the_pages_are(stack.pages)
            if stack.broker.staff:
                say_who_serves()
            registrations, tickets = _play(stack, clock, console)
    summary = _summary(registrations, tickets)
    print_summary(console, summary)
    _check(registrations, tickets)


def _morning_clock() -> ScaledClock:
    """A clock that starts in the morning of the next day from Monday to Thursday, and runs fast."""
    now = SystemClock().now()
    day = now.astimezone(_JAKARTA).date()
    while day.weekday() >= _FRIDAY:
        day += timedelta(days=1)
    return ScaledClock(_moment(day), now, SPEED)


def _moment(day: date) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=_JAKARTA)
    return (midnight + _BEGIN).astimezone(UTC)


def _play(
    stack: Stack, clock: Clock, console: Console
) -> tuple[Sequence[Registration], Sequence[Mapping[str, Any]]]:
    """Lets the patients come and shows the queues; the registrations, and all tickets as they end."""
    screen = Screen(console)
    environment = stack.environment("patient")
    client = RpcClient(stack.broker.urls["patient"], PATIENT_EXCHANGE, clock)
    began = time.monotonic()
    with client, WaitingLine(invent_patients(_ARRIVALS_SECONDS), environment) as line, screen.running():
        names = _hospital_names(client)
        while (elapsed := time.monotonic() - began) < _SHOW_SECONDS or not line.all_done:
            stack.tend()
            line.admit()
            ended = list(line.registrations())
            registered = sum(each.ticket is not None for each in ended)
            screen.show(
                Scene(
                    clock.now().astimezone(_JAKARTA),
                    min(elapsed / _SHOW_SECONDS, 1.0),
                    registered,
                    len(ended) - registered,
                    _queues(client, names),
                )
            )
            time.sleep(_SCENE_SECONDS)
        registrations = list(line.registrations())
        codes = [each.ticket["ticket_code"] for each in registrations if each.ticket is not None]
        return registrations, _tickets(client, codes)


def _hospital_names(client: RpcClient) -> dict[str, str]:
    """What each hospital is called, by its code."""
    return {each["code"]: each["name"] for each in _entries(client, "list_hospitals", {}, "hospitals")}


def _queues(client: RpcClient, hospital_names: Mapping[str, str]) -> list[QueueNow]:
    found = []
    for hospital, code in CLINICS:
        clinics = _entries(client, "list_clinics", {"hospital": hospital}, "clinics")
        name = hospital_names[hospital]
        found += [QueueNow(hospital, name, each) for each in clinics if each["code"] == code]
    return found


def _entries(client: RpcClient, name: str, body: dict[str, Any], member: str) -> Iterator[dict[str, Any]]:
    def ask(body: dict[str, Any]) -> dict[str, Any]:
        return client.call(name, body, timeout_seconds=_ANSWER_SECONDS_MAX).body

    return all_entries(ask, body, member)


def _tickets(client: RpcClient, codes: Sequence[str]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for start in range(0, len(codes), TICKET_CODES_MAX):
        asked = {"ticket_codes": list(codes[start : start + TICKET_CODES_MAX])}
        found += client.call("ticket_status", asked, timeout_seconds=_ANSWER_SECONDS_MAX).body["tickets"]
    return found


def _summary(registrations: Sequence[Registration], tickets: Sequence[Mapping[str, Any]]) -> Summary:
    reply_times = [each.reply_seconds for each in registrations if each.reply_seconds is not None]
    waits = [
        (datetime.fromisoformat(ticket["called_at"]) - datetime.fromisoformat(ticket["registered_at"]))
        for ticket in tickets
        if ticket["called_at"]
    ]
    return Summary(
        registered=len(tickets),
        refused=Counter(each.problem["code"] for each in registrations if each.problem is not None),
        statuses=Counter(ticket["status"] for ticket in tickets),
        called=len(waits),
        median_reply_seconds=median(reply_times) if reply_times else None,
        median_wait_minutes=median(wait.total_seconds() / 60 for wait in waits) if waits else None,
    )


def _check(registrations: Sequence[Registration], tickets: Sequence[Mapping[str, Any]]) -> None:
    """Whether the numbers of each queue are 1 to N and every queue has moved; raises StackError."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for ticket in tickets:
        numbers.setdefault((ticket["hospital"], ticket["clinic"]), []).append(ticket["number"])
    counted = all(sorted(given) == list(range(1, len(given) + 1)) for given in numbers.values())
    moved = {(ticket["hospital"], ticket["clinic"]) for ticket in tickets if ticket["called_at"]}
    promised = [each for each in registrations if each.ticket is not None]
    if len(promised) != len(tickets) or not counted or moved != set(CLINICS):
        raise StackError("The demonstration did not end as it should: the summary above says how.")
