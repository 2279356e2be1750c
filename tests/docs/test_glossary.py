"""docs/glossary.md has exactly the code's ticket states, in the words of the screens, and desk requests."""

import re

from common.domain.ticket_states import TicketStatus
from common.messaging.topology import DESK_EXCHANGE, PATIENT_EXCHANGE, routing_keys
from common.translation import translated
from common.words.tickets import STATUSES
from contract.documents import DOCS, Document

GLOSSARY = Document("glossary.md")


def test_names_every_ticket_state() -> None:
    assert GLOSSARY.first_cells("state", GLOSSARY.section("## Ticket states")) == list(TicketStatus)


def test_says_ticket_states_as_the_screens_do() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", GLOSSARY.section("## Ticket states"), re.MULTILINE)
    assert dict(rows) == {state: translated(word, "id") for state, word in STATUSES.items()}


def test_names_every_desk_request() -> None:
    of_desks = routing_keys(DESK_EXCHANGE).keys() - routing_keys(PATIENT_EXCHANGE).keys()
    assert sorted(GLOSSARY.first_cells("request", GLOSSARY.section("## Desk requests"))) == sorted(of_desks)


def test_every_term_has_a_meaning() -> None:
    rows = re.findall(r"^\| .* \|$", (DOCS / "glossary.md").read_text(), re.MULTILINE)
    assert rows
    assert all(row.split(" | ")[-1].removesuffix("|").strip() for row in rows)
