"""The tables of `antrean-admin top` in words: rows with what they are sorted by; no layout."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import isinf
from typing import Any, Final

from admin_cli.broker.dead_letters import DeadLetter
from admin_cli.broker.traffic import WORKER_OF, QueueTraffic
from admin_cli.database.slow_clinics import SlowClinic
from admin_cli.screens import dead_letters as letter_words
from admin_cli.top.picture import Picture, WorkerLine, behind_seconds, is_late
from admin_cli.top.standing import Standing, standing_of, still_since
from common.messaging.topology import DEAD_LETTER_QUEUES, JOURNAL_QUEUE, QUARANTINES
from common.terminal.tables import NOTHING, Cell
from common.translation import C_, N_
from common.words.moments import clock_time, duration
from common.words.texts import Texts

_PREFIX: Final = "antrean."
_MINUTE_SECONDS: Final = 60

GOOD, WARNS, BAD = "●", "▲", "✖"
"""Before what is well, what is to be looked at, and what is wrong: colours say the same once more."""

_COLOURS: Final = {GOOD: "green", WARNS: "yellow", BAD: "red"}


class Section(StrEnum):
    """A table of the screen."""

    QUEUES = "queues"
    WORKERS = "workers"
    CLINICS = "clinics"
    LETTERS = "letters"


TITLES: Final[Mapping[Section, str]] = {
    Section.QUEUES: C_("section", "Queues"),
    Section.WORKERS: C_("section", "Workers"),
    Section.CLINICS: C_("section", "Clinics"),
    Section.LETTERS: C_("section", "Dead letters"),
}

EMPTY: Final[Mapping[Section, str]] = {
    Section.QUEUES: N_("There are no queues; they are made by: antrean-admin broker declare"),
    Section.WORKERS: N_("No workers take from the queues."),
    Section.CLINICS: N_("Nobody waits anywhere."),
    Section.LETTERS: N_("There are no dead letters."),
}


NOT_READ: Final = N_("Nothing has been read yet.")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, whether numbers stand in it, and whether its words may be folded."""

    heading: str
    is_number: bool = False
    folded: bool = False


COLUMNS: Final[Mapping[Section, Sequence[Column]]] = {
    Section.QUEUES: (
        Column(C_("column", "Queue")),
        Column(C_("column", "Waiting"), is_number=True),
        Column(C_("column", "In hand"), is_number=True),
        Column(C_("column", "Workers"), is_number=True),
        Column(C_("column", "In/s"), is_number=True),
        Column(C_("column", "Out/s"), is_number=True),
        Column(C_("column", "Behind"), is_number=True),
    ),
    Section.WORKERS: (
        Column(C_("column", "Host")),
        Column(C_("column", "Worker")),
        Column(C_("column", "Process"), is_number=True),
        Column(C_("column", "Out/s"), is_number=True),
        Column(C_("column", "In hand"), is_number=True),
        Column(C_("column", "Latency"), is_number=True),
        Column(C_("column", "State")),
    ),
    Section.CLINICS: (
        Column(C_("column", "Clinic")),
        Column(C_("column", "Waiting"), is_number=True),
        Column(C_("column", "Oldest"), is_number=True),
        Column(C_("column", "Last call")),
        Column(C_("column", "Still"), is_number=True),
        Column(C_("column", "State"), folded=True),
        Column(C_("column", "Name"), folded=True),
    ),
    Section.LETTERS: (
        Column(C_("column", "Id")),
        Column(C_("column", "Request"), folded=True),
        Column(C_("column", "Sent")),
        Column(C_("column", "Retry")),
        Column(C_("column", "Reason"), folded=True),
    ),
}

_STANDINGS: Final[Mapping[Standing, tuple[str, str]]] = {
    Standing.OVERDUE: (BAD, N_("a ticker is missing")),
    Standing.STILL: (WARNS, N_("stands still")),
    Standing.CLOSED: (GOOD, N_("closed")),
    Standing.AWAY: (GOOD, N_("away")),
    Standing.MOVES: (GOOD, N_("moves")),
}


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A row: what tells it from the others, its cells, and by what each of its columns is sorted."""

    key: str
    cells: Sequence[Cell]
    order: Sequence[Any]


def title_of(section: Section, picture: Picture, texts: Texts) -> str:
    """What the section is called, how many rows it has, and of clinics how many patients wait in all."""
    title, clinics = tab_of(section, picture, texts), picture.clinics
    if section is not Section.CLINICS or clinics is None:
        return title
    patients = texts.plural("1 patient waits", "{count} patients wait", clinics.patients)
    return f"{title} · {patients}"


def tab_of(section: Section, picture: Picture, texts: Texts) -> str:
    """What the section is called, and how many rows it has, in few words."""
    rows, title = rows_of(section, picture, texts), texts(TITLES[section])
    return title if rows is None else f"{title} ({len(rows)})"


def rows_of(section: Section, picture: Picture, texts: Texts) -> list[SectionRow] | None:
    """The rows of a section, the worst first where there is a worst; None where it could not be read."""
    broker, clinics, letters = picture.broker, picture.clinics, picture.letters
    match section:
        case Section.QUEUES if broker is not None:
            return [_queue_row(each, texts) for each in broker.queues if _is_shown(each)]
        case Section.WORKERS if broker is not None and broker.workers is not None:
            return [_worker_row(each, texts) for each in broker.workers]
        case Section.CLINICS if clinics is not None:
            return [_clinic_row(each, clinics.now, texts) for each in clinics.clinics]
        case Section.LETTERS if letters is not None:
            return _letter_rows(letters.letters, texts)
    return None


def _is_shown(queue: QueueTraffic) -> bool:
    """Not the stream, in which nothing waits for anybody, nor what is empty on a good day."""
    quiet = {*QUARANTINES, *DEAD_LETTER_QUEUES}
    return queue.name != JOURNAL_QUEUE and (queue.name not in quiet or queue.ready > 0)


def _queue_row(queue: QueueTraffic, texts: Texts) -> SectionRow:
    behind = behind_seconds(queue)
    mark = BAD if is_late(queue) or (queue.name in WORKER_OF and not queue.consumers) else GOOD
    if queue.name in DEAD_LETTER_QUEUES:
        mark = WARNS
    lag = f"> {_hours(texts)}" if behind is not None and isinf(behind) else _span(behind, texts)
    return SectionRow(
        queue.name,
        [
            _marked(mark, queue.name.removeprefix(_PREFIX)),
            _number(queue.ready),
            _number(queue.unacknowledged),
            _number(queue.consumers),
            _rate(queue.arriving),
            _rate(queue.leaving),
            Cell(lag, _COLOURS[mark] if mark == BAD else None),
        ],
        [
            queue.name,
            queue.ready,
            queue.unacknowledged or 0,
            queue.consumers,
            queue.arriving or 0.0,
            queue.leaving or 0.0,
            behind or 0.0,
        ],
    )


def _worker_row(line: WorkerLine, texts: Texts) -> SectionRow:
    worker = line.traffic
    states: dict[bool | None, tuple[str, str]] = {
        True: (GOOD, N_("ready")),
        False: (BAD, N_("not ready")),
        None: (GOOD, N_("takes messages")),
    }
    mark, words = (BAD, N_("no answer")) if line.is_silent else states[line.ready]
    latency = line.batch_seconds
    milliseconds = NOTHING if latency is None else texts("{count} ms", count=round(latency * 1000))
    cells = [
        Cell(worker.host),
        Cell(worker.role),
        Cell(NOTHING if worker.pid is None else str(worker.pid)),
        _rate(worker.leaving),
        _number(worker.unacknowledged),
        Cell(milliseconds),
        _marked(mark, texts(words)),
    ]
    order = [worker.host, worker.role, worker.pid or 0, worker.leaving or 0.0, worker.unacknowledged]
    return SectionRow("/".join(map(str, worker.key)), cells, [*order, latency or 0.0, mark == GOOD])


def _clinic_row(slow: SlowClinic, now: Any, texts: Texts) -> SectionRow:
    standing, hospital = standing_of(slow, now), slow.clinic.hospital
    mark, words = _STANDINGS[standing]
    still_from = still_since(slow, now)
    still = slow.overdue if slow.overdue else timedelta() if still_from is None else now - still_from
    oldest = None if slow.oldest_since is None else now - slow.oldest_since
    called = slow.last_called_at
    place = f"{slow.day.hospital} {slow.day.clinic}"
    cells = [
        Cell(place),
        _number(slow.waiting),
        Cell(_span(None if oldest is None else oldest.total_seconds(), texts)),
        Cell(NOTHING if called is None else clock_time(hospital.local_time(called).isoformat(), texts)),
        Cell(_span(still.total_seconds(), texts)),
        _marked(mark, texts(words)),
        Cell(slow.clinic.name),
    ]
    order = [place, slow.waiting, oldest or timedelta(), called.timestamp() if called else 0.0, still]
    return SectionRow(
        f"{place} {slow.day.service_date}", cells, [*order, [*_STANDINGS].index(standing), slow.clinic.name]
    )


def _letter_rows(letters: Iterable[DeadLetter], texts: Texts) -> list[SectionRow]:
    rows, seen = [], set()
    for letter in letters:
        if letter.id in seen:  # of two with one id either is as good as both
            continue
        seen.add(letter.id)
        by_name = dict(zip(letter_words.COLUMNS, letter_words.row(letter, texts), strict=True))
        retry = texts("possible") if letter.obstacle is None else texts("drop it")
        texts_of_row = [letter.id, by_name["request"], by_name["sent"], retry, by_name["reason"]]
        rows.append(SectionRow(letter.id, [Cell(each) for each in texts_of_row], texts_of_row))
    return rows


def _marked(mark: str, words: str) -> Cell:
    return Cell(f"{mark} {words}", _COLOURS[mark])


def _number(count: int | None) -> Cell:
    return Cell(NOTHING if count is None else str(count))


def _rate(rate: float | None) -> Cell:
    return Cell(NOTHING if rate is None else f"{rate:.1f}" if rate < 10 else f"{rate:.0f}")


def _span(seconds: float | None, texts: Texts) -> str:
    if seconds is None:
        return NOTHING
    if seconds < _MINUTE_SECONDS:
        return texts("{count} s", count=round(seconds))
    return duration(seconds, texts)


def _hours(texts: Texts) -> str:
    return duration(_MINUTE_SECONDS * _MINUTE_SECONDS, texts)


def sorted_by(rows: Sequence[SectionRow], section: Section, column: int | None) -> list[SectionRow]:
    """The rows by a column, numbers from the largest on; as they come without one."""
    if column is None:
        return list(rows)
    reverse = COLUMNS[section][column].is_number
    return sorted(rows, key=lambda row: row.order[column], reverse=reverse)
