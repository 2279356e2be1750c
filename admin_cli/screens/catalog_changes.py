"""How the changes of a catalog are shown."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from admin_cli.screens.opening_hours import hours_in_words
from common.terminal.tables import NOTHING
from common.translation import N_
from common.words.lanes import lane_in_words, reason_in_words
from common.words.record_numbers import record_number_form
from common.words.texts import Texts

if TYPE_CHECKING:
    from admin_cli.database.catalog_plan import CatalogChange, CatalogChanges, FieldChange

_MARKS = {"added": "+", "changed": "~", "restored": "+", "retired": "-"}

_KINDS: Final[Mapping[str, str]] = {
    "restored": N_("restored"),
    "retired": N_("retired"),
}
_FIELDS: Final[Mapping[str, str]] = {
    "name": N_("name"),
    "city": N_("city"),
    "time_zone": N_("time zone"),
    "identity": N_("identity"),
    "registrations_max": N_("registrations at most"),
    "mismatches_max": N_("mismatches at most"),
    "record_number_format": N_("medical record numbers"),
    "opening_hours": N_("hours"),
    "day_ends_at": N_("service day ends at"),
    "rooms": N_("rooms"),
    "room_names": N_("names of rooms"),
    "daily_quota": N_("daily quota"),
    "mean_service_seconds": N_("mean service (minutes)"),
    "service_spread_seconds": N_("service spread (minutes)"),
    "mode": N_("mode"),
    "priority_age": N_("priority age"),
    "skip_places": N_("places that who is late goes back"),
    "lanes": N_("lanes"),
    "returns_to": N_("who comes back waits at"),
}


def change_lines(changes: "CatalogChanges", texts: Texts) -> list[str]:
    """One line for each change; a new hospital's clinics stand together in its own."""
    new_hospitals = {
        change.hospital for change in changes.changes if change.clinic is None and change.kind == "added"
    }
    clinics_of: dict[str, list[str]] = defaultdict(list)
    for change in changes.changes:
        if change.clinic is not None and change.hospital in new_hospitals:
            clinics_of[change.hospital].append(change.clinic)
    lines = []
    for change in changes.changes:
        if change.hospital in new_hospitals and change.clinic is not None:
            continue
        place = change.hospital if change.clinic is None else f"{change.hospital} {change.clinic}"
        details = [", ".join(clinics_of[change.hospital])] if change.hospital in new_hospitals else []
        details += _details(change, texts)
        lines.append(
            f"{_MARKS[change.kind]} {place}  {change.name}" + ": " * bool(details) + "; ".join(details)
        )
    return lines


def summary(changes: "CatalogChanges", texts: Texts, *, dry_run: bool) -> str:
    """How many clinics were added, changed and so on, as a sentence."""
    kinds = [change.kind.value for change in changes.changes if change.clinic is not None]
    counts = {kind: kinds.count(kind) for kind in _MARKS}
    sentences = []
    if changes.busy:
        sentences.append(
            texts(
                "Queues that drain without new registrations: {clinics}.",
                clinics=", ".join(busy_clinics(changes, texts)),
            )
        )
    if not changes.changes:
        sentences.append(
            texts("Nothing to change; clinics unchanged: {unchanged}.", unchanged=changes.unchanged)
        )
    else:
        sentences.append(
            texts(
                "Clinics added {added}, changed {changed}, restored {restored}, retired {retired},"
                " unchanged {unchanged}.",
                **counts,
                unchanged=changes.unchanged,
            )
        )
    if dry_run:
        sentences.append(texts("Nothing was applied (--dry-run)."))
    return " ".join(sentences)


def busy_clinics(changes: "CatalogChanges", texts: Texts) -> list[str]:
    """The clinics left out in whose queues patients still are, such as `RSHS GIG (pasien: 5)`."""
    clinics = []
    for busy in changes.busy:
        patients = texts("patients: {count}", count=busy.patients)
        clinics.append(f"{busy.hospital} {busy.clinic} ({patients})")
    return clinics


def changes_as_json(changes: "CatalogChanges") -> dict[str, Any]:
    """The changes in names and values of the tables."""
    return {
        "changes": [
            {
                "kind": change.kind.value,
                "hospital": change.hospital,
                "clinic": change.clinic,
                "name": change.name,
                "fields": [
                    {"name": field.name, "old": field.old, "new": field.new} for field in change.fields
                ],
            }
            for change in changes.changes
        ],
        "unchanged": changes.unchanged,
        "busy": [
            {"hospital": busy.hospital, "clinic": busy.clinic, "name": busy.name, "patients": busy.patients}
            for busy in changes.busy
        ],
    }


def _details(change: "CatalogChange", texts: Texts) -> list[str]:
    words = [texts(_KINDS[change.kind])] if change.kind in _KINDS else []
    return words + [_field(field, texts) for field in change.fields]


def _field(field: "FieldChange", texts: Texts) -> str:
    old, new = (_value(field.name, each, texts) for each in (field.old, field.new))
    return f"{texts(_FIELDS[field.name])} {old} -> {new}"


def field_in_words(name: str, value: Any, texts: Texts) -> str:
    """A column of the catalog and its value: `places that who is late goes back 3`."""
    return f"{texts(_FIELDS[name])} {_value(name, value, texts)}"


def _value(name: str, value: Any, texts: Texts) -> str:
    if name == "opening_hours":
        return f"[{hours_in_words(value, texts)}]"
    if name == "room_names":
        return f"[{', '.join(each or NOTHING for each in value or ())}]"
    if name == "lanes":
        return f"[{', '.join(_lane(each, texts) for each in value)}]"
    if name == "record_number_format":
        return f"[{record_number_form(value, texts)}]" if value else NOTHING
    if name.endswith("_seconds"):
        return texts("{minutes:.4g}", minutes=value / 60)
    return str(value)


def _lane(rule: Mapping[str, Any], texts: Texts) -> str:
    """`prioritas 2 (lansia, disabilitas)`."""
    reasons = ", ".join(reason_in_words(reason, texts) for reason in rule["reasons"])
    return f"{lane_in_words(rule['lane'], texts)} {rule['ratio']} ({reasons})"
