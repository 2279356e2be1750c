"""Saves what was decided of a batch; the changes of tickets are saved already."""

from common.storage import journal
from common.storage.engine import Connection
from common.storage.queues import write_changed_queues
from common.storage.remembered_refusals import remember_refusals
from common.storage.service_times import learn_service_times
from ticker_worker import store
from ticker_worker.deciding import DecidedBatch
from ticker_worker.loading import Loaded


def save(connection: Connection, loaded: Loaded, decided: DecidedBatch) -> None:
    """Writes the queues, the journal, refusals, what is learned, and what was changed of clinics: these last,
    since other changes of the catalog wait from there to the end of the transaction."""
    learn_service_times(connection, decided.ended_calls)
    write_changed_queues(connection, loaded.queues, decided.queues)
    journal.record(connection, decided.entries, loaded.now)
    remember_refusals(connection, decided.refusals)
    if decided.clinic_values:
        store.change_clinics(connection, decided.clinic_values)
