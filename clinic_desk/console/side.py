"""What stands beside the queue on a wide screen."""

from collections.abc import Mapping
from typing import Final

from rich.text import Text

from clinic_desk import queue_view
from common.terminal.card import COLOURS, Ticket
from common.terminal.moments import clock_time
from common.terminal.texts import Texts
from common.translation import N_

_MOMENTS: Final[Mapping[str, str]] = {
    "registered_at": N_("registered {clock}"),
    "called_at": N_("called {clock}"),
    "started_at": N_("started {clock}"),
}


def details(ticket: Ticket | None, texts: Texts) -> Text:
    """What is known of a ticket, on several lines."""
    text = Text()
    if ticket is None:
        return text
    text.append(f"{ticket['display_number']}\n", style="bold")
    text.append(f"{queue_view.status(ticket, texts)}\n", style=COLOURS.get(ticket["status"], ""))
    text.append(f"{queue_view.lane(ticket, texts)}\n")
    if elsewhere := ticket.get("elsewhere"):
        text.append(queue_view.is_in(elsewhere, texts) + "\n", style="red")
    for name, sentence in _MOMENTS.items():
        if ticket[name]:
            text.append(texts(sentence, clock=clock_time(ticket[name], texts)) + "\n")
    if ticket["patient_name"]:
        text.append(ticket["patient_name"])
    return text
