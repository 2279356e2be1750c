"""A request, its answer, or what a client saw is wrong."""

from uuid import uuid4

from tests.chaos.checked_run import CheckedRun
from tests.chaos.checker import Invariant
from tests.chaos.violations.plants import plant


@plant(Invariant.ONE_TICKET, "has registered or cancelled 2 tickets")
def request_with_two_tickets(run: CheckedRun) -> None:
    run.grants(run.of("first", "invoked")[0] | {"medical_record_number": "MR999999"})


@plant(Invariant.ONE_TICKET, "which no client asked for")
def ticket_that_nobody_asked_for(run: CheckedRun) -> None:
    run.history = [line for line in run.history if line["request_id"] != run.ids["second"]]


@plant(Invariant.REPLIES, "was answered with several tickets")
def request_answered_with_two_tickets(run: CheckedRun) -> None:
    again = run.registers("second")
    run.tell(again, "ok", reply="ticket", ticket=run.shown(run.ticket("C01", 4)))


@plant(Invariant.REPLIES, "whose code is not in the database")
def ticket_that_was_rolled_back(run: CheckedRun) -> None:
    invoked = run.registers("rolled back")
    ticket = run.shown(run.ticket("C01", 4)) | {"ticket_code": "ZZZZ-ZZZZ-ZZZZ", "number": 6}
    run.tell(invoked, "ok", reply="ticket", ticket=ticket)


@plant(Invariant.REPLIES, "but the journal says that it caused None")
def ticket_that_is_not_in_the_journal(run: CheckedRun) -> None:
    run.entry("second")["cause_id"] = str(uuid4())


@plant(Invariant.REPLIES, "but that code is ('RSHS', 'C01', '2026-11-23', 2)'s")
def ticket_told_with_another_number(run: CheckedRun) -> None:
    run.of("second", "ok")[0]["ticket"]["number"] = 5


@plant(Invariant.REPLIES, "which is another patient's")
def ticket_of_another_patient(run: CheckedRun) -> None:
    run.ticket("C01", 2)["medical_record_number"] = "MR999999"


@plant(Invariant.REPLIES, "but asked for RSHS C02")
def ticket_of_another_clinic(run: CheckedRun) -> None:
    run.of("second", "invoked")[0]["clinic"] = "C02"


@plant(Invariant.REPLIES, "was answered ok in operation")
def ok_without_a_ticket(run: CheckedRun) -> None:
    del run.of("second", "ok")[0]["ticket"]


@plant(Invariant.REPLIES, "that there is no such ticket")
def ticket_denied(run: CheckedRun) -> None:
    answer = run.asks_for_tickets()
    answer["not_found"] = [run.shown(run.ticket("C01", 2))["ticket_code"]]


@plant(Invariant.REPLIES, "(ticket_status) was answered with ticket")
def ticket_shown_that_is_nobodys(run: CheckedRun) -> None:
    answer = run.asks_for_tickets(run.ticket("C01", 2))
    answer["tickets"][0]["ticket_code"] = "ZZZZ-ZZZZ-ZZZZ"


@plant(Invariant.REPLIES, "by a fault of the client's program")
def client_at_fault(run: CheckedRun) -> None:
    run.tell(run.registers("faulty"), "unknown", reason="client_fault")


@plant(Invariant.CANCELLATIONS, "but that ticket is waiting")
def ok_cancel_that_cancelled_nothing(run: CheckedRun) -> None:
    run.ticket("C01", 3)["status"] = "waiting"


@plant(Invariant.CANCELLATIONS, "which is not the ticket given up")
def another_ticket_cancelled(run: CheckedRun) -> None:
    run.of("cancel", "invoked")[0]["ticket_code"] = run.shown(run.ticket("C01", 2))["ticket_code"]


@plant(Invariant.REFUSALS, "but it caused ['ticket.registered RSHS C01 2026-11-23 6']")
def refused_request_with_a_ticket(run: CheckedRun) -> None:
    invoked = run.registers("closed")
    run.grants(invoked)
    run.tell(invoked, "refused", code="clinic_closed")


@plant(Invariant.REFUSALS, "refused in several ways: ['clinic_closed', 'quota_reached']")
def request_refused_in_two_ways(run: CheckedRun) -> None:
    run.tell(run.registers("too many", "C02"), "refused", code="clinic_closed")


@plant(Invariant.REFUSALS, "no other contents were ever sent")
def id_reused_by_nobody(run: CheckedRun) -> None:
    run.tell(run.registers("second"), "refused", code="request_id_reused")


@plant(Invariant.REFUSALS, "a fault in a worker")
def internal_error(run: CheckedRun) -> None:
    run.tell(run.registers("unlucky"), "refused", code="internal_error")


@plant(Invariant.REPLIES, "was refused with already_registered")
def already_registered_with_another_patients_ticket(run: CheckedRun) -> None:
    held = run.shown(run.ticket("C01", 4)) | {"ticket_code": None}
    run.of("again", "refused")[0]["ticket"] = held


@plant(Invariant.REFUSALS, "was refused with already_registered")
def already_registered_with_the_code(run: CheckedRun) -> None:
    run.of("again", "refused")[0]["ticket"] = run.shown(run.ticket("C01", 2))


@plant(Invariant.EXPIRY, "was answered request_expired when it was")
def expired_too_early(run: CheckedRun) -> None:
    run.tell(run.registers("young"), "refused", code="request_expired")


@plant(Invariant.EXPIRY, "got ticket.registered 6 when it was 100")
def old_registration_with_a_number(run: CheckedRun) -> None:
    invoked = run.registers("old")
    run.at += 1000
    run.grants(invoked)


@plant(Invariant.ENDINGS, "is neither in the journal nor refused")
def confirmed_registration_lost(run: CheckedRun) -> None:
    run.tell(run.registers("lost"), "confirmed")


@plant(Invariant.ENDINGS, "is neither in the journal nor refused")
def confirmed_cancellation_lost(run: CheckedRun) -> None:
    code = run.shown(run.ticket("C01", 2))["ticket_code"]
    run.tell(run.invoke("lost cancel", "cancel", ticket_code=code), "confirmed")


@plant(Invariant.LOSSES, "after operation")
def lost_and_done_when_settled(run: CheckedRun) -> None:
    run.tell(run.registers("lost"), "confirmed")
    settling = run.registers("lost", settling=True)
    run.at += 1
    ticket = run.grants(settling)
    run.tell(settling, "ok", reply="ticket", ticket=run.shown(ticket))


@plant(Invariant.LOSSES, "after operation")
def lost_and_refused_when_settled(run: CheckedRun) -> None:
    run.tell(run.registers("lost"), "confirmed")
    settling = run.registers("lost", settling=True)
    run.at += 1
    run.refuses(settling, "clinic_closed")


@plant(Invariant.LOOK_UPS, "was C01-001 for")
def queue_goes_back_for_a_client(run: CheckedRun) -> None:
    run.asks_for_queue("C01")["queue"]["now_serving"] = None


@plant(Invariant.LOOK_UPS, "was served for")
def ticket_goes_back_for_a_client(run: CheckedRun) -> None:
    run.asks_for_tickets(run.ticket("C01", 1))["tickets"][0]["status"] = "called"
