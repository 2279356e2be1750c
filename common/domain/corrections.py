"""What the staff correct of a ticket's patient."""

from typing import Final, NamedTuple

from common.domain.partial_dates import PartialDate
from common.domain.record_numbers import PatientKey
from common.domain.ticket_record import TicketRecord

_MEMBERS: Final = {
    "medical_record_number": "medical_record_number",
    "patient_name": "name",
    "date_of_birth": "date_of_birth",
    "birth_order": "newborn",
}
"""What each is called in requests and events."""


class Correction(NamedTuple):
    """New data of a ticket's patient; None for what stays. A date of birth that is given is confirmed. The
    `birth_order` is that of a PatientKey."""

    medical_record_number: str | None = None
    patient_name: str | None = None
    date_of_birth: PartialDate | None = None
    birth_order: int | None = None

    def patient_of(self, ticket: TicketRecord) -> PatientKey:
        """Whose the ticket is then."""
        number, order = self.medical_record_number, self.birth_order
        return PatientKey(
            ticket.medical_record_number if number is None else number,
            ticket.birth_order if order is None else order,
        )

    @property
    def members(self) -> list[str]:
        """The names of the members that are corrected: all that may be told of them."""
        return [_MEMBERS[name] for name, value in self._asdict().items() if value is not None]
