"""The picture once: tables to read, or JSON for a program."""

from collections.abc import Sequence
from typing import Any, Final

from admin_cli.screens import dead_letters as letter_words
from admin_cli.top.advice import advice_of
from admin_cli.top.picture import Missing, Picture, behind_seconds
from admin_cli.top.sections import BAD, COLUMNS, EMPTY, WARNS, Section, rows_of, title_of
from admin_cli.top.standing import standing_of, still_since
from common.domain.catalog import Hospital
from common.terminal.streams import echo
from common.terminal.tables import new_table, print_table
from common.translation import N_
from common.words.texts import Texts

ALL_WELL: Final = N_("Nothing needs attention.")


def print_picture(picture: Picture, missing: Sequence[Missing], texts: Texts) -> None:
    """What needs attention, every table, and what is missing."""
    advice = advice_of(picture)
    for each in advice:
        echo(f"{BAD if each.urgent else WARNS} {texts(each.sentence, **each.values)}")
    if not advice and None not in (picture.broker, picture.clinics, picture.letters):
        echo(texts(ALL_WELL))
    for section in Section:
        rows = rows_of(section, picture, texts)
        if rows is None:
            continue
        echo(f"\n{title_of(section, picture, texts)}")
        if not rows:
            echo(f" {texts(EMPTY[section])}")
            continue
        columns = COLUMNS[section]
        table = new_table(
            texts,
            *(each.heading for each in columns),
            folded=[each.heading for each in columns if each.folded],
        )
        for row in rows:
            table.add_row(row.cells)
        print_table(table)
    if missing:
        echo("")
    for lack in missing:
        echo(texts(lack.sentence, **lack.values))


def as_json(picture: Picture, missing: Sequence[Missing], texts: Texts) -> dict[str, Any]:
    """The same in values; None for what could not be read."""
    return {
        "attention": [
            {"urgent": each.urgent, "sentence": texts(each.sentence, **each.values)}
            for each in advice_of(picture)
        ],
        **_of_broker(picture),
        **_of_clinics(picture),
        **_of_letters(picture),
        "missing": [texts(each.sentence, **each.values) for each in missing],
    }


def _of_broker(picture: Picture) -> dict[str, Any]:
    if picture.broker is None:
        return {"queues": None, "workers": None}
    queues = []
    for each in picture.broker.queues:
        behind = behind_seconds(each)
        queues.append(
            {
                "queue": each.name,
                "ready": each.ready,
                "unacknowledged": each.unacknowledged,
                "consumers": each.consumers,
                "arriving_per_second": each.arriving,
                "leaving_per_second": each.leaving,
                # JSON has no infinity: messages wait, and none leaves.
                "behind_seconds": None if behind is None or behind == float("inf") else round(behind, 1),
            }
        )
    workers = picture.broker.workers
    return {
        "queues": queues,
        "workers": None
        if workers is None
        else [
            {
                "worker": each.traffic.role,
                "host": each.traffic.host,
                "pid": each.traffic.pid,
                "unacknowledged": each.traffic.unacknowledged,
                "leaving_per_second": each.traffic.leaving,
                "ready": False if each.is_silent else each.ready,
                "batch_seconds": each.batch_seconds,
            }
            for each in workers
        ],
    }


def _of_clinics(picture: Picture) -> dict[str, Any]:
    reading = picture.clinics
    if reading is None:
        return {"clinics": None}
    shown = []
    for each in reading.clinics:
        since, hospital = still_since(each, reading.now), each.clinic.hospital
        shown.append(
            {
                "hospital": each.day.hospital,
                "clinic": each.day.clinic,
                "service_date": each.day.service_date.isoformat(),
                "waiting": each.waiting,
                "oldest_since": _moment(each.oldest_since, hospital),
                "last_called_at": _moment(each.last_called_at, hospital),
                "still_since": _moment(since, hospital),
                "overdue_seconds": round(each.overdue.total_seconds()),
                "state": standing_of(each, reading.now).value,
            }
        )
    counts = {"queues": reading.queues, "patients": reading.patients, "overdue": reading.overdue}
    return {"clinics": shown, "waiting": counts}


def _of_letters(picture: Picture) -> dict[str, Any]:
    letters = picture.letters
    if letters is None:
        return {"dead_letters": None}
    return {
        "dead_letters": [letter_words.as_json(each) for each in letters.letters],
        "more_dead_letters": letters.more,
    }


def _moment(moment: Any, hospital: Hospital) -> str | None:
    return None if moment is None else hospital.local_time(moment).isoformat()
