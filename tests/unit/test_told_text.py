"""How a ticket keeps what its patient was told."""

from datetime import timedelta

from sqlalchemy.dialects import sqlite

from common.domain.told import ToldInterval
from common.storage.column_types import ToldText, told_text
from tests.builders import JAKARTA, in_bandung

AT = in_bandung("23:50:00")
EARLIEST, CALL, LATEST = ((AT + timedelta(minutes=each)).astimezone(JAKARTA) for each in (5, 20, 1500))
TOLD = ToldInterval(AT, EARLIEST, CALL, LATEST, moment=3)


def test_it_is_read_as_it_was_told_also_beyond_a_day() -> None:
    written = told_text(TOLD)

    assert written == "[1795452600, 300, 1200, 90000, 3]"
    assert ToldText().process_result_value(written, sqlite.dialect()) == TOLD
