"""Everything that can be wrong with a run: planted in a consistent one, and what the checker has to say."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any
from uuid import uuid4

from tests.chaos.checked_run import CheckedRun
from tests.chaos.checker import Invariant

Plant = Callable[[CheckedRun], Any]

PLANTS: list[tuple[Plant, Invariant, str]] = []
"""What makes a run wrong, the invariant that it breaks, and words of the sentence that says so."""


def _plant(invariant: Invariant, sentence: str) -> Callable[[Plant], Plant]:
    """The function makes a run wrong; the checker has to object with `sentence` in its own."""

    def register(plant: Plant) -> Plant:
        PLANTS.append((plant, invariant, sentence))
        return plant

    return register


# --- tickets and queues ---------------------------------------------------------------------------------


@_plant(Invariant.NUMBERS, "missing are [3, ")
def number_left_out(run: CheckedRun) -> None:
    run.ticket("C01", 3)["number"] = 9


@_plant(Invariant.NUMBERS, "doubled [2]")
def number_given_out_twice(run: CheckedRun) -> None:
    run.ticket("C01", 3)["number"] = 2


@_plant(Invariant.NUMBERS, "last_number 7, its largest is 5")
def last_number_too_large(run: CheckedRun) -> None:
    run.day("C01")["last_number"] = 7


@_plant(Invariant.NUMBERS, "gives out 2 after 3")
def numbers_in_another_order(run: CheckedRun) -> None:
    second, third = run.entry("second"), run.entry("third")
    second["number"], third["number"] = 3, 2


@_plant(Invariant.COUNTERS, "waiting 9, tickets and journal say 3")
def waiting_miscounted(run: CheckedRun) -> None:
    run.day("C01")["waiting"] = 9


@_plant(Invariant.COUNTERS, "cancelled 0")
def cancelled_miscounted(run: CheckedRun) -> None:
    run.day("C01")["cancelled"] = 0


@_plant(Invariant.COUNTERS, "now_serving 2, tickets and journal say 1")
def another_number_served(run: CheckedRun) -> None:
    run.day("C01")["now_serving"] = 2


@_plant(Invariant.COUNTERS, "no clinic-day")
def clinic_day_gone(run: CheckedRun) -> None:
    del run.days["C02"]


@_plant(Invariant.SEQUENCES, "missing in the journal [2]")
def sequence_with_a_gap(run: CheckedRun) -> None:
    run.journal.remove(run.entry("second"))


@_plant(Invariant.SEQUENCES, "beyond it [8]")
def last_sequence_too_small(run: CheckedRun) -> None:
    run.day("C01")["last_sequence"] -= 1


@_plant(Invariant.SEQUENCES, "doubled [2]")
def sequence_used_twice(run: CheckedRun) -> None:
    run.journal.append(deepcopy(run.entry("second")))


@_plant(Invariant.STATES, "is served, its last event says waiting")
def ticket_served_without_an_event(run: CheckedRun) -> None:
    run.ticket("C01", 2)["status"] = "served"


@_plant(Invariant.STATES, "changes ticket 1 from served to called")
def served_ticket_called_again(run: CheckedRun) -> None:
    run.moves(run.ticket("C01", 1), "called")


@_plant(Invariant.STATES, "changes ticket 2 from waiting to served")
def waiting_ticket_served(run: CheckedRun) -> None:
    run.moves(run.ticket("C01", 2), "served")


@_plant(Invariant.STATES, "is of ticket 2, which is not there")
def event_without_a_ticket(run: CheckedRun) -> None:
    run.tickets.remove(run.ticket("C01", 2))


@_plant(Invariant.STATES, "is of a kind that is not known")
def unknown_event(run: CheckedRun) -> None:
    run.moves(run.ticket("C01", 2), "vanished")


@_plant(Invariant.STATES, "whose data is")
def event_with_a_wrong_count(run: CheckedRun) -> None:
    run.entry("second")["event"]["data"]["waiting"] = 7


@_plant(Invariant.STATES, "whose sequence is '0000000009'")
def event_with_another_sequence(run: CheckedRun) -> None:
    run.entry("second")["event"]["sequence"] = "0000000009"


@_plant(Invariant.CALLS, "calls 2 after 4")
def called_number_goes_back(run: CheckedRun) -> None:
    run.moves(run.ticket("C01", 4), "called")
    run.moves(run.ticket("C01", 2), "called")


@_plant(Invariant.ONE_ACTIVE, "holds the active tickets [2, 4]")
def patient_with_two_tickets(run: CheckedRun) -> None:
    run.ticket("C01", 4)["medical_record_number"] = run.ticket("C01", 2)["medical_record_number"]


@_plant(Invariant.ONE_ACTIVE, "gives ticket 3 to a patient who still holds 2")
def patient_with_two_tickets_until_one_was_cancelled(run: CheckedRun) -> None:
    run.ticket("C01", 3)["medical_record_number"] = run.ticket("C01", 2)["medical_record_number"]


@_plant(Invariant.QUOTA, "where 1 of 1 are given out")
def more_tickets_than_the_quota(run: CheckedRun) -> None:
    run.registered("beyond", "C02")


# --- requests -------------------------------------------------------------------------------------------


@_plant(Invariant.ONE_TICKET, "has registered or cancelled 2 tickets")
def request_with_two_tickets(run: CheckedRun) -> None:
    run.grants(run.of("first", "invoked")[0] | {"medical_record_number": "MR999999"})


@_plant(Invariant.ONE_TICKET, "which no client asked for")
def ticket_that_nobody_asked_for(run: CheckedRun) -> None:
    run.history = [line for line in run.history if line["request_id"] != run.ids["second"]]


@_plant(Invariant.REPLIES, "was answered with several tickets")
def request_answered_with_two_tickets(run: CheckedRun) -> None:
    again = run.registers("second")
    run.tell(again, "ok", reply="ticket", ticket=run.shown(run.ticket("C01", 4)))


@_plant(Invariant.REPLIES, "whose code is not in the database")
def ticket_that_was_rolled_back(run: CheckedRun) -> None:
    invoked = run.registers("rolled back")
    ticket = run.shown(run.ticket("C01", 4)) | {"ticket_code": "ZZZZ-ZZZZ-ZZZZ", "number": 6}
    run.tell(invoked, "ok", reply="ticket", ticket=ticket)


@_plant(Invariant.REPLIES, "but the journal says that it caused None")
def ticket_that_is_not_in_the_journal(run: CheckedRun) -> None:
    run.entry("second")["cause_id"] = str(uuid4())


@_plant(Invariant.REPLIES, "but that code is ('RSHS', 'C01', '2026-11-23', 2)'s")
def ticket_told_with_another_number(run: CheckedRun) -> None:
    run.of("second", "ok")[0]["ticket"]["number"] = 5


@_plant(Invariant.REPLIES, "which is another patient's")
def ticket_of_another_patient(run: CheckedRun) -> None:
    run.ticket("C01", 2)["medical_record_number"] = "MR999999"


@_plant(Invariant.REPLIES, "but asked for RSHS C02")
def ticket_of_another_clinic(run: CheckedRun) -> None:
    run.of("second", "invoked")[0]["clinic"] = "C02"


@_plant(Invariant.REPLIES, "was answered ok in operation")
def ok_without_a_ticket(run: CheckedRun) -> None:
    del run.of("second", "ok")[0]["ticket"]


@_plant(Invariant.REPLIES, "that there is no such ticket")
def ticket_denied(run: CheckedRun) -> None:
    answer = run.asks_for_tickets()
    answer["not_found"] = [run.shown(run.ticket("C01", 2))["ticket_code"]]


@_plant(Invariant.REPLIES, "(ticket_status) was answered with ticket")
def ticket_shown_that_is_nobodys(run: CheckedRun) -> None:
    answer = run.asks_for_tickets(run.ticket("C01", 2))
    answer["tickets"][0]["ticket_code"] = "ZZZZ-ZZZZ-ZZZZ"


@_plant(Invariant.REPLIES, "by a fault of the client's program")
def client_at_fault(run: CheckedRun) -> None:
    run.tell(run.registers("faulty"), "unknown", reason="client_fault")


@_plant(Invariant.CANCELLATIONS, "but that ticket is waiting")
def ok_cancel_that_cancelled_nothing(run: CheckedRun) -> None:
    run.ticket("C01", 3)["status"] = "waiting"


@_plant(Invariant.CANCELLATIONS, "which is not the ticket given up")
def another_ticket_cancelled(run: CheckedRun) -> None:
    run.of("cancel", "invoked")[0]["ticket_code"] = run.shown(run.ticket("C01", 2))["ticket_code"]


@_plant(Invariant.REFUSALS, "but it caused ['ticket.registered RSHS C01 2026-11-23 6']")
def refused_request_with_a_ticket(run: CheckedRun) -> None:
    invoked = run.registers("closed")
    run.grants(invoked)
    run.tell(invoked, "refused", code="clinic_closed")


@_plant(Invariant.REFUSALS, "refused in several ways: ['clinic_closed', 'quota_reached']")
def request_refused_in_two_ways(run: CheckedRun) -> None:
    run.tell(run.registers("too many", "C02"), "refused", code="clinic_closed")


@_plant(Invariant.REFUSALS, "no other contents were ever sent")
def id_reused_by_nobody(run: CheckedRun) -> None:
    run.tell(run.registers("second"), "refused", code="request_id_reused")


@_plant(Invariant.REFUSALS, "a fault in a worker")
def internal_error(run: CheckedRun) -> None:
    run.tell(run.registers("unlucky"), "refused", code="internal_error")


@_plant(Invariant.REPLIES, "was refused with already_registered")
def already_registered_with_another_patients_ticket(run: CheckedRun) -> None:
    run.of("again", "refused")[0]["ticket"] = run.shown(run.ticket("C01", 4))


@_plant(Invariant.EXPIRY, "was answered request_expired when it was 0.")
def expired_too_early(run: CheckedRun) -> None:
    run.tell(run.registers("young"), "refused", code="request_expired")


@_plant(Invariant.EXPIRY, "got number 6 when it was 1000")
def old_registration_with_a_number(run: CheckedRun) -> None:
    invoked = run.registers("old")
    run.at += 1000
    run.grants(invoked)


@_plant(Invariant.ENDINGS, "is neither in the journal nor refused")
def confirmed_registration_lost(run: CheckedRun) -> None:
    run.tell(run.registers("lost"), "confirmed")


@_plant(Invariant.ENDINGS, "is neither in the journal nor refused")
def confirmed_cancellation_lost(run: CheckedRun) -> None:
    code = run.shown(run.ticket("C01", 2))["ticket_code"]
    run.tell(run.invoke("lost cancel", "cancel", ticket_code=code), "confirmed")


@_plant(Invariant.LOSSES, "after operation")
def lost_and_done_when_settled(run: CheckedRun) -> None:
    run.tell(run.registers("lost"), "confirmed")
    settling = run.registers("lost", settling=True)
    run.at += 1
    ticket = run.grants(settling)
    run.tell(settling, "ok", reply="ticket", ticket=run.shown(ticket))


@_plant(Invariant.LOSSES, "after operation")
def lost_and_refused_when_settled(run: CheckedRun) -> None:
    run.tell(run.registers("lost"), "confirmed")
    settling = run.registers("lost", settling=True)
    run.at += 1
    run.refuses(settling, "clinic_closed")


@_plant(Invariant.LOOK_UPS, "was C01-001 for")
def queue_goes_back_for_a_client(run: CheckedRun) -> None:
    run.asks_for_queue("C01")["queue"]["now_serving"] = None


@_plant(Invariant.LOOK_UPS, "was served for")
def ticket_goes_back_for_a_client(run: CheckedRun) -> None:
    run.asks_for_tickets(run.ticket("C01", 1))["tickets"][0]["status"] = "called"


# --- events ---------------------------------------------------------------------------------------------


@_plant(Invariant.EVENT_IDS, "ordinal 0 in common")
def cause_journaled_twice(run: CheckedRun) -> None:
    run.entry("second")["cause_id"] = run.ids["first"]


@_plant(Invariant.EVENT_IDS, "the event id")
def event_id_used_twice(run: CheckedRun) -> None:
    run.entry("second")["event"]["id"] = run.entry("first")["event"]["id"]


@_plant(Invariant.EVENT_IDS, "but its event's id is")
def event_id_of_another_cause(run: CheckedRun) -> None:
    run.entry("second")["event"]["id"] = f"{uuid4()}.0"


@_plant(Invariant.EVENT_IDS, "the subscriber got ticket.registered")
def event_delivered_again_with_another_body(run: CheckedRun) -> None:
    other = deepcopy(run.lines["events"][1])
    other["event"]["data"]["waiting"] = 99
    run.lines["events"].append(other)


@_plant(Invariant.EVENT_IDS, "the stream got ticket.registered")
def event_streamed_with_another_body(run: CheckedRun) -> None:
    run.lines["stream"][1] = deepcopy(run.lines["stream"][1])
    run.lines["stream"][1]["event"]["time"] = "2026-11-23T00:00:00+00:00"


@_plant(Invariant.DELIVERED, "was never delivered to the subscriber, but the stream holds it")
def event_never_delivered(run: CheckedRun) -> None:
    del run.lines["events"][1]


@_plant(Invariant.DELIVERED, "nor does the stream hold it")
def event_never_published(run: CheckedRun) -> None:
    del run.lines["events"][1], run.lines["stream"][1]


@_plant(Invariant.DELIVERED, "the subscriber got RSHS.C01.ticket.registered with the id")
def event_of_a_change_that_was_rolled_back(run: CheckedRun) -> None:
    other = deepcopy(run.lines["events"][1])
    other["event"]["id"] = other["message_id"] = f"{uuid4()}.0"
    run.lines["events"].append(other)


@_plant(Invariant.DELIVERED, "instead of RSHS.C01.ticket.registered")
def event_with_another_routing_key(run: CheckedRun) -> None:
    run.lines["events"][1]["routing_key"] = "RSHS.C02.ticket.registered"


@_plant(Invariant.DELIVERED, "as the message")
def event_with_another_message_id(run: CheckedRun) -> None:
    run.lines["events"][1]["message_id"] = str(uuid4())


@_plant(Invariant.STREAM, "the stream got RSHS.C01.ticket.registered with the id")
def streamed_event_that_is_not_in_the_journal(run: CheckedRun) -> None:
    other = deepcopy(run.lines["stream"][1])
    other["event"]["id"] = f"{uuid4()}.0"
    run.lines["stream"].append(other)


@_plant(Invariant.PRIVACY, "a patient's medical record number stands in events")
def medical_record_number_in_an_event(run: CheckedRun) -> None:
    who = run.ticket("C01", 2)["medical_record_number"].lower()
    run.lines["events"][0]["event"]["data"]["patient"] = {"who": [f"({who})"]}


@_plant(Invariant.PRIVACY, "a patient's name stands in events")
def name_in_an_event(run: CheckedRun) -> None:
    run.entry("first")["event"]["subject"] = "Siti Aminah 2"


@_plant(Invariant.PRIVACY, "a patient's ticket code stands in events")
def ticket_code_in_a_routing_key(run: CheckedRun) -> None:
    run.lines["stream"][0]["routing_key"] += f".{run.ticket('C01', 1)['ticket_code']}"


# --- faults and the end ---------------------------------------------------------------------------------


@_plant(Invariant.DEAD_LETTERS, "is in antrean.dead, unplanted: internal")
def dead_letter_that_nobody_planted(run: CheckedRun) -> None:
    run.lines["dead"].append({"message_id": str(uuid4()), "type": "register", "reason": "internal"})


@_plant(Invariant.DEAD_LETTERS, "is not in antrean.dead")
def poison_gone(run: CheckedRun) -> None:
    run.lines["dead"].clear()


@_plant(Invariant.DRAINED, "never drained")
def never_drained(run: CheckedRun) -> None:
    run.run["drained_at"] = None


@_plant(Invariant.FAULTS, "fault f001 (kill:registrar) did not fire; it was healed, injected")
def fault_that_took_no_effect(run: CheckedRun) -> None:
    run.lines["faults"] = [
        each for each in run.lines["faults"] if (each["id"], each["phase"]) != ("f001", "fired")
    ]


@_plant(Invariant.FAULTS, "it was never injected")
def fault_never_injected(run: CheckedRun) -> None:
    run.plan.append({"id": "f003", "kind": "broker:kill"})


@_plant(Invariant.FAULTS, "fault f002 (poison) failed")
def fault_that_failed(run: CheckedRun) -> None:
    run.lines["faults"].append({"id": "f002", "kind": "poison", "phase": "failed", "at": 1, "detail": ""})


@_plant(Invariant.FAULTS, "are not in the plan")
def fault_that_was_not_planned(run: CheckedRun) -> None:
    run.lines["faults"].append({"id": "f009", "kind": "poison", "phase": "fired", "at": 1, "detail": ""})


@_plant(Invariant.EVIDENCE, "ended twice")
def operation_with_two_ends(run: CheckedRun) -> None:
    run.tell(run.of("second", "invoked")[0], "refused", code="clinic_closed")


@_plant(Invariant.EVIDENCE, "but never was invoked")
def operation_that_nobody_invoked(run: CheckedRun) -> None:
    run.history.remove(run.of("second", "invoked")[0])


@_plant(Invariant.EVIDENCE, "another form than agreed")
def line_of_another_form(run: CheckedRun) -> None:
    del run.lines["events"][0]["event"]
