"""All that is kept of a ticket, as its clinic's staff may see it."""

from dataclasses import dataclass
from datetime import date, datetime

from common.domain.duplicates import HeldBy
from common.domain.lanes import Lane
from common.domain.partial_dates import PartialDate
from common.domain.places import Place
from common.domain.record_numbers import PatientKey
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import LaneReason
from common.domain.told import ToldInterval
from common.domain.visits import Station, station_of


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """A ticket as its clinic's staff may see it, and what goes with it to another clinic."""

    ticket_code: str
    service_date: date
    number: int
    status: TicketStatus
    lane: Lane
    priority_reason: LaneReason | None
    room: int | None
    registered_at: datetime
    arrived_at: datetime
    place_at: datetime
    place_number: int
    waiting_since: datetime
    called_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    medical_record_number: str
    birth_order: int
    patient_name: str
    date_of_birth: PartialDate
    date_of_birth_confirmed: bool
    told: ToldInterval | None = None
    visit: str | None = None
    station: int | None = None
    sent_from: str | None = None
    return_to: str | None = None
    is_return: bool = False

    @property
    def in_visit(self) -> Station | None:
        """Which station of a visit it is; None where it belongs to none."""
        return station_of(self.visit, self.station, self.sent_from, self.return_to, self.is_return)

    @property
    def patient(self) -> PatientKey:
        """Whose it is."""
        return PatientKey(self.medical_record_number, self.birth_order)

    @property
    def held_by(self) -> HeldBy:
        """Who holds it, to find others of the same person by."""
        return HeldBy(self.number, self.patient, self.patient_name, self.date_of_birth)

    @property
    def place(self) -> Place:
        """Its place in the lane, which it keeps while it does not wait."""
        return Place(self.place_at, self.place_number)
