"""Stations of visits that do not lead to one another, and newborns taken for their mothers."""

from tests.chaos.checked_run import CheckedRun, Row
from tests.chaos.checker import Invariant
from tests.chaos.desk_story import about, moves
from tests.chaos.order_story import sends
from tests.chaos.violations.plants import plant


def _there(run: CheckedRun) -> Row:
    """The ticket with which somebody was sent on."""
    return run.ticket("C07", 1)


@plant(Invariant.VISITS, "which was given out 0 times with it")
def sent_without_a_new_ticket(run: CheckedRun) -> None:
    run.entry("send urgent", "ticket.sent")["event"]["data"]["sent_to"]["display_number"] = "C07-099"


@plant(Invariant.VISITS, "comes from nobody who was served")
def new_ticket_that_names_another(run: CheckedRun) -> None:
    run.entry("send urgent")["event"]["data"]["sent_from"]["display_number"] = "C06-001"


@plant(Invariant.VISITS, "or another visit")
def the_two_tell_of_two_visits(run: CheckedRun) -> None:
    run.entry("send urgent")["event"]["data"]["visit"] = "another"


@plant(Invariant.VISITS, "is of another patient than")
def new_ticket_of_somebody_else(run: CheckedRun) -> None:
    _there(run)["medical_record_number"] = "MR999999"


@plant(Invariant.VISITS, "is of another patient than")
def new_ticket_of_the_newborn(run: CheckedRun) -> None:
    _there(run)["birth_order"] = 1


@plant(Invariant.VISITS, "does not name the one before it")
def station_of_another_visit(run: CheckedRun) -> None:
    _there(run)["visit"] = "another"


@plant(Invariant.VISITS, "and comes from None")
def station_that_comes_from_nowhere(run: CheckedRun) -> None:
    _there(run)["sent_from"] = None


@plant(Invariant.VISITS, "is station 1 of its visit, and comes from number 4")
def station_before_the_one_before_it(run: CheckedRun) -> None:
    _there(run)["station"] = 1


@plant(Invariant.VISITS, "is a station of no visit")
def station_without_a_visit(run: CheckedRun) -> None:
    run.ticket("C06", 1)["station"] = 1


@plant(Invariant.STATES, "changes ticket 1 from waiting to served")
def sent_on_before_being_served(run: CheckedRun) -> None:
    ticket = run.registered("unserved", "C09")
    asked = about(run, "send unserved", "send", ticket, to_clinic="C07", returns=False)
    run.sends_on(ticket | {"status": "served"}, "C07", asked["request_id"], asked["user"])


@plant(Invariant.DESKS, "in a third clinic")
def sent_to_a_third_clinic(run: CheckedRun) -> None:
    run.of("send urgent", "invoked")[0]["to_clinic"] = "C05"


@plant(Invariant.DESKS, "has caused ticket.served ticket.sent ticket.registered ticket.registered")
def sent_to_two_at_once(run: CheckedRun) -> None:
    second = run.ticket("C06", 2)
    asked = about(run, "send twice", "send", second, to_clinic="C07", returns=False)
    moves(run, asked, second, "served")
    for back in (False, True):
        run.sends_on(second, "C07", asked["request_id"], asked["user"], back=back)


@plant(Invariant.STAFF, "was answered, though this user may not ask it")
def reception_that_sends_on(run: CheckedRun) -> None:
    sends(run, "send by reception", run.ticket("C06", 2), "C07", user="budi", returns=False)


@plant(Invariant.UNDOINGS, "gives up set(), and not")
def undoing_that_leaves_the_new_ticket(run: CheckedRun) -> None:
    second = run.ticket("C06", 2)
    sends(run, "send again", second, "C07", returns=False)
    undo = about(run, "undo again", "undo", second)
    moves(run, undo, second, "served", "sending_undone")
    moves(run, undo, second, "in_service", "completion_undone")


@plant(Invariant.DESKS, "for a reason")
def taken_back_for_a_reason(run: CheckedRun) -> None:
    data = run.entry("undo sending", "ticket.cancelled")["event"]["data"]
    data["cancel_reason"] = "duplicate"


@plant(Invariant.REPLIES, "which is another patient's")
def newborn_with_the_mothers_ticket(run: CheckedRun) -> None:
    run.of("baby", "ok")[0]["ticket"] = run.shown(run.ticket("C06", 1))


@plant(Invariant.ONE_ACTIVE, "to a patient who still holds")
def newborn_with_two_tickets(run: CheckedRun) -> None:
    again = run.registers("baby again", "C06", "first of C06", newborn=1)
    run.tell(again, "ok", reply="ticket", ticket=run.shown(run.grants(again)))
