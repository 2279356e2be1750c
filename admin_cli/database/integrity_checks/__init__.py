"""What the integrity check asks a database: each check is one statement that returns only what is wrong.

None relies on the constraints of the tables, which a damaged restore can lack.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, true

from admin_cli.database.integrity_checks.accuracy import judged_calls
from admin_cli.database.integrity_checks.days import days, journals, read_day, read_journal
from admin_cli.database.integrity_checks.events import (
    calls,
    changes_recorded_twice,
    events_without_tickets,
    refused_and_done,
    requests_with_several_tickets,
    statuses,
    transitions,
)
from admin_cli.database.integrity_checks.statement_parts import Read, as_it_is, is_active, is_in_room
from admin_cli.database.integrity_checks.tickets import purged, together, transfers
from admin_cli.database.integrity_checks.visits import visits
from common.storage.patient_columns import patient_columns
from common.storage.tables import tickets

CHECKS: Final[Mapping[str, tuple[Select[Any], Read]]] = {
    "days": (days(), read_day),
    "journals": (journals(), read_journal),
    "accuracy": (judged_calls(), as_it_is),
    "transition": (transitions(), as_it_is),
    "status": (statuses(), as_it_is),
    "no_ticket": (events_without_tickets(), as_it_is),
    "called_back": (calls(), as_it_is),
    "two_active": (together(patient_columns(tickets), is_active, ()), as_it_is),
    "one_room": (together((tickets.c.room,), is_in_room, (tickets.c.room,)), as_it_is),
    "one_place": (
        together((tickets.c.place_number,), true(), (tickets.c.place_number.label("place"),)),
        as_it_is,
    ),
    "two_tickets": (requests_with_several_tickets(), as_it_is),
    "transferred": (transfers(), as_it_is),
    "visit": (visits(), as_it_is),
    "purged": (purged(), as_it_is),
    "two_events": (changes_recorded_twice(), as_it_is),
    "refused": (refused_and_done(), as_it_is),
}
