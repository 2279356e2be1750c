"""Holds subscriptions, follows their tickets, and has telephones notified.

Each subscription is a message of the broker's queue, held by one process at a time. After each notice, and
every so often, the message is replaced by a copy that says what has been told: so no process has to outlive a
ticket, and whoever holds the copy next tells the rest. A process that is killed just between sending and
replacing has a notice sent again, which takes the place of the first on the telephone."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

import structlog

from antrean_client.protocol import SHORT_LIST_MAX
from common.clock import Clock
from common.errors import AntreanError, MessagingError
from common.messaging.held_queue import Held, HeldQueue
from common.messaging.topology import PUSH_EXCHANGE, PUSH_QUEUE, SUBSCRIPTION
from common.web.faults import log_fault
from common.words.tickets import goes_on_with
from patient_web.push.counts import PushCounts
from patient_web.push.notices import NOTHING_TOLD, Notice, is_over, notice_of
from patient_web.push.sending import Result, Sent
from patient_web.push.subscriptions import Subscription, opened
from patient_web.ticket_streams.followed import Follower
from patient_web.ticket_streams.hub import LookUp, TicketStreams
from patient_web.ticket_streams.patches import Ticket
from patient_web.tokens import Tokens

HELD_MAX: Final = 2_000
"""Subscriptions of one process; those beyond wait in the queue for another one."""

RENEW_SECONDS: Final = 12 * 60.0
"""After so long a message is replaced: the broker lets nobody hold one for longer than 30 minutes."""

ATTEMPTS_MAX: Final = 6
_AGAIN_SECONDS_MIN: Final = 2.0
_AGAIN_SECONDS_MAX: Final = 120.0
_LOOK_AGAIN_SECONDS: Final = 3.0
_STEPS_MAX: Final = 30
_RENEWALS_EACH_SECOND: Final = 20

Send = Callable[[Subscription, Notice], Awaitable[Sent]]

_log = structlog.get_logger()


class _Attended(Follower):
    """One subscription that is held, and what is done for it."""

    def __init__(
        self, held: Held, subscription: Subscription, since: float, wake: Callable[["_Attended"], None]
    ):
        super().__init__()
        self.held, self.subscription, self.since = held, subscription, since
        self.is_changed, self.is_at_work = False, False
        self.tried, self.attempts = NOTHING_TOLD, 0
        self._wake = wake

    def tell(self, _about: str, _message: bytes) -> None:
        self.is_changed = True
        self._wake(self)


class Attending:
    """All subscriptions that one process holds."""

    def __init__(
        self,
        amqp_url: Callable[[], str],
        look_up: LookUp,
        hub: TicketStreams,
        send: Send,
        tokens: Tokens,
        clock: Clock,
        *,
        name: str,
        renew_seconds: float = RENEW_SECONDS,
        again_seconds: float = _AGAIN_SECONDS_MIN,
    ) -> None:
        self._look_up, self._hub, self._send = look_up, hub, send
        self._tokens, self._clock = tokens, clock
        self._renew_seconds, self._again_seconds = renew_seconds, again_seconds
        self._queue = HeldQueue(
            amqp_url,
            exchange=PUSH_EXCHANGE,
            queue=PUSH_QUEUE,
            name=SUBSCRIPTION,
            held_max=HELD_MAX,
            client_name=name,
            on_message=self._arrived,
            on_lost=self._lost,
        )
        self._new: deque[Held] = deque()
        self._has_new = asyncio.Event()
        self._attended: set[_Attended] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.counts = PushCounts()

    @property
    def is_connected(self) -> bool:
        """Whether it is given subscriptions now."""
        return self._queue.is_connected

    async def run(self) -> None:
        """Attends to what the queue brings, until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._queue.run())
            tasks.create_task(self._take_in())
            tasks.create_task(self._renew())

    async def subscribe(self, subscription: Subscription) -> None:
        """Has some process attend to it, until its ticket has ended; raises MessagingError where none can."""
        left = subscription.seconds_left(self._clock.now())
        await self._queue.put(subscription.sealed(self._tokens), left)

    def _arrived(self, held: Held) -> None:
        self._new.append(held)
        self._has_new.set()

    def _lost(self, error: AntreanError) -> None:
        _log.warning("connection lost", reason=str(error))
        for each in [*self._attended]:
            self._forget(each)
        self._new.clear()

    async def _take_in(self) -> None:
        while True:
            await self._has_new.wait()
            batch = [self._new.popleft() for _ in range(min(len(self._new), SHORT_LIST_MAX))]
            if not batch:
                self._has_new.clear()
                continue
            try:
                await self._attend_to(batch)
            except AntreanError:  # also of a file that cannot be read now
                self._new.extendleft(reversed([each for each in batch if each.is_ours]))
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _attend_to(self, batch: list[Held]) -> None:
        wanted: list[tuple[Held, Subscription]] = []
        for held in batch:
            subscription = opened(held.body, self._tokens)
            if subscription is None or subscription.seconds_left(self._clock.now()) <= 0:
                held.settle()
            else:
                wanted.append((held, subscription))
        if not wanted:
            return
        mark = self._hub.moment()
        found, _ = await self._look_up([*dict.fromkeys(each.code for _, each in wanted)])
        tickets = {ticket["ticket_code"]: ticket for ticket in found}
        for held, subscription in wanted:
            if subscription.code not in tickets:
                held.settle()
            elif held.is_ours:
                attended = _Attended(held, subscription, time.monotonic(), self._wake)
                self._attended.add(attended)
                self.counts.held = len(self._attended)
                self._hub.follow(attended, [tickets[subscription.code]], [], mark)

    def _wake(self, attended: _Attended) -> None:
        if not attended.is_at_work and attended in self._attended:
            attended.is_at_work = True
            task = asyncio.get_running_loop().create_task(self._attend(attended))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log_fault(error)

    async def _attend(self, attended: _Attended) -> None:
        """Tells the telephone whatever there is to tell, until there is nothing new."""
        try:
            while attended.is_changed and attended in self._attended:
                attended.is_changed = False
                ticket = self._newest(attended.subscription.code)
                if ticket is None:
                    return  # events do not come now; all are told when they do again
                now = self._clock.now()
                notice = notice_of(ticket, attended.subscription.language, now)
                if notice is not None and notice.key != attended.subscription.told:
                    await self._notify(attended, notice)
                elif is_over(ticket, now) and await self._is_really_over(ticket):
                    self._end(attended)
        finally:
            attended.is_at_work = False

    async def _is_really_over(self, ticket: Ticket) -> bool:
        """An event does not say with which ticket a patient goes on, so that it is looked up once more."""
        try:
            found, _ = await self._look_up([ticket["ticket_code"]])
        except AntreanError:
            return False  # looked up again when it is renewed
        return all(is_over(each, self._clock.now()) for each in found)

    def _newest(self, code: str) -> Ticket | None:
        """The ticket with which the patient goes on, as far as it is known here."""
        ticket = self._hub.shown(code)
        for _ in range(_STEPS_MAX):
            if ticket is None or (code := goes_on_with(ticket) or "") == "":
                return ticket
            ticket = self._hub.shown(code) or ticket
            if ticket["ticket_code"] != code:
                return ticket
        return ticket

    async def _notify(self, attended: _Attended, notice: Notice) -> None:
        """Sends a notice once; where it was not taken, what is to be told then is sent after a pause."""
        if attended.tried != notice.key:
            attended.tried, attended.attempts = notice.key, 0
        sent = await self._send(attended.subscription, notice)
        self.counts.notifications[sent.result] += 1
        attended.attempts += 1
        attended.is_changed = True
        if sent.result in (Result.GONE, Result.REFUSED):
            self._end(attended)
        elif sent.result is not Result.SENT and attended.attempts < ATTEMPTS_MAX:
            pause = self._again_seconds * 3 ** (attended.attempts - 1)
            await asyncio.sleep(min(max(pause, sent.again_seconds), _AGAIN_SECONDS_MAX))
        else:
            attended.subscription = replace(attended.subscription, told=notice.key)
            await self._replace(attended)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(min(self._renew_seconds / 4, 10))
            due = time.monotonic() - self._renew_seconds
            for each in [each for each in self._attended if each.since <= due]:
                if each.is_at_work:
                    continue  # it is replaced once it is told
                await self._replace(each)
                await asyncio.sleep(1 / _RENEWALS_EACH_SECOND)

    async def _replace(self, attended: _Attended) -> None:
        """Puts a copy, which says what has been told, in the place of the message that is held."""
        held, subscription = attended.held, attended.subscription
        if attended not in self._attended:
            return
        self._forget(attended)  # whoever is given the copy looks the ticket up again
        if (left := subscription.seconds_left(self._clock.now())) <= 0:
            held.settle()
            return
        held.body = subscription.sealed(self._tokens)
        try:
            await self._queue.replace(held, left)
        except MessagingError:
            self._arrived(held)  # it is held on, and replaced later

    def _end(self, attended: _Attended) -> None:
        attended.held.settle()
        self._forget(attended)

    def _forget(self, attended: _Attended) -> None:
        self._attended.discard(attended)
        self._hub.leave(attended)
        self.counts.held = len(self._attended)
