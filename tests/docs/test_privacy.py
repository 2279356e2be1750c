"""docs/privacy.md names every column and every member of a message that is about a person, and no other.

A new column or member is to be put on the page, or among those that are about nobody.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from pydantic import BaseModel

from common.messages.message import ReplyPart
from common.storage.tables import metadata
from contract.messages import REPLIES, REQUESTS

PAGE: Final = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text()

IMPERSONAL_COLUMNS: Final[dict[str, str]] = {
    "catalog_version": "id version",
    "hospitals": "code name city time_zone identity registrations_max mismatches_max record_number_format"
    " version",
    "clinics": "hospital code name opening_hours day_ends_at rooms room_names daily_quota"
    " mean_service_seconds service_spread_seconds mode state forced_until forced_reason priority_age lanes"
    " skip_places returns_to absences serving_since retired version",
    "clinic_days": "hospital clinic service_date last_number last_sequence waiting waiting_emergency"
    " waiting_urgent waiting_priority emergency_streak urgent_streak priority_streak parked last_arrival_at"
    " cancelled now_serving rooms_freed announced_until announced_state ending next_change_at purged_at",
    "service_times": "hospital clinic part service_date sums",
    "tickets": "hospital clinic service_date number status lane room registered_at arrived_at place_at"
    " place_number waiting_since told called_at started_at recalled_at ended_at cancelled_by cancel_reason"
    " visit station is_return",
    "accuracy": "hospital clinic service_date width_minutes held missed late uncalled apart width_seconds"
    " wait_seconds error_seconds",
    "journal": "hospital clinic service_date sequence cause_id ordinal event_name number occurred_at"
    " recorded_at body undo",
    "refusals": "request_id code refused_at",
    "mismatches": "hospital service_date times",
    "registries": "hospital generation last_generation key_check changed_at",
    "registered_patients": "hospital generation",
    "staff": "hospital clinics role active version",
    "access_log": "hospital clinic minute request looks names",
}


def words(text: str) -> set[str]:
    return set(text.split())


IMPERSONAL_MEMBERS: Final = words(
    """
    absences after anyhow apart at away called_at came_from cancel_reason cancelled cancelled_by changes city
    clinic clinic_name clinics closed_reason closes_at code count day_may_end_first detail display_number
    duties earliest_call_at elsewhere errors estimated_call_at estimated_wait_seconds event events expired
    field first first_date forced_reason forced_until held held_share hospital hospital_name hospitals hour
    hours in_rooms is_current is_open is_return lane lanes last last_date late latest_call_at length letters
    limit lines longest_wait_seconds mean_error_seconds mean_wait_seconds mean_width_seconds median_seconds
    median_width_minutes members message missed missed_share mode more new_ticket next next_opening no_shows
    now_serving number numbers open_clinics open_only opens_at other p90_seconds padded parked parked_count
    patient_ticket people_ahead possible_duplicate possible_duplicates promise promised_share quota_left
    reasons recalled_at record_number_format registered registered_at return_clinic returns role roles room
    room_name room_names rooms sequence served served_count server_time service_date services
    shortest_wait_seconds since source started_at state station station_status status ticket tickets time_zone
    times title to_clinic told total transferred type uncalled until user visit waiting waiting_count
    waiting_priority_count waits zone
    """
)

IMPERSONAL_IN: Final = {
    # Of a hospital, or of a clinic.
    "name": {"clinics", "hospitals"},
    # Of what was done to a queue, or of why no ticket is given out or a ticket was moved.
    "reason": {
        *("away", "call_ticket", "clinic_queue", "clinics", "close_clinic", "desk_cancel", "desk_done"),
        *("desk_queue", "desk_ticket", "open_clinic", "problem", "ticket", "ticket_at_desk", "tickets"),
    },
}
"""Members of these names are about a person in other messages only."""


def rows(head: str) -> list[list[str]]:
    """The cells of the table with this head."""
    [table] = re.findall(rf"^\| {re.escape(head)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def named(cell: str) -> set[str]:
    return set(re.findall(r"`([a-z_.]+)`", cell))


def test_every_column_about_a_person_is_on_the_page() -> None:
    of_staff = {"journal.operator", "staff.username", "access_log.username"}
    assert all(f"`{each}`" in PAGE for each in of_staff)
    on_page = {name for row in rows("column") for name in named(row[0])}
    real = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns}
    impersonal = {f"{table}.{name}" for table, names in IMPERSONAL_COLUMNS.items() for name in words(names)}
    assert on_page == real - impersonal - of_staff
    assert impersonal < real


def _parts(kind: Any) -> Iterator[type]:
    """The classes of which a member of this type is made."""
    if isinstance(kind, type) and issubclass(kind, BaseModel | ReplyPart):
        yield kind
    for each in get_args(kind):
        yield from _parts(each)


def _members(kind: type) -> Iterator[str]:
    hints = get_type_hints(kind)
    names = [*kind.model_fields] if issubclass(kind, BaseModel) else [each.name for each in fields(kind)]  # type: ignore[arg-type]
    for name in names:
        yield name
        for part in _parts(hints[name]):
            yield from _members(part)


def test_every_member_about_a_person_is_on_the_page_with_its_messages() -> None:
    real: dict[str, set[str]] = defaultdict(set)
    for message, kind in (REQUESTS | REPLIES).items():
        for member in _members(kind):
            if member not in IMPERSONAL_MEMBERS and message not in IMPERSONAL_IN.get(member, ()):
                real[member].add(message)
    on_page = {row[0].split("`")[1]: named(row[1]) | named(row[2]) for row in rows("member")}
    assert on_page == real
