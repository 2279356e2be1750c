"""A desk's request did, or was told, something else than it asked for, or was not allowed."""

from tests.chaos.checked_run import CheckedRun, Row
from tests.chaos.checker import Invariant
from tests.chaos.desk_story import answers, asks, calls, comes_back, does, goes_away, moves
from tests.chaos.violations.plants import plant


def waiting(run: CheckedRun, name: str = "five") -> Row:
    """Somebody new who waits at the desks."""
    return run.registered(name, "C04")


@plant(Invariant.DESKS, "has caused ticket.called ticket.called")
def call_done_twice(run: CheckedRun) -> None:
    first, second = waiting(run), waiting(run, "six")
    asked = asks(run, "call", "call_next", room=3)
    moves(run, asked, first, "called", room=3)
    moves(run, asked, second, "called", room=3)
    answers(run, asked)


@plant(Invariant.DESKS, "was answered ok, but has done nothing")
def answered_and_not_done(run: CheckedRun) -> None:
    for row in run.journal:
        if row["cause_id"] == run.ids["call one"]:
            row["cause_id"] = "0"


@plant(Invariant.DESKS, "in another clinic")
def another_clinic_changed(run: CheckedRun) -> None:
    run.of("rooms", "invoked")[0]["clinic"] = "C05"


@plant(Invariant.DESKS, "of another ticket")
def another_ticket_changed(run: CheckedRun) -> None:
    run.of("start one", "invoked")[0]["number"] = 2


@plant(Invariant.DESKS, "in another room")
def called_to_another_room(run: CheckedRun) -> None:
    run.of("call two", "invoked")[0]["room"] = 2


@plant(Invariant.DESKS, "in a third clinic")
def transferred_to_a_third_clinic(run: CheckedRun) -> None:
    run.of("transfer four", "invoked")[0]["to_clinic"] = "C01"


@plant(Invariant.HANDOVERS, "which is not of C01")
def new_ticket_in_a_third_clinic(run: CheckedRun) -> None:
    run.of("transfer four", "invoked")[0]["to_clinic"] = "C01"


@plant(Invariant.DESKS, "and corrected what it does not name")
def corrected_what_was_not_asked(run: CheckedRun) -> None:
    del run.of("correct three", "invoked")[0]["name"]


@plant(Invariant.STATES, "has corrected ['Budi Utomo']")
def correction_that_tells_a_value(run: CheckedRun) -> None:
    run.entry("correct three", "ticket.corrected")["event"]["data"]["corrected"] = ["Budi Utomo"]


@plant(Invariant.STATES, "has another record number than it was given")
def corrected_to_another_number(run: CheckedRun) -> None:
    run.ticket("C04", 3)["medical_record_number"] = "MR999999"


@plant(Invariant.ONE_ACTIVE, "gives ticket 5 to a patient who still holds 2")
def corrected_to_a_number_that_holds_a_ticket(run: CheckedRun) -> None:
    ticket, who = waiting(run), run.ticket("C04", 2)["medical_record_number"]
    ticket["medical_record_number"] = who
    told = {"corrected": ["medical_record_number"]}
    members = {"user": "budi", "medical_record_number": who, "told": told}
    does(run, "correct five", "correct", ticket, "waiting", "corrected", **members)


@plant(Invariant.DESKS, "as if patient had cancelled it")
def cancellation_that_blames_the_patient(run: CheckedRun) -> None:
    data = run.entry("cancel three", "ticket.cancelled")["event"]["data"]
    data["cancelled_by"] = "patient"


@plant(Invariant.DESKS, "for another reason")
def cancellation_for_another_reason(run: CheckedRun) -> None:
    run.of("cancel three", "invoked")[0]["reason"] = "wrong_person"


@plant(Invariant.STATES, "was cancelled because of Dokter sakit")
def cancellation_for_a_reason_in_words(run: CheckedRun) -> None:
    run.entry("cancel three", "ticket.cancelled")["event"]["data"]["cancel_reason"] = "Dokter sakit"


@plant(Invariant.DESKS, "has caused clinic.closed ticket.cancelled")
def closing_that_cancels_who_should_be_called(run: CheckedRun) -> None:
    ticket = waiting(run)
    asked = asks(run, "close for good", "close_clinic", "dewi", waiting="drain")
    run.journals("clinic.closed", run.day("C04"), asked["request_id"], "dewi")
    moves(run, asked, ticket, "cancelled", cancelled_by="closing")
    answers(run, asked)


@plant(Invariant.DESKS, "which it did not cause")
def reply_with_another_number(run: CheckedRun) -> None:
    run.of("start one", "ok")[0]["done"]["changes"][0]["number"] = 2


@plant(Invariant.DESKS, "was answered ok in operation")
def reply_with_too_few_changes(run: CheckedRun) -> None:
    run.of("undo in room 1", "ok")[0]["done"]["changes"].pop()


@plant(Invariant.REFUSALS, "but it caused ['ticket.called RSHS C04")
def refused_call_that_was_done(run: CheckedRun) -> None:
    ticket = waiting(run)
    asked = asks(run, "call", "call_next", room=3)
    moves(run, asked, ticket, "called", room=3)
    run.tell(asked, "refused", code="not_permitted_now", reason="nobody_waiting")


@plant(Invariant.REFUSALS, "was refused with already_registered")
def already_registered_without_the_code_at_the_desk(run: CheckedRun) -> None:
    run.of("at the counter again", "refused")[0]["ticket"]["ticket_code"] = None


@plant(Invariant.ENDINGS, "is neither in the journal nor refused")
def confirmed_call_lost(run: CheckedRun) -> None:
    asks(run, "lost call", "call_next", room=3)


@plant(Invariant.EXPIRY, "got ticket.called 5 when it was")
def old_call_carried_out(run: CheckedRun) -> None:
    ticket = waiting(run)
    asked = asks(run, "old call", "call_next", room=3)
    run.at += 1000
    moves(run, asked, ticket, "called", room=3)


@plant(Invariant.DESKS, "of another room")
def another_room_away(run: CheckedRun) -> None:
    run.of("away", "invoked")[0]["room"] = 1


@plant(Invariant.DESKS, "for another reason")
def away_for_another_reason(run: CheckedRun) -> None:
    run.of("away", "invoked")[0]["reason"] = "late"


@plant(Invariant.ABSENCES, "is of room 1, which is not away")
def back_without_having_been_away(run: CheckedRun) -> None:
    comes_back(run, "back again", room=1)


@plant(Invariant.ABSENCES, "leaves room 3 away")
def away_and_calls(run: CheckedRun) -> None:
    goes_away(run, "away again", room=3, reason="late")
    calls(run, "call five", waiting(run), room=3)


@plant(Invariant.STAFF, "was caused by dewi in the journal, but by siti")
def blamed_on_somebody_else(run: CheckedRun) -> None:
    run.entry("start one", "ticket.started")["operator"] = "dewi"


@plant(Invariant.STAFF, "was caused by None in the journal, but by siti")
def blamed_on_nobody(run: CheckedRun) -> None:
    run.entry("call one", "ticket.called")["operator"] = None


@plant(Invariant.STAFF, "was caused by dewi in the journal, but by None")
def patients_request_blamed_on_the_staff(run: CheckedRun) -> None:
    run.entry("one")["operator"] = "dewi"


@plant(Invariant.STAFF, "was answered, though this user may not ask it")
def caller_who_sets_rooms(run: CheckedRun) -> None:
    asked = asks(run, "more rooms", "set_rooms", "siti", rooms=9)
    run.journals("clinic.rooms_changed", run.day("C04"), asked["request_id"], "siti")
    answers(run, asked)


@plant(Invariant.STAFF, "was answered, though this user may not ask it")
def caller_of_another_clinic(run: CheckedRun) -> None:
    run.refuses(asks(run, "call elsewhere", "call_next", clinic="C05", room=1), "not_permitted_now")


@plant(Invariant.STAFF, "was not permitted, though this user may ask it")
def manager_kept_out(run: CheckedRun) -> None:
    run.tell(asks(run, "rooms again", "set_rooms", "dewi", rooms=2), "refused", code="not_permitted")


@plant(Invariant.LOOK_UPS, "was C04-005 for")
def queue_that_a_desk_saw_goes_back(run: CheckedRun) -> None:
    calls(run, "call five", waiting(run), room=3)
    run.asks_for_queue("C04")
    run.asks_for_queue("C04")["queue"]["now_serving"] = "C04-002"


@plant(Invariant.LOOK_UPS, "and in_service for")
def ticket_shown_as_it_never_was(run: CheckedRun) -> None:
    ticket = waiting(run)
    asked = asks(run, "call", "call_next", room=3)
    moves(run, asked, ticket, "called", room=3)
    answers(run, asked, {**ticket, "status": "in_service"})


@plant(Invariant.PRIVACY, "the reason of a closing stands in events")
def reason_of_a_closing_in_an_event(run: CheckedRun) -> None:
    run.entry("close", "clinic.closed")["event"]["data"]["reason"] = "Dokter sakit"


@plant(Invariant.PRIVACY, "the name of a member of the staff stands in events")
def member_of_the_staff_in_an_event(run: CheckedRun) -> None:
    run.entry("call one", "ticket.called")["event"]["data"]["operator"] = "siti"


@plant(Invariant.PRIVACY, "a patient's name stands in events")
def corrected_name_in_an_event(run: CheckedRun) -> None:
    run.entry("correct three", "ticket.corrected")["event"]["data"]["name"] = "Budi Utomo"
