"""`antrean-admin purge` and `erase-patient` are killed before each of their changes and begun again: no
ticket is purged by half, and what they leave is what one run would have left."""

import json
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from common.settings import clock_environment
from tests.builders import patient
from tests.processes import bare_environment, ended
from tests.store.desks import is_whole
from tests.store.purged import LONG_AFTER, NOW, PERSONAL, after_a_night, kept, linked
from tests.store.workers import Workers, journal_rows, ticket_rows

CHANGES_MAX = 60
"""Far more than one turn of a command has."""

PERSONAL_REQUESTS = ("ticket.registered", "ticket.corrected", "ticket.prioritised")


@pytest.fixture
def workers(engine: Engine) -> Workers:
    """Workers a hundred days after two days of work."""
    workers = after_a_night(engine)
    workers.clock.set("02:00", LONG_AFTER)
    return workers


@pytest.fixture
def killed_and_begun_again(database_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Gives a command again and again, and has it killed, each time one change later, until it comes to its
    end; what it says then. `after_each` is called with the number of the change that was not done."""
    environment = bare_environment(tmp_path) | clock_environment(NOW, datetime.now(UTC), 1.0)
    environment["ANTREAN_DATABASE_URL"] = database_url

    def give(*words: str, after_each: Callable[[int], None]) -> Any:
        for change in range(CHANGES_MAX):
            arguments = [sys.executable, "-m", "tests.store.killed_command", str(change), *words, "--json"]
            done = ended(arguments, environment, tmp_path)
            if done.returncode != -signal.SIGKILL:
                assert (done.returncode, done.stderr) == (0, "")
                return json.loads(done.stdout)
            after_each(change)
        pytest.fail(f"{words[0]} does not come to its end.")

    return give


def old_tickets(engine: Engine) -> list[Any]:
    """The tickets of the days that are long over."""
    return [row for row in ticket_rows(engine) if row["service_date"] < LONG_AFTER]


def are_whole_or_purged(workers: Workers, before: Any) -> list[Any]:
    """Each ticket is as it was before, or has lost all of its patient's data, and so have the requests that
    named the patient; those that are purged."""
    is_whole(workers)
    now = old_tickets(workers.engine)
    assert linked(now) == linked(before)
    assert [kept(row) for row in now] == [kept(row) for row in before]
    purged = [row for row in now if row["medical_record_number"] is None]
    for was, row in zip(before, now, strict=True):
        if row in purged:
            assert {row[name] for name in PERSONAL} == {None}
            assert row["ticket_code"] != was["ticket_code"]
        else:
            assert [row[name] for name in PERSONAL] == [was[name] for name in PERSONAL]
            assert row["ticket_code"] == was["ticket_code"]
    return purged


def requests_forgotten(engine: Engine, tickets: list[Any]) -> bool:
    """Whether nothing is left of the requests that named whose these tickets are."""
    places = {(row["clinic"], row["service_date"], row["number"]) for row in tickets}
    return not any(
        row["cause_digest"]
        for row in journal_rows(engine)
        if row["event_name"] in PERSONAL_REQUESTS
        and (row["clinic"], row["service_date"], row["number"]) in places
    )


def test_a_purge_that_is_killed_anywhere_is_gone_on_with(
    workers: Workers, killed_and_begun_again: Callable[..., Any]
) -> None:
    before = old_tickets(workers.engine)
    purged = [0]

    def look(change: int) -> None:
        found = are_whole_or_purged(workers, before)
        assert requests_forgotten(workers.engine, found)
        purged.append(len(found))
        workers.register(100 + change)  # nobody is kept waiting by one that is no more

    said = killed_and_begun_again("purge", "--older-than", "90d", after_each=look)
    assert purged == sorted(purged)
    assert len({*purged}) > 2, "it was killed in the middle"
    assert (said["left"], purged[-1] + said["tickets"]) == (0, len(before))
    assert are_whole_or_purged(workers, before) == old_tickets(workers.engine)


def test_an_erasure_that_is_killed_anywhere_is_gone_on_with(
    workers: Workers, killed_and_begun_again: Callable[..., Any]
) -> None:
    before = old_tickets(workers.engine)
    who = patient(3)
    theirs = [row for row in before if row["medical_record_number"] == who["medical_record_number"]]
    assert len({(row["clinic"], row["service_date"]) for row in theirs}) > 1
    erased = [0]

    def look(change: int) -> None:
        found = are_whole_or_purged(workers, before)
        assert requests_forgotten(workers.engine, found)
        assert len(found) <= len(theirs)
        erased.append(len(found))
        if change == 0:
            workers.register(who)  # the patient is back, and keeps that ticket

    words = ("erase-patient", "RSHS", who["medical_record_number"], "--leave-open", "--yes")
    said = killed_and_begun_again(*words, after_each=look)
    assert erased == sorted(erased)
    assert len({*erased}) > 1, "it was killed in the middle"
    assert erased[-1] + said["tickets"] == len(theirs)
    assert len(said["left_open"]) == 1
    gone = are_whole_or_purged(workers, before)
    assert [kept(row) for row in gone] == [kept(row) for row in theirs]
    assert requests_forgotten(workers.engine, gone)
