"""What the documents say of members: the rows of their tables, as descriptions in the schemas."""

from typing import Final

from common.messages import desk_replies, desk_requests, patients, problems
from common.messages.event_data import DATA_OF
from common.messages.message import Reply, Request
from contract.documents import Document, plain
from contract.messages import messages_of

PROTOCOL: Final = Document("protocol.md")
DESK_PROTOCOL: Final = Document("desk-protocol.md")

_PARTS: Final[tuple[tuple[Document, str, type], ...]] = (
    (PROTOCOL, "hospital", patients.HospitalSummary),
    (PROTOCOL, "clinic", patients.ClinicSummary),
    (PROTOCOL, "room", patients.OccupiedRoom),
    (PROTOCOL, "station", patients.VisitStation),
    (PROTOCOL, "absence", patients.ClinicAbsence),
    (PROTOCOL, "error", problems.FieldError),
    (DESK_PROTOCOL, "ticket", desk_replies.VisitTicket),
    (DESK_PROTOCOL, "absence", desk_replies.DeskAbsence),
    (DESK_PROTOCOL, "line", desk_replies.HistoryLine),
    (DESK_PROTOCOL, "change", desk_replies.DeskChange),
    (DESK_PROTOCOL, "range", desk_replies.NumberRange),
    (DESK_PROTOCOL, "row", desk_replies.ReportRow),
    (DESK_PROTOCOL, "spread", desk_replies.Spread),
    (DESK_PROTOCOL, "duty", desk_replies.DeskDuty),
)
"""What stands in replies, by the first heading of its table."""


def _told(document: Document, heading: str, section: str) -> dict[str, str]:
    """Of each member its type, as the documents call it, and what it is."""
    if f"\n| {heading} |" not in section:
        return {}
    rows = document.rows(heading, section).items()
    return {member: ": ".join(filter(None, map(plain, cells))) for member, cells in rows}


def _members() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for document, modules in (
        (PROTOCOL, (patients, problems)),
        (DESK_PROTOCOL, (desk_requests, desk_replies)),
    ):
        for module in modules:
            for name, asked in messages_of(module, Request).items():
                section = document.section(f"### `{name}`", document.section("## Requests"))
                found[asked.__name__] = _told(document, "member", section)
            for name, reply in messages_of(module, Reply).items():
                section = document.section(f"### `{name}`", document.section("## Replies"))
                found[reply.__name__] = _told(document, "member", section)
    for document, heading, part in _PARTS:
        found[part.__name__] = _told(document, heading, document.section("## Replies"))
    events = _told(PROTOCOL, "data", PROTOCOL.section("## Events"))
    found |= {data.__name__: events for data in DATA_OF.values()}
    absence = found["ClinicAbsence"]
    found |= {name: {**events, **absence} for name in ("AwayData", "BackData")}
    section = PROTOCOL.section("### `events_since`", PROTOCOL.section("## Events"))
    found["EventsSince"] = _told(PROTOCOL, "member", section)
    found["Events"] = _told(PROTOCOL, "reply", section)
    found["ShownTicket"] = found["TicketAtDesk"] = found["Ticket"]
    found["DeskTicket"] = found["VisitTicket"]
    return found


MEMBERS: Final = _members()
"""By the names of the models: what is said of each member."""
