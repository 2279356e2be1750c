"""What the checker says: how much was checked of each invariant, and every violation with its evidence."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby

SHOWN_MAX = 20
"""Violations of one invariant that are printed; the rest is counted."""


class Invariant(Enum):
    """What has to hold. Each member's value is the sentence that is printed, and what is counted for it."""

    NUMBERS = ("numbers of each clinic-day are exactly 1..N", "tickets")
    ONE_TICKET = (
        "one request has at most one ticket, and each ticket was asked for",
        "causes in the journal",
    )
    REPLIES = ("each ok reply names one and the same ticket, which exists", "replies with tickets")
    REFUSALS = ("a refused request has no ticket, and the same refusal each time", "refused requests")
    EXPIRY = (
        "only requests older than 15 minutes expire, and these do nothing",
        "registrations and desks' requests",
    )
    ENDINGS = ("each confirmed request ended as ticket, refusal, expiry or dead letter", "confirmed requests")
    LOSSES = ("no confirmed request was done only when it was sent again at the end", "settled requests")
    CANCELLATIONS = ("an ok cancel means that the ticket is cancelled", "ok cancellations")
    ONE_ACTIVE = ("a patient holds at most one active ticket per clinic and day", "registrations")
    QUOTA = ("no clinic gives out more tickets than its quota", "registrations with a quota")
    STATES = ("tickets go through their states in order, and stand where their last event says", "events")
    COUNTERS = ("the counters of each clinic-day agree with tickets and journal", "clinic-days")
    SEQUENCES = ("sequence is gapless 1..last_sequence in the journal", "clinic-days")
    ROOMS = ("a room holds at most one patient of a queue", "moves into rooms")
    CALLS = ("the called number never goes back in a lane, for calls in turn", "calls")
    PLACES = (
        "lanes are called in turn by their ratios, and tickets by the places that the staff gave them",
        "calls in turn and places given",
    )
    UNDOINGS = (
        "an undoing takes back the last request of the staff, whole, within ten minutes, by one who may",
        "events of undoings",
    )
    DESKS = ("a desk's request does once what it asks for, and its reply says so", "desks' requests")
    ABSENCES = ("only who is away comes back, and whoever calls does", "absences that end before their time")
    STAFF = ("the journal says who of the staff caused each change, and they may", "journal rows")
    HANDOVERS = (
        "who is handed over to the next day, or transferred, has one new ticket, and their place",
        "tickets handed over",
    )
    VISITS = (
        "who is sent on, or comes back, has one new ticket, and each of the two names the other",
        "stations of visits",
    )
    LOOK_UPS = ("no client sees a queue or a ticket go back", "look-ups with one before them")
    EVENT_IDS = ("each state change has exactly one event id and one body", "journal rows")
    DELIVERED = ("each state change was delivered, and nothing else", "deliveries")
    STREAM = ("the journal stream holds nothing but the journal's events", "events in the stream")
    PRIVACY = ("no event holds personal data, or names the staff", "values looked for")
    DEAD_LETTERS = (
        "only planted poison is in antrean.dead, and all of it",
        "dead letters and planted poison",
    )
    DRAINED = ("queues drain after the last fault healed", "runs")
    FAULTS = ("each fault of the plan fired, and none failed", "faults")
    EVIDENCE = ("the run's files can be read", "lines")

    @property
    def sentence(self) -> str:
        """What has to hold."""
        return self.value[0]

    @property
    def counted(self) -> str:
        """What is counted: of these so and so many were checked."""
        return self.value[1]


MAY_BE_ABSENT = frozenset(
    {
        Invariant.LOSSES,
        Invariant.HANDOVERS,
        Invariant.ABSENCES,
        Invariant.VISITS,
        Invariant.QUOTA,
        Invariant.REFUSALS,
        Invariant.DEAD_LETTERS,
    }
)
"""In a run without them nothing is amiss; of every other invariant, zero checked is a violation."""


@dataclass(frozen=True)
class Violation:
    """`sentence` says what is wrong, with the ids and numbers that show it."""

    invariant: Invariant
    sentence: str


@dataclass
class Report:
    """Collects what the invariants find; `facts` are counts for the reader, `remarks` are no violations.

    `late` is what came about, but later than on a machine of its own: it violates nothing, and a run with it
    shows nothing either.
    """

    checked: Counter[Invariant] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    facts: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    def expect(self, invariant: Invariant, holds: bool, sentence: str) -> None:
        """A violation where it does not hold; counts nothing."""
        if not holds:
            self.violations.append(Violation(invariant, sentence))

    def object_to_nothing_checked(self) -> None:
        """A check over nothing must not look like one that passed."""
        for invariant in Invariant:
            self.expect(
                invariant,
                invariant in MAY_BE_ABSENT or self.checked[invariant] > 0,
                f"nothing was checked: the run has no {invariant.counted}",
            )

    def lines(self) -> Iterator[str]:
        """The report to read."""
        per_invariant = Counter(violation.invariant for violation in self.violations)
        for invariant in Invariant:
            found = per_invariant[invariant]
            verdict = f"VIOLATED {found} times" if found else "ok" if self.checked[invariant] else "none"
            yield f"{self.checked[invariant]:>8}  {invariant.sentence} ({invariant.counted}): {verdict}"
        for subject, facts in groupby(sorted(self.facts.items()), lambda fact: fact[0].partition(" ")[0]):
            yield f"{subject}: " + ", ".join(
                f"{what.partition(' ')[2]} {count}".lstrip() for what, count in facts
            )
        yield from (f"remark: {remark}" for remark in self.remarks)
        yield from (f"LATE: {what}" for what in self.late)
        shown: Counter[Invariant] = Counter()
        for violation in self.violations:
            shown[violation.invariant] += 1
            if shown[violation.invariant] <= SHOWN_MAX:
                yield f"VIOLATION {violation.invariant.name}: {violation.sentence}"
        for invariant, count in per_invariant.items():
            if count > SHOWN_MAX:
                yield f"VIOLATION {invariant.name}: {count - SHOWN_MAX} more"
        yield f"{len(self.violations)} violations"
