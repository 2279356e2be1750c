"""The independent checker: compares what a run's clients, subscriber, journal stream and database say.

`python -m tests.chaos.checker RUN_DIRECTORY` prints how much was checked of each invariant (report.py names
them all), every violation with its evidence, and ends with 1 where there is any, else with 3 where something
was late. It trusts none of our code: it imports the standard library and psycopg, reads the files of the run,
and the tables by plain SQL.

What it cannot detect:

- Whether a confirmed request was lost, and then done only because it was sent again. Settling attempts show
  it, which are sent when all queues are empty: the effect of the earlier attempt must have been recorded
  before, on the simulated clock that journal and history share. Attempts during the run do not show it (the
  request may still be in its queue), nor do settling attempts whose answer leaves no trace
  (`request_expired`, `invalid_request`, a refusal forgotten after a jump of the clock). Their number is
  printed.
- Whether an unanswered registration expired or was lost, if the clock jumped by 15 minutes after it was
  sent: it counts as expired.
"""

import traceback
from pathlib import Path

from tests.chaos.checker.absences import check_absences
from tests.chaos.checker.deliveries import check_deliveries
from tests.chaos.checker.desks import check_desks
from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.faults import check_faults
from tests.chaos.checker.handovers import check_handovers
from tests.chaos.checker.look_ups import check_look_ups
from tests.chaos.checker.queues import check_queues
from tests.chaos.checker.reading import UnreadableError, read_evidence
from tests.chaos.checker.report import Invariant, Report, Violation
from tests.chaos.checker.requests import check_requests
from tests.chaos.checker.visits import check_visits

__all__ = ["Invariant", "Report", "Violation", "check"]


def check(directory: Path) -> Report:
    """Everything that is wrong with the run in `directory`; never raises for what stands in it."""
    report = Report()
    try:
        evidence = read_evidence(directory)
        report.checked[Invariant.EVIDENCE] = evidence.lines_read
        for problem in evidence.unreadable:
            report.expect(Invariant.EVIDENCE, False, problem)
        checks = (
            check_queues,
            check_requests,
            check_desks,
            check_absences,
            check_handovers,
            check_visits,
            check_look_ups,
            check_deliveries,
        )
        for part in (*checks, check_faults):
            part(evidence, report)
        _count(evidence, report)
    except UnreadableError as error:
        report.expect(Invariant.EVIDENCE, False, str(error))
        return report
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        what = f"a line has another form than agreed: {error!r} in {where.name}, line {where.lineno}"
        report.expect(Invariant.EVIDENCE, False, what)
    report.object_to_nothing_checked()
    return report


def _count(evidence: Evidence, report: Report) -> None:
    report.facts["requests"] = len(evidence.requests)
    report.facts["tickets"] = len(evidence.tickets)
    report.facts["clock jumps"] = len(evidence.run.get("clock_jumps", []))
    for operation in evidence.operations:
        report.facts[f"operations {operation.op} {operation.phase}"] += 1
