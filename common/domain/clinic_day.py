"""What names a queue: one clinic on one service day."""

from datetime import date, timedelta
from typing import NamedTuple

_ONE_DAY = timedelta(days=1)


class ClinicDay(NamedTuple):
    """One service day of one clinic, by the codes of hospital and clinic. Each has one queue."""

    hospital: str
    clinic: str
    service_date: date

    @property
    def clinic_key(self) -> tuple[str, str]:
        """Hospital code and clinic code, as in `Clinic.key`."""
        return (self.hospital, self.clinic)

    @property
    def day_before(self) -> "ClinicDay":
        """The same clinic's service day before."""
        return ClinicDay(self.hospital, self.clinic, self.service_date - _ONE_DAY)

    @property
    def day_after(self) -> "ClinicDay":
        """The same clinic's next service day."""
        return ClinicDay(self.hospital, self.clinic, self.service_date + _ONE_DAY)
