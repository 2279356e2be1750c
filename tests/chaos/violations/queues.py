"""A queue, its tickets or its numbers are wrong."""

from copy import deepcopy

from tests.chaos.checked_run import CheckedRun
from tests.chaos.checker import Invariant
from tests.chaos.violations.plants import plant


@plant(Invariant.NUMBERS, "missing are [3, ")
def number_left_out(run: CheckedRun) -> None:
    run.ticket("C01", 3)["number"] = 9


@plant(Invariant.NUMBERS, "doubled [2]")
def number_given_out_twice(run: CheckedRun) -> None:
    run.ticket("C01", 3)["number"] = 2


@plant(Invariant.NUMBERS, "last_number 7, its largest is 5")
def last_number_too_large(run: CheckedRun) -> None:
    run.day("C01")["last_number"] = 7


@plant(Invariant.NUMBERS, "gives out 2 after 3")
def numbers_in_another_order(run: CheckedRun) -> None:
    second, third = run.entry("second"), run.entry("third")
    second["number"], third["number"] = 3, 2


@plant(Invariant.COUNTERS, "waiting 9, tickets and journal say 3")
def waiting_miscounted(run: CheckedRun) -> None:
    run.day("C01")["waiting"] = 9


@plant(Invariant.COUNTERS, "cancelled 0")
def cancelled_miscounted(run: CheckedRun) -> None:
    run.day("C01")["cancelled"] = 0


@plant(Invariant.COUNTERS, "now_serving 2, tickets and journal say 1")
def another_number_served(run: CheckedRun) -> None:
    run.day("C01")["now_serving"] = 2


@plant(Invariant.COUNTERS, "no clinic-day")
def clinic_day_gone(run: CheckedRun) -> None:
    del run.days["C02"]


@plant(Invariant.SEQUENCES, "missing in the journal [2]")
def sequence_with_a_gap(run: CheckedRun) -> None:
    run.journal.remove(run.entry("second"))


@plant(Invariant.SEQUENCES, "beyond it [8]")
def last_sequence_too_small(run: CheckedRun) -> None:
    run.day("C01")["last_sequence"] -= 1


@plant(Invariant.SEQUENCES, "doubled [2]")
def sequence_used_twice(run: CheckedRun) -> None:
    run.journal.append(deepcopy(run.entry("second")))


@plant(Invariant.STATES, "is served, its last event says waiting")
def ticket_served_without_an_event(run: CheckedRun) -> None:
    run.ticket("C01", 2)["status"] = "served"


@plant(Invariant.STATES, "changes ticket 1 from served to called")
def served_ticket_called_again(run: CheckedRun) -> None:
    run.moves(run.ticket("C01", 1), "called")


@plant(Invariant.STATES, "changes ticket 2 from waiting to served")
def waiting_ticket_served(run: CheckedRun) -> None:
    run.moves(run.ticket("C01", 2), "served")


@plant(Invariant.STATES, "is of ticket 2, which is not there")
def event_without_a_ticket(run: CheckedRun) -> None:
    run.tickets.remove(run.ticket("C01", 2))


@plant(Invariant.STATES, "is of a kind that is not known")
def unknown_event(run: CheckedRun) -> None:
    run.moves(run.ticket("C01", 2), "vanished")


@plant(Invariant.STATES, "whose data is")
def event_with_a_wrong_count(run: CheckedRun) -> None:
    run.entry("second")["event"]["data"]["waiting"] = 7


@plant(Invariant.STATES, "whose data is")
def event_of_another_room(run: CheckedRun) -> None:
    run.entry("second")["event"]["data"]["room"] = 7


@plant(Invariant.STATES, "whose sequence is '0000000009'")
def event_with_another_sequence(run: CheckedRun) -> None:
    run.entry("second")["event"]["sequence"] = "0000000009"


@plant(Invariant.CALLS, "calls 2 after 4")
def called_number_goes_back(run: CheckedRun) -> None:
    run.moves(run.ticket("C01", 4), "called")
    run.moves(run.ticket("C01", 2), "called")


@plant(Invariant.ONE_ACTIVE, "holds the active tickets [2, 4]")
def patient_with_two_tickets(run: CheckedRun) -> None:
    run.ticket("C01", 4)["medical_record_number"] = run.ticket("C01", 2)["medical_record_number"]


@plant(Invariant.ONE_ACTIVE, "gives ticket 3 to a patient who still holds 2")
def patient_with_two_tickets_until_one_was_cancelled(run: CheckedRun) -> None:
    run.ticket("C01", 3)["medical_record_number"] = run.ticket("C01", 2)["medical_record_number"]


@plant(Invariant.QUOTA, "where 1 of 1 are given out")
def more_tickets_than_the_quota(run: CheckedRun) -> None:
    run.registered("beyond", "C02")
