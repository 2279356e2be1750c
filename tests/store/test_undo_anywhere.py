"""Whatever is done, and taken back anywhere: the queues are as if what was taken back had not been done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from admin_cli.database.integrity import check_integrity
from common.storage.engine import snapshot
from tests.builders import JAKARTA, clinic_table, hospital_table, in_bandung, patient
from tests.store.desks import is_whole
from tests.store.nights import ALWAYS
from tests.store.undo_nights import (
    CLINICS,
    HOSPITAL,
    RATIO,
    Night,
    counted,
    crosses_midnight,
    forget,
    left_by,
    moves_in_between,
    somebody,
    to_be_counted,
    without_what_was_taken_back,
)
from tests.store.workers import Workers, workers_of

_STATES = {
    "start": {"called"},
    "complete": {"called", "in_service"},
    "mark_no_show": {"called"},
    "reinstate": {"no_show"},
    "skip": {"waiting", "called"},
    "park": {"called"},
    "unpark": {"parked"},
    "call_ticket": {"waiting", "parked", "no_show"},
    "recall": {"called"},
    "desk_cancel": {"waiting", "called", "parked"},
    "set_priority": {"waiting"},
    "transfer": {"waiting", "called", "parked"},
    "correct": {"waiting", "called", "in_service", "parked"},
}
"""In which states a ticket is for what is done with it."""

_UNDOABLE = {
    *("call_next", "call_ticket", "start", "complete", "mark_no_show", "skip", "park"),
    "desk_cancel",
}
_OFTEN = ["desk_register", *["call_next"] * 4, *["start", "complete"] * 2, *["undo"] * 7]
_HOURS = {"open all night": ALWAYS, "open until midnight": {"mon": ["00:00-24:00"]}}

steps = st.lists(
    st.tuples(
        st.sampled_from([*_OFTEN, *_STATES, "close_clinic", "open_clinic"]),
        st.integers(0, 59),
        st.sampled_from([1, 20, 90]),
    ),
    min_size=8,
    max_size=24,
)


def do(night: Night, name: str, pick: int) -> None:
    """Has something done that is possible now, if there is anything of this kind."""
    clinic, choice = CLINICS[pick % 5 == 0], pick // 5
    match name:
        case "desk_register":
            night.asks(name, clinic, somebody(1 + pick))
        case "call_next":
            night.asks(name, clinic, {"room": 1 + choice % 3})
        case "close_clinic":
            night.asks(name, clinic, {"waiting": "cancel"})
        case "open_clinic":
            night.asks(name, clinic, {})
        case "undo":
            _undo(night, choice)
        case _:
            _act_on_a_ticket(night, name, pick)


def _act_on_a_ticket(night: Night, name: str, pick: int) -> None:
    found = sorted(who for who, row in night.tickets().items() if row["status"] in _STATES[name])
    if name == "call_ticket":
        today = night.workers.clock.now().astimezone(JAKARTA).date()
        found = [who for who in found if who.service_date == today]
    if not found:
        return
    who = found[pick % len(found)]
    bodies: dict[str, dict[str, Any]] = {
        "desk_cancel": {"reason": "duplicate"},
        "call_ticket": {"room": 1 + pick % 3, "reason": "doctor", "anyhow": True},
        "set_priority": {"reason": "disability" if pick % 2 else None},
        "transfer": {"to_clinic": next(each for each in CLINICS if each != who.clinic)},
        "correct": {"medical_record_number": patient(100 + pick)["medical_record_number"]},
    }
    night.asks(name, who.clinic, bodies.get(name, {}), who)


def _undo(night: Night, choice: int) -> None:
    """Takes back one of the last things that were done, wherever it is."""
    effects, gone = night.effects(), night.taken_back()
    done = [act for act in night.acts if act.name in _UNDOABLE and act.request_id not in gone]
    if not done:
        return
    effect = effects[done[-1 - choice % min(len(done), 4)].request_id][-1]
    if choice % 3 == 0 and effect.room is not None:
        night.asks("undo", effect.who.clinic, {"room": effect.room})
    else:
        night.asks("undo", effect.who.clinic, {}, effect.who)


def starter(engine: Engine, hours: str) -> Callable[[], Workers]:
    """Starts the night, with five patients who wait."""
    clinics = [
        clinic_table(code, mode="desk", rooms=3, priority_ratio=RATIO, hours=_HOURS[hours])
        for code in CLINICS
    ]

    def start() -> Workers:
        forget(engine)
        workers = workers_of(engine, hospital_table(HOSPITAL, *clinics))
        workers.clock.set("23:50")
        workers.tick()
        return workers

    return start


@pytest.mark.parametrize("hours", _HOURS)
@settings(max_examples=10, deadline=None, suppress_health_check=[*HealthCheck])
@given(steps)
def test_what_is_taken_back_was_never_done(
    engine: Engine, hours: str, asked: list[tuple[str, int, int]]
) -> None:
    start = starter(engine, hours)
    night = Night(start())
    for who in range(1, 6):
        night.asks("desk_register", "GIG", somebody(who))
    for name, pick, seconds in asked:
        night.passes(night.workers.clock.now() + timedelta(seconds=seconds))
        do(night, name, pick)
    night.passes(max(night.workers.clock.now(), in_bandung("23:59")) + timedelta(minutes=2))
    is_whole(night.workers)
    assert counted(night.workers) == to_be_counted(night.workers)
    with_places = not (crosses_midnight(night) or moves_in_between(night))
    left = left_by(night, with_places=with_places)
    again = without_what_was_taken_back(night, start)
    with snapshot(again.workers.engine) as connection:
        found = check_integrity(connection).findings
    # It calls whom the night has called, who need not be the next one there.
    assert {each.check for each in found} <= {"called_back"}
    assert left_by(again, with_places=with_places) == left
