"""What `antrean-admin check-integrity` says of each kind of finding, and what to do about it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from common.translation import N_
from common.words.texts import Texts

if TYPE_CHECKING:
    from admin_cli.database.integrity import Finding

SENTENCES: Final[Mapping[str, str]] = {
    "numbers": N_(
        "{where}: numbers should be 1 to {last_number} (last_number), but there are"
        " {tickets} tickets with {numbers} different numbers, from {smallest} to {largest}."
        " Rows were lost or changed from outside Antrean: put them back from a backup."
    ),
    "counter": N_(
        "{where}: clinic_days.{counter} is {stored}, but tickets and journal say {found}."
        " Stop the workers and set it to {found}."
    ),
    "stuck": N_(
        "{where}: there are still {patients} patients, but next_change_at is empty, so this"
        " queue will not move. Set next_change_at to the present moment; the tickers do the"
        " rest."
    ),
    "moments": N_(
        "{where}: {tickets} tickets have a called_at or ended_at that does not fit their"
        " status. Rows were changed from outside Antrean: put them back from a backup, or"
        " take the moments from the journal."
    ),
    "sequences": N_(
        "{where}: the journal should hold events 1 to {last_sequence} (last_sequence), but"
        " holds {events} rows with {sequences} different sequences, from {smallest} to"
        " {largest}. Put the missing rows back from a backup, or from the stream"
        " antrean.journal."
    ),
    "accuracy": N_(
        "{where}: accuracy counts {held} times told that held, {missed} missed and {late} late, but the calls"
        " in the journal {held_found}, {missed_found} and {late_found}, or other seconds. What is counted"
        " wrong only misleads reports; put the rows of accuracy of this day back from a backup."
    ),
    "transition": N_(
        "{where}: event {sequence}, {event} of number {number}, cannot come after {before}."
        " Ask the clinic how it really stands, and report this line with the logs of that"
        " time."
    ),
    "status": N_(
        "{where}: number {number} is {status}, but its last event in the journal is {event}."
        " Rows were lost or changed from outside Antrean: set the status to what the journal"
        " says, or put them back from a backup."
    ),
    "no_ticket": N_(
        "{where}: number {number} is in the journal, but there is no such ticket. Put it"
        " back from a backup; without one, the patient has to register again."
    ),
    "called_back": N_(
        "{where}: number {number} was called after number {before}. Report this line with"
        " the logs of that time."
    ),
    "two_active": N_(
        "{where}: one patient holds {tickets} active tickets, numbers {smallest} to"
        " {largest}. Ask which of them counts, and cancel the others."
    ),
    "one_room": N_(
        "{where}: {tickets} tickets are in room {room}, numbers {smallest} to {largest}. Ask"
        " the clinic who is there; the queue mends itself when they are done."
    ),
    "one_place": N_(
        "{where}: {tickets} tickets have the place {place}, numbers {smallest} to {largest}, so that one may"
        " be called for the other. Report this line with the logs of that time."
    ),
    "two_tickets": N_(
        "{where}: number {number} is only one of the tickets of request {cause_id}, which is"
        " due one ticket. Ask which of them counts, and cancel the others."
    ),
    "transferred": N_(
        "{where}: number {number} ({status}) does not fit the ticket that it names as the"
        " new one, which is missing, another patient's, or should not be. Ask where the"
        " patient waits, register them again if nowhere, and report this line."
    ),
    "visit": N_(
        "{where}: number {number}, station {station} of a visit, does not fit the stations that it names,"
        " which are missing, another patient's, or of another visit. Ask where the patient is to go, and"
        " report this line."
    ),
    "purged": N_(
        "{where}: number {number} ({status}) has lost its patient's data too early or in part, or has them"
        " still on a purged day. Rows were changed from outside Antrean, or put back from a backup: set"
        " clinic_days.purged_at of this day to NULL and purge again; of a ticket that is not over, ask the"
        " clinic who it is."
    ),
    "two_events": N_(
        "{where}: event {sequence} records change {ordinal} of {cause_id}, as another does. The"
        " unique constraint of the table journal is gone: restore the database from a backup."
    ),
    "refused": N_(
        "{where}: request {cause_id} was refused ({code}), but was also carried out for"
        " number {number}. Tell the patient that this number counts, and report this line."
    ),
}
"""By the name of the check; `where` is hospital, clinic and service day."""


def sentence(finding: "Finding", texts: Texts) -> str:
    """A finding in words; a value that is missing in the database is NULL."""
    where = f"{finding.hospital} {finding.clinic} {finding.service_date}"
    values = {name: "NULL" if value is None else value for name, value in finding.values.items()}
    return texts(SENTENCES[finding.check], where=where, **values)
