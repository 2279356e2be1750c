"""What became of the requests of a batch: decided before, as the journal and the refusals tell, or now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.messages import problems
from common.messages.message import EncodedReply
from common.messages.problems import Problem
from common.messaging.received_requests import ReceivedRequest
from common.storage.journal import JournalEntry
from ticker_worker.cancelling_waiting import CancelWaiting, cancels_waiting
from ticker_worker.loading import Identity, Loaded


@dataclass(frozen=True, slots=True)
class Decision:
    """What a request did, when it came first, or why it did nothing."""

    digest: bytes
    entries: Sequence[JournalEntry] = ()
    refusal: Problem | EncodedReply | None = None
    closing: CancelWaiting | None = None


@dataclass
class Decisions:
    """The decisions by request id. `undecided` are the requests to be decided now: of several with one id,
    the first. `expired` came too late, and `not_permitted` are not to be decided: neither keeps its id."""

    by_id: dict[str, Decision]
    not_permitted: Mapping[Identity, Problem]
    undecided: dict[str, ReceivedRequest] = field(default_factory=dict)
    expired: set[Identity] = field(default_factory=set)

    @classmethod
    def of(cls, loaded: Loaded) -> "Decisions":
        """What was decided before of a batch, and what is to be decided now."""
        found = cls(_recalled(loaded), loaded.not_permitted)
        for each in loaded.requests:
            is_known = each.request_id in found.by_id or each.request_id in found.undecided
            if is_known or each.identity in found.not_permitted:
                continue
            if each.is_too_old(loaded.now):
                found.expired.add(each.identity)
            else:
                found.undecided[each.request_id] = each
        return found

    def is_to_decide(self, received: ReceivedRequest) -> bool:
        """Whether a request is one of the undecided, and was not decided since."""
        first = self.undecided.get(received.request_id)
        is_undecided = first is not None and first.identity == received.identity
        return is_undecided and received.request_id not in self.by_id

    def of_request(self, received: ReceivedRequest, now: datetime) -> Decision:
        """The decision of a request; that of another request with its id is none of its own."""
        decision = self.by_id.get(received.request_id)
        if decision is not None and decision.digest == received.digest:
            return decision
        if (refusal := self.not_permitted.get(received.identity)) is not None:
            return Decision(received.digest, refusal=refusal)
        if decision is None or received.identity in self.expired:
            return Decision(received.digest, refusal=problems.request_expired(now))
        return Decision(received.digest, refusal=problems.request_id_reused())


def _recalled(loaded: Loaded) -> dict[str, Decision]:
    """What these requests did before is their decision again."""
    found: dict[str, Decision] = {}
    for each in loaded.requests:
        entries = loaded.recorded.get(each.request_id)
        if entries is None:
            continue
        digest = entries[0].cause_digest or b""
        is_same = each.digest == digest
        if is_same or each.request_id not in found:
            closing = None
            if is_same and cancels_waiting(each.request):
                closing = CancelWaiting(list(entries[:1]), each.request.reason)
            found[each.request_id] = Decision(digest, entries, closing=closing)
    for refusal in loaded.refusals:
        found.setdefault(refusal.request_id, Decision(refusal.digest, refusal=refusal.reply))
    return found
