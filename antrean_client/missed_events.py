"""Events that the stream lacks, asked of the status responders, who read them in the database."""

from antrean_client.connection import Address
from antrean_client.events import Event, event_of
from antrean_client.protocol import INTEGRATOR_EXCHANGE
from antrean_client.rpc_client import RpcClient


class MissedEvents:
    """Asks over a connection of its own, which it opens when it first has to; waits for a reply for at most
    `reply_seconds`."""

    def __init__(self, amqp_url: Address, reply_seconds: float) -> None:
        self._client = RpcClient(amqp_url, INTEGRATOR_EXCHANGE)
        self._reply_seconds = reply_seconds

    def close(self) -> None:
        """Lets go of the connection; never raises."""
        self._client.close()

    def between(self, source: str, after: int, until: int) -> list[Event]:
        """The events of a source behind the sequence `after` and before `until`, in order, as far as they are
        known. Raises ProblemReply where they are refused, and a MessagingError without an answer."""
        found: list[Event] = []
        more = True
        while more and after + 1 < until:
            body = {"source": source, "after": after, "limit": min(until - after - 1, 100)}
            reply = self._client.ask("events_since", body, timeout_seconds=self._reply_seconds)
            page = [event_of(attributes) for attributes in reply["events"]]
            found += [event for event in page if event.sequence < until]
            more = bool(reply["more"]) and bool(page)
            after = page[-1].sequence if page else after
        return found
