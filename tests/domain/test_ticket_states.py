"""The table of ticket states: closed, and without a way out of a state that is final."""

import pytest

from common.domain.event_names import EventName
from common.domain.ticket_states import (
    ACTIVE,
    GIVEN_BACK,
    STATUSES_AFTER,
    TRANSITIONS,
    Action,
    TicketStatus,
    allowed_events,
    is_allowed,
)

FINAL = {TicketStatus.SERVED, TicketStatus.CANCELLED, TicketStatus.TRANSFERRED, TicketStatus.EXPIRED}


def test_every_action_has_a_row_with_an_event_but_a_call_is_a_call_and_parked_is_parked() -> None:
    assert set(TRANSITIONS) == set(Action)
    shared = {Action.CALL_OUT_OF_TURN: Action.CALL, Action.STAY_PARKED: Action.PARK}
    events = [row.event for action, row in TRANSITIONS.items() if action not in shared]
    assert all(TRANSITIONS[action].event is TRANSITIONS[other].event for action, other in shared.items())
    assert set(events) == {name for name in EventName if name.startswith("ticket.")}
    assert len({*events}) == len(events)
    assert set(STATUSES_AFTER) == set(events) - {EventName.TICKET_CORRECTED, EventName.TICKET_SENT}


def test_a_state_that_is_final_has_no_way_out() -> None:
    undoings = {rule.event for rule in TRANSITIONS.values() if rule.back_to}
    left = {status: allowed_events(status) - undoings for status in TicketStatus}
    assert {status for status, events in left.items() if not events - {EventName.TICKET_SENT}} == FINAL
    assert {status for status in FINAL if not allowed_events(status)} == {
        TicketStatus.TRANSFERRED,
        TicketStatus.EXPIRED,
    }
    assert GIVEN_BACK < FINAL
    assert not ACTIVE & FINAL


def test_every_state_can_be_reached() -> None:
    reached = {TicketStatus.WAITING}
    for _ in TicketStatus:
        reached |= {row.after for row in TRANSITIONS.values() if row.after and row.before & reached}
    assert reached == set(TicketStatus)


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        (Action.CALL, {TicketStatus.WAITING}),
        (Action.COMPLETE, {TicketStatus.CALLED, TicketStatus.IN_SERVICE}),
        (Action.CALL_OUT_OF_TURN, {TicketStatus.WAITING, TicketStatus.PARKED, TicketStatus.NO_SHOW}),
        (Action.SKIP, {TicketStatus.WAITING, TicketStatus.CALLED}),
        (Action.PARK, {TicketStatus.CALLED}),
        (Action.UNPARK, {TicketStatus.PARKED}),
        (Action.CANCEL, {TicketStatus.WAITING, TicketStatus.CALLED, TicketStatus.PARKED}),
        (Action.REINSTATE, {TicketStatus.NO_SHOW}),
    ],
)
def test_an_action_is_allowed_in_the_states_of_its_row(action: Action, allowed: set[TicketStatus]) -> None:
    assert {status for status in TicketStatus if is_allowed(action, status)} == allowed
