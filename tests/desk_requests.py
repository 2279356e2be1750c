"""Everything that a desk can ask, and what it is asked with."""

from typing import Any

from common.messages import desk_requests
from common.messages.desk_requests import DeskRegister, DeskRequest
from tests.builders import patient

BODIES: dict[str, dict[str, Any]] = {
    "desk_queue": {},
    "desk_ticket": {"number": 1},
    "find_tickets": {"text": "siti"},
    "desk_history": {},
    "open_clinic": {},
    "close_clinic": {},
    "call_next": {"room": 1},
    "call_ticket": {"number": 1, "room": 1, "reason": "emergency"},
    "recall": {"number": 1},
    "start": {"number": 1},
    "complete": {"number": 1},
    "mark_no_show": {"number": 1},
    "reinstate": {"number": 1},
    "skip": {"number": 1},
    "park": {"number": 1},
    "unpark": {"number": 1},
    "set_priority": {"number": 1, "reason": "infant"},
    "transfer": {"number": 1, "to_clinic": "MAT"},
    "send": {"number": 1, "to_clinic": "MAT", "returns": True},
    "desk_cancel": {"number": 1, "reason": "duplicate"},
    "correct": {"number": 1, "name": "Siti Aminah"},
    "undo": {"room": 1},
    "away": {"room": 1, "reason": "break", "until": "2026-11-23T13:00:00+07:00"},
    "back": {"room": 1},
    "set_rooms": {"rooms": 3},
    "set_mode": {"mode": "clock"},
    "clinic_report": {},
    "estimate_accuracy": {},
    "desk_register": patient(9),
}
"""What each request is asked with."""

KINDS: dict[str, type[DeskRequest | DeskRegister]] = {
    kind.name: kind
    for kind in vars(desk_requests).values()
    if isinstance(kind, type) and issubclass(kind, DeskRequest | DeskRegister) and "name" in vars(kind)
}
"""By the name of each request: what it is."""
