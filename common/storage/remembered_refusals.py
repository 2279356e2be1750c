"""Refusals that could turn out otherwise when their request comes again, and must not: they are kept."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from common.messages.message import EncodedReply
from common.messages.problems import Problem
from common.storage.prepared import BYTES, MOMENT, TEXT, Columns, Prepared
from common.storage.tables import refusals


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal to be remembered; `problem` is the encoded reply."""

    request_id: str
    digest: bytes
    code: str
    problem: bytes
    refused_at: datetime

    @property
    def reply(self) -> EncodedReply:
        """The answer as it was given. It is not read: another version may have written it."""
        return EncodedReply(Problem.name, self.problem)


_refusals = Prepared(
    lambda given: select(refusals).join(given, refusals.c.request_id == given.c.request_id),
    {"request_id": TEXT},
)


def find_refusals(connection: Connection, request_ids: Collection[str]) -> list[Refusal]:
    """The remembered refusals of these requests."""
    rows = _refusals(connection, [(request_id,) for request_id in request_ids]) if request_ids else ()
    return [Refusal(*row) for row in rows]


_REFUSAL: Columns = {
    "request_id": TEXT,
    "digest": BYTES,
    "code": TEXT,
    "problem": BYTES,
    "refused_at": MOMENT,
}
_remember = Prepared(
    lambda given: insert(refusals).from_select([*_REFUSAL], select(*(given.c[name] for name in _REFUSAL))),
    _REFUSAL,
)


def remember_refusals(connection: Connection, refused: Iterable[Refusal]) -> None:
    """Writes refusals, so that a redelivered request gets the same answer."""
    # All transactions insert in this order, so that none deadlock.
    rows = [
        (each.request_id, each.digest, each.code, each.problem, each.refused_at)
        for each in sorted(refused, key=lambda each: each.request_id)
    ]
    if rows:
        _remember(connection, rows)
