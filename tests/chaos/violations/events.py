"""An event is lost, doubled, changed or says too much."""

from copy import deepcopy
from uuid import uuid4

from tests.chaos.checked_run import CheckedRun
from tests.chaos.checker import Invariant
from tests.chaos.violations.plants import plant


@plant(Invariant.EVENT_IDS, "ordinal 0 in common")
def cause_journaled_twice(run: CheckedRun) -> None:
    run.entry("second")["cause_id"] = run.ids["first"]


@plant(Invariant.EVENT_IDS, "the event id")
def event_id_used_twice(run: CheckedRun) -> None:
    run.entry("second")["event"]["id"] = run.entry("first")["event"]["id"]


@plant(Invariant.EVENT_IDS, "tells subscribers by what it was caused")
def event_id_made_of_its_cause(run: CheckedRun) -> None:
    run.entry("second")["event"]["id"] = f"{run.ids['second']}.0"


@plant(Invariant.EVENT_IDS, "the subscriber got ticket.registered")
def event_delivered_again_with_another_body(run: CheckedRun) -> None:
    other = deepcopy(run.lines["events"][1])
    other["event"]["data"]["waiting"] = 99
    run.lines["events"].append(other)


@plant(Invariant.EVENT_IDS, "the stream got ticket.registered")
def event_streamed_with_another_body(run: CheckedRun) -> None:
    run.lines["stream"][1] = deepcopy(run.lines["stream"][1])
    run.lines["stream"][1]["event"]["time"] = "2026-11-23T00:00:00+00:00"


@plant(Invariant.DELIVERED, "was never delivered to the subscriber, but the stream holds it")
def event_never_delivered(run: CheckedRun) -> None:
    del run.lines["events"][1]


@plant(Invariant.DELIVERED, "nor does the stream hold it")
def event_never_published(run: CheckedRun) -> None:
    del run.lines["events"][1], run.lines["stream"][1]


@plant(Invariant.DELIVERED, "the subscriber got RSHS.C01.ticket.registered with the id")
def event_of_a_change_that_was_rolled_back(run: CheckedRun) -> None:
    other = deepcopy(run.lines["events"][1])
    other["event"]["id"] = other["message_id"] = str(uuid4())
    run.lines["events"].append(other)


@plant(Invariant.DELIVERED, "instead of RSHS.C01.ticket.registered")
def event_with_another_routing_key(run: CheckedRun) -> None:
    run.lines["events"][1]["routing_key"] = "RSHS.C02.ticket.registered"


@plant(Invariant.DELIVERED, "as the message")
def event_with_another_message_id(run: CheckedRun) -> None:
    run.lines["events"][1]["message_id"] = str(uuid4())


@plant(Invariant.STREAM, "the stream got RSHS.C01.ticket.registered with the id")
def streamed_event_that_is_not_in_the_journal(run: CheckedRun) -> None:
    other = deepcopy(run.lines["stream"][1])
    other["event"]["id"] = str(uuid4())
    run.lines["stream"].append(other)


@plant(Invariant.STREAM, "none of 4 ticket.cancelled is in the stream")
def kind_of_event_that_no_binding_leads_to_the_stream(run: CheckedRun) -> None:
    run.lines["stream"] = [
        line for line in run.lines["stream"] if not line["routing_key"].endswith("cancelled")
    ]


@plant(Invariant.PRIVACY, "a patient's medical record number stands in events")
def medical_record_number_in_an_event(run: CheckedRun) -> None:
    who = run.ticket("C01", 2)["medical_record_number"].lower()
    run.lines["events"][0]["event"]["data"]["patient"] = {"who": [f"({who})"]}


@plant(Invariant.PRIVACY, "a patient's name stands in events")
def name_in_an_event(run: CheckedRun) -> None:
    run.entry("first")["event"]["subject"] = "Siti Aminah 2"


@plant(Invariant.PRIVACY, "a patient's ticket code stands in events")
def ticket_code_in_a_routing_key(run: CheckedRun) -> None:
    run.lines["stream"][0]["routing_key"] += f".{run.ticket('C01', 1)['ticket_code']}"
