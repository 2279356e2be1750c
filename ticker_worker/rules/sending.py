"""How the staff send a patient on to the next station of a visit, and how the patient comes back from there.

The patient is served here, and gets a ticket of the other clinic, behind all who wait there. Who is to return
gets one more ticket of the first clinic when the station is done: numbers stay 1 to N, and what was served
stays served. Whether somebody returns is decided where the desk completes the service.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from common.domain.admission import Admission, NewTicket, check_admission
from common.domain.catalog import Clinic
from common.domain.changes import Change, TicketBefore
from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.places import FrontPlace, Place, PlacedTicket, in_front_of
from common.domain.queue import Queue
from common.domain.refusals import NotPermitted, NotPermittedReason
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import Action, TicketState, TicketStatus
from common.domain.visits import STATIONS_MAX, Neighbour, ReturnPlace, Station
from ticker_worker.rules.action_results import (
    ActionResult,
    ended_call,
    require_desk_mode,
    require_ticket,
    undoable,
)
from ticker_worker.rules.day_end import HeldPlace
from ticker_worker.rules.transferring import Destination, check_destination, enter

_GIVEN_OUT: Final = TicketBefore(TicketStatus.WAITING)
"""Of a ticket that is given out for one of the same visit: it can be taken back with that one's change."""

_JUST_BEFORE: Final = timedelta(microseconds=1)

FIRST_PLACES_MAX: Final = 100
"""So many who wait in a lane are looked through for those who came back before."""


class Home(NamedTuple):
    """The clinic to which a patient goes back from a station, with its queue of today and the ticket with
    which the patient was sent from there; who holds a ticket of the queue with the patient's medical record
    number, how many other stations from which the patient goes back there are not done, and the first who
    wait in each lane there."""

    clinic: Clinic
    queue: Queue
    ticket: TicketRecord
    holder: HeldPlace | None
    stations_left: int
    first_places: Mapping[Lane, Sequence[FrontPlace]]


class NewIds(NamedTuple):
    """The code of a ticket that may be given out, and the id of a visit that may begin."""

    ticket_code: str
    visit: str


def send(
    clinic: Clinic,
    queue: Queue,
    ticket: TicketRecord | None,
    to: Destination | None,
    ids: NewIds,
    now: datetime,
    *,
    returns: bool,
) -> ActionResult:
    """The patient, in service or served, goes on to another clinic, and `returns` from there. Whoever was to
    return from here does it from there then. Raises DestinationUnknown and AdmissionRefused."""
    ticket = require_ticket(ticket)
    queue.check(Action.SEND, ticket)
    to = check_destination(queue, ticket, to, now)
    here = ticket.in_visit or Station(ids.visit, 1)
    if here.place >= STATIONS_MAX:
        detail = f"This visit has {STATIONS_MAX} stations; register the patient there."
        raise NotPermitted(NotPermittedReason.TOO_MANY_STATIONS, detail)
    changes, ended, left = [], [], queue
    if ticket.status is TicketStatus.IN_SERVICE:
        require_desk_mode(clinic)
        left, served = undoable(queue, ticket, queue.complete(ticket, now))
        changes.append(served)
        ended.append((0, ended_call(ticket, now, came=True)))
    return_to = ticket.ticket_code if returns else ticket.return_to if changes else None
    home = to.home if changes else None
    if home is not None and not returns:
        return_to = home.return_to
    there = Station(here.visit, here.place + 1, ticket.ticket_code, return_to, home is not None)
    entered, registered, new = enter(to.clinic, to.queue, ticket, ids.ticket_code, there, None, now)
    served_ticket = TicketState(ticket.number, TicketStatus.SERVED, ticket.lane, ticket.room)
    left, sent = left.send(served_ticket, now, Neighbour(here.visit, new.key, new.number), here)
    changes.append(sent._replace(before=TicketBefore(TicketStatus.SERVED)))
    changes.append(_given_out(registered, Neighbour(here.visit, queue.key, ticket.number)))
    return ActionResult([left, entered], changes, new_tickets=[new], calls=ended)


class Return(NamedTuple):
    """A ticket of the queue `key` that was served, and the home of its patient, where the next ticket has the
    code `new_code`."""

    key: ClinicDay
    ticket: TicketRecord
    home: Home
    new_code: str


def with_returns(done: ActionResult, returns: Sequence[Return], now: datetime) -> ActionResult:
    """What completes services, and that these patients go back from there, as far as they do."""
    queues = {queue.key: queue for queue in done.queues}
    changes, new_tickets, moved = [*done.changes], [], [*done.moved]
    fronts: dict[tuple[ClinicDay, Lane], list[FrontPlace]] = {}
    for each in returns:
        home, ticket, here = each.home, each.ticket, each.ticket.in_visit
        queue = queues.get(home.queue.key, home.queue)
        if here is None or not _goes_back(each, queue, now):
            continue
        sent_from, return_to = ticket.ticket_code, home.ticket.return_to
        station = Station(here.visit, here.place + 1, sent_from, return_to, is_return=True)
        entered, registered, new = enter(home.clinic, queue, ticket, each.new_code, station, None, now)
        queues[queue.key] = entered
        changes.append(_given_out(registered, Neighbour(here.visit, each.key, ticket.number)))
        match home.clinic.returns_to:
            case ReturnPlace.ARRIVAL:
                new = new._replace(place_at=home.ticket.arrived_at)
            case ReturnPlace.FRONT:
                first = fronts.setdefault((queue.key, new.lane), [*home.first_places.get(new.lane, ())])
                moved.append((queue.key, _to_the_front(new, first)))
        new_tickets.append(new)
    return done._replace(queues=[*queues.values()], changes=changes, new_tickets=new_tickets, moved=moved)


def _goes_back(each: Return, queue: Queue, now: datetime) -> bool:
    """Whether somebody goes back now. As who is reinstated: on the same day the clinic need not be open."""
    home = each.home
    if home.stations_left:
        return False
    if queue.key.service_date != home.ticket.service_date and not home.clinic.is_open(now):
        return False
    return check_admission(queue, each.ticket, home.holder) is Admission.ADMITTED


def _to_the_front(new: NewTicket, first: list[FrontPlace]) -> list[PlacedTicket]:
    """Whoever comes back goes in front of those who are `first`, behind those who came back before, and is
    among them then. Gives the places of all who move: others do where there is none in between."""
    passed = _came_back_before(first)
    until, place = _free_place(new, first, passed)
    moved = in_front_of(
        PlacedTicket(new.number, place),
        [PlacedTicket(each.number, each.place) for each in first[passed:until]],
    )
    first.insert(passed, FrontPlace(new.number, place, is_return=True, was_called=False))
    for index, each in enumerate(moved, passed):
        first[index] = first[index]._replace(place=each.place)
    return moved


def _free_place(new: NewTicket, first: Sequence[FrontPlace], passed: int) -> tuple[int, Place]:
    """The first free place behind so many of them: how many are before it."""
    for count in range(passed, len(first)):
        place = Place(first[count].place.at - _JUST_BEFORE, new.number)
        if not count or first[count - 1].place < place:
            return count, place
    return len(first), Place(first[-1].place.at if first else new.arrived_at, new.number)


def _came_back_before(first: Sequence[FrontPlace]) -> int:
    """How many stand before whoever comes back: up to the last who came back, and was not skipped. Who was
    called before may have been put in front of these; anybody else in front of them has let them pass."""
    passed = 0
    for count, each in enumerate(first, 1):
        if each.is_return:
            passed = count
        elif not each.was_called:
            break
    return passed


def _given_out(registered: Change, sent_from: Neighbour) -> Change:
    return registered._replace(before=_GIVEN_OUT, sent_from=sent_from)
