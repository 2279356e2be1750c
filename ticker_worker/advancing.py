"""Moves the queues of a batch to its moment: what the clock and the opening hours have done until then."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from common.domain.clinic_day import ClinicDay
from common.domain.queue import Queue, new_queue
from common.messages.events import Tick
from common.messaging.received_requests import ReceivedRequest
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from common.storage.journal import Cause, JournalEntry, entries_of
from common.storage.queues import QueuesMissing
from common.storage.ticket_views import read_occupants
from ticker_worker.advancing_queues import AdvancingQueues
from ticker_worker.ending_days import end_days
from ticker_worker.loading import Loaded, tick_day
from ticker_worker.rules.passing_time import is_handed_over, is_over


class Advanced(NamedTuple):
    """The queues of a batch at its moment, and what that has changed: `caused` is all that each cause has
    changed, before or now, `entries` what is to be recorded. Of the days `cut_short` some are still to come
    over to the next day."""

    queues: dict[ClinicDay, Queue]
    caused: Mapping[str, Sequence[JournalEntry]]
    entries: list[JournalEntry]
    cut_short: set[ClinicDay]


def advance_queues(
    connection: Connection, catalog: CatalogCache, loaded: Loaded, undecided: Iterable[ReceivedRequest]
) -> Advanced:
    """Time passes in the queues of the ticks, and of the requests that are still to be decided. All changes
    of tickets are saved; raises QueuesMissing where a day that follows is not locked yet."""
    cause_of = _causes(loaded, undecided)
    queues, now = {**loaded.queues}, loaded.now
    days = sorted(cause_of, key=lambda key: key.service_date)  # a day looks at the day before it
    over = [key for key in days if is_over(queues[key], catalog.clinic_of(key), now)]
    current = [key for key in days if key not in over]
    # A day that is over, and has nothing left to come, is left alone.
    over = [key for key in over if queues[key].next_change_at is not None]
    handed_over = [key for key in over if is_handed_over(queues[key], catalog.clinic_of(key), now)]
    if needed := {key.day_after for key in handed_over} - queues.keys():
        raise QueuesMissing([new_queue(key, catalog.day_start(key), now) for key in needed])
    occupants = {**read_occupants(connection, cause_of.keys())()}
    moving = AdvancingQueues(connection, catalog, now, queues, cause_of, occupants)
    cut_short: set[ClinicDay] = set()
    if over:
        unended = [key for key in over if queues[key].ending is None]
        moving.advance(unended)
        moving.begin_endings(unended)
        ended = [key for key in over if queues[key].ending is not None]
        cut_short = end_days(moving, ended)
    moving.advance(current)
    return _moved(loaded, moving, cut_short)


def _causes(loaded: Loaded, undecided: Iterable[ReceivedRequest]) -> dict[ClinicDay, str]:
    """Which tick or request moves a queue: the first of the batch that has not moved it before. It moves
    what is left of the day before, too."""
    new = [(tick_day(tick), tick.id) for tick in loaded.ticks if not _has_moved(tick, loaded)]
    new += [item for each in undecided for item in loaded.causes[each.identity].items()]
    cause_of: dict[ClinicDay, str] = {}
    for key, cause_id in new:
        if key not in loaded.queues:
            continue  # a tick's day can be any: not every day has one before it
        for day in (key.day_before, key):
            if day in loaded.queues:
                cause_of.setdefault(day, cause_id)
    return cause_of


def _has_moved(tick: Tick, loaded: Loaded) -> bool:
    """Whether a tick was applied to its clinic before."""
    clinic = (tick.hospital, tick.clinic)
    return any(entry.clinic_day.clinic_key == clinic for entry in loaded.recorded.get(tick.id, ()))


def _moved(loaded: Loaded, moving: AdvancingQueues, cut_short: set[ClinicDay]) -> Advanced:
    entries: list[JournalEntry] = []
    caused = {cause_id: [*recorded] for cause_id, recorded in loaded.recorded.items()}
    for cause_id, changes in moving.changes.items():
        done_before = len(caused.get(cause_id, ()))
        new = entries_of(changes, Cause(cause_id), moving.catalog.clinic_of, done_before)
        caused.setdefault(cause_id, []).extend(new)
        entries += new
    return Advanced(moving.queues, caused, entries, cut_short)
