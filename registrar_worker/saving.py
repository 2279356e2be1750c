"""Saves what a batch has changed, in the transaction that holds the locks on its queues."""

from collections.abc import Sequence

from common.messages.message import encode_reply
from common.messages.problems import Problem
from common.messaging.received_requests import ReceivedRequest
from common.storage import journal
from common.storage.access_log import record_looks
from common.storage.engine import Connection, push
from common.storage.new_tickets import insert_tickets
from common.storage.queues import write_changed_queues
from common.storage.remembered_refusals import Refusal, remember_refusals
from registrar_worker import store
from registrar_worker.answers import Answers
from registrar_worker.decisions import Decided
from registrar_worker.loading import Loaded


def save(connection: Connection, loaded: Loaded, decided: Decided) -> None:
    """Sends all that has changed but the new tickets to the database, which writes while the replies are
    composed."""
    store.cancel_tickets(connection, decided.cancelled, loaded.now)
    write_changed_queues(connection, loaded.queues, decided.queues)
    store.write_mismatches(connection, decided.mismatches)
    record_looks(connection, decided.looks, loaded.now)
    journal.record(connection, decided.entries, loaded.now)
    push(connection)


def save_answered(
    connection: Connection,
    loaded: Loaded,
    decided: Decided,
    requests: Sequence[ReceivedRequest],
    answers: Answers,
) -> None:
    """Saves the new tickets, with what their patients are told, and the refusals that must be the same when
    their requests come again."""
    insert_tickets(connection, decided.new_tickets, answers.told)
    refused = {
        each.request_id: Refusal(each.request_id, each.digest, reply.code, encode_reply(reply), loaded.now)
        for each, decision, reply in zip(requests, decided.decisions, answers.replies, strict=True)
        if decision.remember and isinstance(reply, Problem)
    }
    remember_refusals(connection, list(refused.values()))
