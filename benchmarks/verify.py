"""Checks after a run that nothing was lost or doubled: a figure for wrong answers is no figure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Engine, text

from benchmarks.load_client import LoadResult
from common.errors import AntreanError

_OURS = "SELECT hospital, clinic, number, ticket_code FROM tickets"
_REFERENCES = "SELECT hospital, clinic, number, ticket_code FROM bench_tickets"
_JOURNAL = "SELECT count(*) FROM journal WHERE event_name = 'ticket.registered'"


class VerificationFailed(AntreanError):
    """What was answered and what was stored do not agree."""


def verify_answered(results: Iterable[LoadResult]) -> None:
    """Every request had its reply, and none was a refusal; raises VerificationFailed."""
    for result in results:
        if len(result.latencies_ms) != result.sent or result.problems:
            raise VerificationFailed(
                f"Of {result.sent} requests {len(result.latencies_ms)} were answered, {result.not_taken} not"
                f" taken by the broker, {result.unanswered} left without a reply; refused: {result.problems}."
            )


def verify_registrations(engine: Engine, results: Sequence[LoadResult], *, ours: bool = True) -> None:
    """Requests, replies and stored tickets agree, and each clinic's numbers are 1..N; with `ours` the journal
    agrees too. `results` are of all loads since the tables were empty. Raises VerificationFailed."""
    verify_answered(results)
    told = {(*ticket[:3], ticket[3].replace("-", "")) for result in results for ticket in result.tickets}
    with engine.connect() as connection:
        stored = {tuple(row) for row in connection.execute(text(_OURS if ours else _REFERENCES))}
        recorded = connection.execute(text(_JOURNAL)).scalar_one() if ours else len(stored)
    asked = sum(result.sent for result in results)
    if not len(told) == len(stored) == recorded == asked or told != stored:
        raise VerificationFailed(
            f"{asked} registrations were asked for, {len(told)} tickets answered, {len(stored)} stored,"
            f" {recorded} journaled; {len(told ^ stored)} differ between replies and tables."
        )
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for hospital, clinic, number, _code in stored:
        numbers[hospital, clinic].append(number)
    for place, given in numbers.items():
        if sorted(given) != list(range(1, len(given) + 1)):
            raise VerificationFailed(f"The numbers of {place[0]}/{place[1]} are not 1..{len(given)}.")
