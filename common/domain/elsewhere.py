"""Where else in the hospital a patient is."""

from typing import NamedTuple

from common.domain.catalog import Clinic


class Elsewhere(NamedTuple):
    """A room of another clinic in which a patient was called or is served."""

    clinic: Clinic
    room: int
