"""The deliveries: what the subscriber and the journal stream got, against the journal."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.chaos.checker.evidence import Entry, Evidence, Record
from tests.chaos.checker.report import Invariant, Report

_NOT_SEARCHED = {"id", "time", "sequence"}
"""Attributes that are ours and look like numbers of patients: of the id, see EVENT_IDS."""

_SEARCHED_LENGTH_MIN = 4
"""Shorter numbers and names stand in display numbers and dates by chance."""


def check_deliveries(evidence: Evidence, report: Report) -> None:
    """DELIVERED, STREAM and PRIVACY."""
    journal = {entry.event_id: entry for entry in evidence.journal}
    report.checked[Invariant.DELIVERED] += len(evidence.events)
    delivered = _compare(evidence.events, journal, Invariant.DELIVERED, "the subscriber", report)
    report.checked[Invariant.STREAM] += len(evidence.stream)
    streamed = _compare(evidence.stream, journal, Invariant.STREAM, "the stream", report)
    for entry in evidence.journal:
        where = "but the stream holds it" if entry.event_id in streamed else "nor does the stream hold it"
        report.expect(
            Invariant.DELIVERED,
            entry.event_id in delivered,
            f"{entry.name} {entry.event_id} (sequence {entry.sequence} of {' '.join(entry.day)}) was never"
            f" delivered to the subscriber, {where}",
        )
    missing = [entry.event_id for entry in evidence.journal if entry.event_id not in streamed]
    report.facts["events missing in the stream alone"] = len(missing)
    report.facts["events delivered again to the subscriber"] = len(evidence.events) - len(delivered)
    report.facts["events written again to the stream"] = len(evidence.stream) - len(streamed)
    if missing:
        report.remarks.append(
            f"the stream misses {len(missing)} events of the journal, such as {missing[:3]} (RabbitMQ 3.10"
            " can confirm an event that misses its stream for some 0.4 s after a node has started)"
        )
    _kinds(evidence, streamed, report)
    _privacy(evidence, report)


def _kinds(evidence: Evidence, streamed: Counter[str], report: Report) -> None:
    """No kind of event misses the stream as a whole: what a starting node loses is not always the same."""
    counts = Counter(entry.name for entry in evidence.journal)
    in_stream = Counter(entry.name for entry in evidence.journal if entry.event_id in streamed)
    for name, count in counts.items():
        what = f"none of {count} {name} is in the stream"
        report.expect(Invariant.STREAM, in_stream[name] > 0 or count == 1, what)


def _compare(
    lines: Sequence[Record],
    journal: Mapping[str, Entry],
    invariant: Invariant,
    receiver: str,
    report: Report,
) -> Counter[str]:
    """How often each event id came."""
    counts: Counter[str] = Counter()
    for line in lines:
        event = line["event"]
        event_id = str(event.get("id"))
        counts[event_id] += 1
        entry = journal.get(event_id)
        what = f"{receiver} got {line['routing_key']} with the id {event_id}, which is not in the journal"
        report.expect(invariant, entry is not None, what)
        if entry is None:
            continue
        # The journal has each id once, so all bodies of one id are the same one.
        what = f"{receiver} got {entry.name} {event_id} with another body than the journal's"
        report.expect(Invariant.EVENT_IDS, event == entry.event, what)
        wanted = f"{entry.day[0]}.{entry.day[1]}.{entry.name}"
        what = f"{receiver} got {event_id} by the routing key {line['routing_key']} instead of {wanted}"
        report.expect(invariant, line["routing_key"] == wanted, what)
        what = f"{receiver} got {event_id} as the message {line.get('message_id')}"
        report.expect(invariant, line.get("message_id", event_id) == event_id, what)
    return counts


def _privacy(evidence: Evidence, report: Report) -> None:
    """Looks in every text of every event, routing keys included, for every patient's data, for the staff, and
    for what they wrote."""
    texts: dict[str, list[str]] = defaultdict(list)
    bodies = [(str(line["event"].get("id")), line["routing_key"], line["event"]) for line in evidence.events]
    bodies += [(str(line["event"].get("id")), line["routing_key"], line["event"]) for line in evidence.stream]
    bodies += [(entry.event_id, "", entry.event) for entry in evidence.journal]
    for event_id, routing_key, event in bodies:
        for text in (routing_key, *_texts({k: v for k, v in event.items() if k not in _NOT_SEARCHED})):
            texts[text.casefold()].append(event_id)
    everything = "\n".join(texts)
    for kind, value in _personal(evidence):
        if len(value) < _SEARCHED_LENGTH_MIN:
            continue
        report.checked[Invariant.PRIVACY] += 1
        if value.casefold() in everything:
            holders = [ids[0] for text, ids in texts.items() if value.casefold() in text]
            what = f"{kind} stands in events such as {holders[:3]}"
            report.expect(Invariant.PRIVACY, False, what)


def _personal(evidence: Evidence) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for ticket in evidence.tickets:
        code = ticket.code
        found.add(("a patient's ticket code", code))
        found.add(("a patient's ticket code", f"{code[:4]}-{code[4:8]}-{code[8:]}"))
        found.add(("a patient's medical record number", ticket.medical_record_number))
        found.add(("a patient's name", ticket.patient_name))
    for operation in evidence.operations:
        for name in ("medical_record_number", "name"):
            if operation.invoked.get(name):
                found.add((f"a patient's {name.replace('_', ' ')}", str(operation.invoked[name])))
        if operation.op == "close_clinic" and operation.invoked.get("reason"):
            found.add(("the reason of a closing", str(operation.invoked["reason"])))
    return found | {("the name of a member of the staff", user) for user in evidence.run.get("staff", {})}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield str(key)
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif value is not None:
        yield str(value)
