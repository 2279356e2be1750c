"""The tickets that a batch is about, as they stand between its decisions.

They are read once, under the locks on their queues, before anything is decided. What is decided is followed
here: so that the reply to each request describes the moment of its own decision, in whatever batch it came.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from common.domain.cancellations import CancelledBy
from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.queue import Queue
from common.domain.queue_advance import Occupant
from common.domain.ticket_states import TicketStatus
from common.storage.ticket_views import Occupants, TicketView


class TicketSnapshot(NamedTuple):
    """A ticket and the rooms of its clinic at one moment: all that its reply shows."""

    view: TicketView
    occupants: Sequence[Occupant]


class TicketSnapshots:
    """The tickets of a batch. `views` and `occupants` are as they were read, at one moment; `queues` are the
    locked queues, as each decision leaves them."""

    def __init__(
        self,
        views: Mapping[str, TicketView],
        occupants: Occupants,
        queues: Mapping[ClinicDay, Queue],
    ) -> None:
        self._views = {**views}
        self._occupants = {**occupants}
        self._queues = queues
        # How many stood ahead of those who gave up waiting in this batch, as it was read: who stood behind
        # them has one fewer ahead now.
        self._left: defaultdict[tuple[ClinicDay, Lane], list[int]] = defaultdict(list)

    def view(self, ticket_code: str) -> TicketView | None:
        """A ticket as it stands now; None where no ticket has this code."""
        view = self._views.get(ticket_code)
        if view is None or view.ahead_in_lane is None:
            return view
        ahead = view.ahead_in_lane - bisect_left(self._left_in(view), view.ahead_in_lane)
        queue = self._queues.get(view.clinic_day)
        waiting = view.waiting if queue is None else queue.waiting_by_lane
        return view._replace(ahead_in_lane=ahead, waiting=waiting)

    def moment(self, ticket_code: str) -> TicketSnapshot:
        """What the reply shows of a known ticket now."""
        view = self.view(ticket_code)
        assert view is not None
        return self._moment(view)

    def add(self, view: TicketView) -> TicketSnapshot:
        """Adds a new ticket, as it stands now: all who left its lane before stood ahead of it."""
        assert view.ahead_in_lane is not None
        at_first = view
        if self._left:
            at_first = view._replace(ahead_in_lane=view.ahead_in_lane + len(self._left_in(view)))
        self._views[view.ticket_code] = at_first
        return self._moment(view)

    def cancel(self, ticket_code: str) -> None:
        """Marks a ticket that waits, or was called, as cancelled by its patient."""
        view = self._views[ticket_code]
        self._views[ticket_code] = view._replace(
            status=TicketStatus.CANCELLED, ahead_in_lane=None, cancelled_by=CancelledBy.PATIENT
        )
        if view.ahead_in_lane is not None:
            insort(self._left[view.clinic_day, view.lane], view.ahead_in_lane)
        if view.room is not None:
            self._leave_room(view)

    def _leave_room(self, view: TicketView) -> None:
        # Other lists, since those before belong to moments that are over. The next day's queue knows of the
        # room, too, and two days may have a patient with one number.
        this = (view.number, view.room, view.called_at)
        for day, occupants in self._occupants.items():
            if day.clinic_key == view.clinic_day.clinic_key:
                self._occupants[day] = [
                    each for each in occupants if (each.number, each.room, each.called_at) != this
                ]

    def _moment(self, view: TicketView) -> TicketSnapshot:
        return TicketSnapshot(view, self._occupants.get(view.clinic_day, ()))

    def _left_in(self, view: TicketView) -> Sequence[int]:
        return self._left.get((view.clinic_day, view.lane), ())
