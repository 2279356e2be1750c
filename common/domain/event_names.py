"""The names of events: what can happen to a ticket, and to a clinic's service day."""

from enum import StrEnum


class EventName(StrEnum):
    """What can happen in a queue: a closed list. Ticks are signals, the others changes of state."""

    TICKET_REGISTERED = "ticket.registered"
    TICKET_PRIORITISED = "ticket.prioritised"
    TICKET_UNPRIORITISED = "ticket.unprioritised"
    TICKET_CALLED = "ticket.called"
    TICKET_RECALLED = "ticket.recalled"
    TICKET_STARTED = "ticket.started"
    TICKET_SERVED = "ticket.served"
    TICKET_NO_SHOW = "ticket.no_show"
    TICKET_REINSTATED = "ticket.reinstated"
    TICKET_CORRECTED = "ticket.corrected"
    TICKET_TRANSFERRED = "ticket.transferred"
    TICKET_CANCELLED = "ticket.cancelled"
    TICKET_EXPIRED = "ticket.expired"
    TICKET_CALL_UNDONE = "ticket.call_undone"
    TICKET_START_UNDONE = "ticket.start_undone"
    TICKET_COMPLETION_UNDONE = "ticket.completion_undone"
    TICKET_NO_SHOW_UNDONE = "ticket.no_show_undone"
    TICKET_CANCELLATION_UNDONE = "ticket.cancellation_undone"
    CLINIC_OPENED = "clinic.opened"
    CLINIC_CLOSED = "clinic.closed"
    CLINIC_HOURS_CHANGED = "clinic.hours_changed"
    CLINIC_ROOMS_CHANGED = "clinic.rooms_changed"
    CLINIC_MODE_CHANGED = "clinic.mode_changed"
    CLINIC_TICK = "clinic.tick"
