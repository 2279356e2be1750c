"""Saves what was decided of a batch; the changes of tickets are saved already."""

from collections.abc import Sequence

from common.domain.learning import Lesson
from common.storage import journal
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.queues import write_changed_queues
from common.storage.remembered_refusals import remember_refusals
from common.storage.service_times import learn_service_times, unlearn_service_times
from common.storage.undo_records import with_lesson
from ticker_worker import store
from ticker_worker.deciding import DecidedBatch
from ticker_worker.loading import Loaded


def save(connection: Connection, loaded: Loaded, decided: DecidedBatch) -> None:
    """Writes the queues, the journal, refusals, what is learned, and what was changed of clinics: these last,
    since other changes of the catalog wait from there to the end of the transaction."""
    lessons = learn_service_times(connection, [each[:3] for each in decided.calls])
    unlearn_service_times(connection, decided.unlearned)
    write_changed_queues(connection, loaded.queues, decided.queues)
    journal.record(connection, _with_lessons(decided, lessons), loaded.now)
    remember_refusals(connection, decided.refusals)
    if decided.clinic_values:
        store.change_clinics(connection, decided.clinic_values)


def _with_lessons(decided: DecidedBatch, lessons: Sequence[Lesson]) -> list[JournalEntry]:
    """The entries, with what was learned from each, so that it can be unlearned."""
    learned = {each[3:]: lesson for each, lesson in zip(decided.calls, lessons, strict=True)}
    return [
        entry._replace(undo=with_lesson(entry.undo, lesson))
        if (lesson := learned.get((entry.cause_id, entry.ordinal)))
        else entry
        for entry in decided.entries
    ]
