"""What a release has promised to integrators is kept, and whatever would break it is named."""

from enum import StrEnum
from typing import Annotated, Any, NotRequired, get_type_hints

import pytest
from pydantic import Field, create_model
from typing_extensions import TypedDict

from common.messages.desk_requests import CloseClinic, Reason, WaitingFate
from common.messages.event_data import OtherTicket, SentData, TicketData
from contract.compatibility import breaks
from contract.released import broken_promises
from contract.schemas import schema_of

TO_BE_DONE = (
    "programs that are out there would break: keep the member as it was, make a new one optional (NotRequired"
    " or a default), or publish another type beside the old one (docs/protocol.md, What may change)"
)


def test_nothing_that_was_released_is_broken() -> None:
    broken = broken_promises()
    assert not broken, "\n".join([TO_BE_DONE, *broken])


def changed(kind: type, **members: Any) -> type:
    """The data of an event with other members; None takes one away."""
    hints = get_type_hints(kind, include_extras=True) | members
    return TypedDict(kind.__name__, {name: each for name, each in hints.items() if each is not None})  # type: ignore[operator, no-any-return]


NUMBER = Annotated[int, Field(ge=1)]
OTHER = changed(OtherTicket, display_number=None)


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (changed(TicketData, lane=None), "lane is removed"),
        (changed(TicketData, now_serving=str), "now_serving is narrower: it can no longer be null"),
        (changed(TicketData, building=str), "building is required now"),
        (changed(TicketData, waiting=int | str), "waiting is another type: it can also be string"),
        (changed(TicketData, waiting=NotRequired[NUMBER]), "waiting may be missing now"),
        (changed(TicketData, number=int), "number has another minimum: None instead of 1"),
        (changed(TicketData, display_number=str), "display_number has another pattern"),
    ],
)
def test_a_broken_event_is_named(broken: type, named: str) -> None:
    found = breaks(schema_of("ticket.served", TicketData), schema_of("ticket.served", broken))
    assert len([each for each in found if each.startswith(f"ticket.served: {named}")]) == 1, found


def test_what_is_broken_within_a_member_is_named_by_its_path() -> None:
    broken = schema_of("ticket.sent", changed(SentData, sent_to=OTHER))
    found = breaks(schema_of("ticket.sent", SentData), broken)
    assert found == ["ticket.sent: sent_to.display_number is removed"]


class Fate(StrEnum):
    """What becomes of those who wait, with one choice less."""

    DRAIN = "drain"


def asked(**members: Any) -> type:
    """A request with other members."""
    return create_model("CloseClinic", __base__=CloseClinic, **members)


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (asked(waiting=(Fate, Fate.DRAIN)), ["waiting is narrower: no more cancel"]),
        (
            asked(reason=(Reason, ...)),
            ["reason is narrower: it can no longer be null", "reason is required now"],
        ),
        (asked(until=(str | None, None)), ["until has another format: None instead of date-time"]),
    ],
)
def test_a_broken_request_is_named(broken: type, named: list[str]) -> None:
    name = "request.close_clinic"
    found = breaks(schema_of(name, CloseClinic), schema_of(name, broken))
    assert found == [f"{name}: {each}" for each in named]


class MoreFates(StrEnum):
    """What becomes of those who wait, with one choice more."""

    DRAIN = "drain"
    CANCEL = "cancel"
    TRANSFER = "transfer"


@pytest.mark.parametrize(
    ("name", "released", "today"),
    [
        ("ticket.served", TicketData, changed(TicketData, building=NotRequired[str])),
        ("request.close_clinic", CloseClinic, asked(building=(str | None, None))),
        ("request.close_clinic", CloseClinic, asked(waiting=(MoreFates, MoreFates.DRAIN))),
    ],
)
def test_what_is_only_added_breaks_nothing(name: str, released: type, today: type) -> None:
    assert breaks(schema_of(name, released), schema_of(name, today)) == []


def test_another_value_of_what_is_sent_breaks_nothing_and_one_less_is_named() -> None:
    fewer, more = changed(TicketData, status=Fate), changed(TicketData, status=WaitingFate)
    fewer_schema, more_schema = schema_of("ticket.served", fewer), schema_of("ticket.served", more)
    assert breaks(fewer_schema, more_schema) == []
    assert breaks(more_schema, fewer_schema) == ["ticket.served: status is narrower: no more cancel"]
