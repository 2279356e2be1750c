"""The end of a service day lost somebody, doubled them, or took their place."""

from tests.chaos.checked_run import CheckedRun
from tests.chaos.checker import Invariant
from tests.chaos.violations.plants import plant


@plant(Invariant.HANDOVERS, "its new ticket is not there")
def handed_over_to_nothing(run: CheckedRun) -> None:
    run.ticket("C03", 1)["transferred_to"] = "0" * 12


@plant(Invariant.HANDOVERS, "was given for 2 tickets")
def two_handed_over_to_one(run: CheckedRun) -> None:
    run.ticket("C03", 2)["transferred_to"] = run.ticket("C03", 1)["transferred_to"]


@plant(Invariant.HANDOVERS, "which is another patient's")
def handed_over_to_somebody_else(run: CheckedRun) -> None:
    next(each for each in run.tickets if each["ticket_code"] == "C03Y00000001")["medical_record_number"] = "X"


@plant(Invariant.HANDOVERS, "with a later time of arrival")
def place_lost_at_the_end_of_the_day(run: CheckedRun) -> None:
    new = next(each for each in run.tickets if each["ticket_code"] == "C03Y00000001")
    new["arrived_at"] = new["waiting_since"]


@plant(Invariant.HANDOVERS, "was given to nobody")
def handed_over_twice(run: CheckedRun) -> None:
    run.ticket("C03", 1)["transferred_to"] = None


@plant(Invariant.HANDOVERS, "waited and expired, though the clinic never closes")
def expired_in_an_open_clinic(run: CheckedRun) -> None:
    row = next(each for each in run.journal if each["event_name"] == "ticket.transferred")
    row["event_name"] = "ticket.expired"
