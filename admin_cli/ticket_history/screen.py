"""A ticket's history on a terminal: how it stands, what its patient was told, and what happened, in order."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import click

from admin_cli.database.ticket_history import By, Entry, OtherTicket, PersonalData, TicketHistory
from admin_cli.ticket_history.estimates import Estimate, Outcome, estimates_of, verdict_of
from common.domain.catalog import Clinic
from common.domain.tickets import display_number
from common.storage.undo_records import taken_back
from common.terminal.event_words import call_reason_in_words, event_in_words
from common.terminal.layout import fold, stacked, terminal_width, widest
from common.terminal.streams import echo
from common.terminal.tables import NOTHING, new_table, print_table
from common.translation import C_, N_
from common.words.lanes import lane_in_words, reason_in_words
from common.words.moments import CLOCK_WITH_SECONDS, birth_date, clock_time, long_date, short_date
from common.words.problems import PATIENT_WORDS
from common.words.texts import Texts
from common.words.tickets import CANCEL_REASONS, CANCELLED_BY, STATUSES, room_in_words

_ID_END: Final = 8
"""The last characters of a request's id tell it from the others of one ticket; JSON has all of it."""

_COLUMNS: Final = (
    C_("column", "Time"),
    C_("column", "What"),
    C_("column", "Room"),
    C_("column", "By"),
    C_("column", "Request"),
    C_("column", "More"),
)
_FOLDED: Final = (_COLUMNS[1], _COLUMNS[2], _COLUMNS[5])

_BY: Final[Mapping[By, str]] = {By.PATIENT: N_("the patient"), By.CLOCK: N_("the clock")}

_OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.HELD: N_("held: called at {clock}"),
    Outcome.MISSED: N_("did not hold: called at {clock}, earlier than told"),
    Outcome.LATE: N_("did not hold: called at {clock}, later than told"),
    Outcome.APART: N_("not judged: called out of turn, or moved before"),
    Outcome.MOVED: N_("no longer stood when the staff moved the ticket"),
    Outcome.OPEN: N_("not called yet"),
    Outcome.UNCALLED: N_("never called"),
}
_VERDICTS: Final[Mapping[Outcome, str]] = {
    Outcome.HELD: N_("as told"),
    Outcome.MISSED: N_("earlier than told"),
    Outcome.LATE: N_("later than told"),
}


def print_history(history: TicketHistory, clinic: Clinic, patient: PersonalData | None, texts: Texts) -> None:
    """Prints it, as wide as the terminal is."""
    number = display_number(history.day.clinic, history.number)
    status = _status(history, texts)
    echo(f"{click.style(number, bold=True)}  {status}")
    facts = [*_facts(history, clinic, texts), *_patient_facts(patient, texts)]
    echo("\n".join(_beside(facts)))
    echo("")
    table = new_table(texts, *_COLUMNS, folded=_FOLDED)
    for entry in history.entries:
        table.add_row(_cells(entry, history, clinic, texts))
    print_table(table)


def _beside(facts: list[tuple[str, str]]) -> list[str]:
    """Each value beside its label, folded there; below it where a terminal is too narrow."""
    width = terminal_width()
    label_width = max(len(label) for label, _ in facts)
    room = None if width is None else width - label_width - 2
    if width is not None and room is not None and room < max(widest(value) for _, value in facts):
        return stacked(facts, width)
    lines = []
    for label, value in facts:
        first, *more = fold(value, room)
        lines += [f"{label:<{label_width}}  {first}", *(" " * (label_width + 2) + each for each in more)]
    return lines


def _status(history: TicketHistory, texts: Texts) -> str:
    facts = history.facts
    word = texts(CANCELLED_BY.get(str(facts["cancelled_by"])) or STATUSES[facts["status"]])
    reason = facts["cancel_reason"]
    return word if not reason else f"{word}: {_cancel_reason(reason, texts)}"


def _cancel_reason(reason: str, texts: Texts) -> str:
    return texts(CANCEL_REASONS[reason]) if reason in CANCEL_REASONS else reason


def _facts(history: TicketHistory, clinic: Clinic, texts: Texts) -> list[tuple[str, str]]:
    hospital, day = clinic.hospital, history.day.service_date.isoformat()
    zone = hospital.zone_at(history.facts["registered_at"])
    place = " · ".join([hospital.name, clinic.name, long_date(day, texts), zone])
    facts = [(texts("Where"), place)]
    lane, reason = lane_in_words(history.facts["lane"], texts), history.facts["priority_reason"]
    in_lane = lane if reason is None else f"{lane} ({reason_in_words(reason, texts)})"
    facts.append((texts("Lane"), in_lane))
    facts += [(texts("Told"), _estimate(each, clinic, texts)) for each in estimates_of(history)]
    for label, other in (
        (N_("Transferred to"), history.transferred_to),
        (N_("Transferred from"), history.transferred_from),
    ):
        if other is not None:
            facts.append((texts(label), _other(other, texts)))
    for station in history.visit:
        other = OtherTicket(station.clinic_day, station.number)
        this = (station.clinic_day, station.number) == (history.day, history.number)
        told = N_("{ticket} · {status} (this one)") if this else N_("{ticket} · {status}")
        status = texts(STATUSES[station.status.value])
        facts.append((texts("Visit"), texts(told, ticket=_other(other, texts), status=status)))
    return facts


def _estimate(estimate: Estimate, clinic: Clinic, texts: Texts) -> str:
    told = estimate.told
    words = texts(
        N_("at {at}: around {call}")
        if told.earliest == told.latest
        else N_("at {at}: around {call}, between {earliest} and {latest}"),
        at=_clock(told.at, clinic, texts),
        call=_clock(told.call, clinic, texts),
        earliest=_clock(told.earliest, clinic, texts),
        latest=_clock(told.latest, clinic, texts),
    )
    called = "" if estimate.called_at is None else _clock(estimate.called_at, clinic, texts)
    return f"{words}; {texts(_OUTCOMES[estimate.outcome], clock=called)}"


def _patient_facts(patient: PersonalData | None, texts: Texts) -> list[tuple[str, str]]:
    if patient is None:
        return []
    born = birth_date(str(patient.date_of_birth), texts)
    confirmed = texts("confirmed") if patient.date_of_birth_confirmed else texts("not confirmed")
    return [
        (texts("Ticket code"), patient.ticket_code),
        (texts("Patient"), patient.patient_name),
        (texts("Medical record number"), patient.medical_record_number),
        (texts("Date of birth"), f"{born} ({confirmed})"),
    ]


def _other(other: OtherTicket, texts: Texts) -> str:
    number = display_number(other.day.clinic, other.number)
    return f"{number} ({short_date(other.day.service_date.isoformat(), texts)})"


def _cells(entry: Entry, history: TicketHistory, clinic: Clinic, texts: Texts) -> list[str]:
    return [
        _moment(entry.at, history, clinic, texts),
        event_in_words(entry.event, texts),
        room_in_words(entry.data.get("room"), entry.data.get("room_name"), texts) or NOTHING,
        entry.user or texts(_BY[entry.by]),
        entry.cause_id[-_ID_END:],
        "; ".join(_more(entry, history, texts)) or NOTHING,
    ]


def _more(entry: Entry, history: TicketHistory, texts: Texts) -> list[str]:
    """What else there is to say of an event: why, from where and to where, and what it took back."""
    data: Mapping[str, Any] = entry.data
    found = []
    if reason := data.get("out_of_turn"):
        found.append(texts("out of turn: {reason}", reason=call_reason_in_words(reason, texts)))
    if (verdict := verdict_of(entry)) is not None and verdict in _VERDICTS:
        found.append(texts(_VERDICTS[verdict]))
    if places := data.get("places"):
        found.append(texts.plural("behind 1 other", "behind {count} others", places))
    if (reason := data.get("cancel_reason")) is not None:
        found.append(_cancel_reason(reason, texts))
    if members := data.get("corrected"):
        found.append(", ".join(texts(PATIENT_WORDS.fields.get(each, each)) for each in members))
    if entry.event in ("ticket.prioritised", "ticket.unprioritised"):
        found.append(lane_in_words(data["lane"], texts))
    if sent_to := data.get("sent_to"):
        found.append(texts("to {number}", number=sent_to["display_number"]))
    if sent_from := data.get("sent_from"):
        found.append(texts("from {number}", number=sent_from["display_number"]))
    if entry.event == "ticket.transferred" and history.transferred_to is not None:
        other = history.transferred_to
        found.append(texts("to {number}", number=display_number(other.day.clinic, other.number)))
    if (undone := taken_back(entry.undo)) is not None:
        found.append(texts("takes back {request}", request=undone[-_ID_END:]))
    return found


def _moment(at: datetime, history: TicketHistory, clinic: Clinic, texts: Texts) -> str:
    """The time of day; with the date where that is not the service day's."""
    local = clinic.hospital.local_time(at)
    clock = local.strftime(texts(CLOCK_WITH_SECONDS))
    if local.date() == history.day.service_date:
        return clock
    return f"{local:%Y-%m-%d} {clock}"


def _clock(at: datetime, clinic: Clinic, texts: Texts) -> str:
    return clock_time(clinic.hospital.local_time(at).isoformat(), texts)
