"""What is given to a statement arrives there as it was, and comes back, on both databases."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, FromClause, Select, Text, bindparam, cast, select, text
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.exc import DBAPIError, IntegrityError

from common.storage.column_types import UtcDateTime
from common.storage.engine import transaction
from common.storage.prepared import BYTES, DATE, ENCODED_JSON, INTEGER, MOMENT, TEXT, Columns, Prepared
from tests.database import opened

COLUMNS: Columns = {
    "words": TEXT,
    "number": INTEGER,
    "day": DATE,
    "moment": MOMENT,
    "octets": BYTES,
    "object": ENCODED_JSON,
}


def _as_given(given: FromClause) -> Select[Any]:
    return select(given).order_by(given.c.number)


def _greater(given: FromClause) -> Select[Any]:
    return _as_given(given).where(given.c.number > bindparam("least", type_=INTEGER))


as_given, greater = Prepared(_as_given, COLUMNS), Prepared(_greater, COLUMNS)
NOON = datetime(2026, 11, 23, 5, 0, 0, 123456, UTC)

WORDS = [
    "Siti Aminah",
    "",
    "NULL",
    "null",
    '"quoted", {in} braces\\',
    "O'Brien'); DROP TABLE tickets; --",
    'a\\b\\\\c\\"d',
    " spaces around ",
    "Ñandú 李 𝒳",
    "line\nbreak\ttab",
    "%s %(given_words)s ? :words",
]


@pytest.mark.parametrize("words", WORDS)
def test_text_is_taken_as_it_stands(engine: Engine, words: str) -> None:
    given = (words, 1, date(1953, 7, 19), NOON, words.encode(), json.dumps({"room": words}))
    with transaction(engine) as connection:
        (row,) = as_given(connection, [given])
    assert row == (*given[:5], {"room": words})
    assert row.words == words


@pytest.mark.parametrize("others", [["A"], ["A", "B"], ['","', "A"], [None, "A"], [None]])
@pytest.mark.parametrize("words", WORDS)
def test_texts_that_come_together_stay_apart(engine: Engine, words: str, others: list[str | None]) -> None:
    given = [(each, place, date(1953, 7, 19), NOON, b"", "{}") for place, each in enumerate([words, *others])]
    with transaction(engine) as connection:
        rows = as_given(connection, given)
    assert [row.words for row in rows] == [words, *others]


def test_moments_are_given_to_sqlite_as_sqlalchemy_writes_them(tmp_path: Path) -> None:
    """Or one would not be the other's equal there, nor before it or after it."""
    write = UtcDateTime().dialect_impl(dialect()).bind_processor(dialect())
    assert write is not None
    texts = Prepared(lambda given: select(cast(given.c.moment, Text).label("text")), {"moment": MOMENT})
    moments = [NOON, NOON.replace(microsecond=0), NOON.astimezone(timezone(timedelta(hours=7)))]
    with opened(f"sqlite:///{tmp_path / 'moments.sqlite'}") as engine, engine.begin() as connection:
        found = texts(connection, [(moment,) for moment in moments])
    assert [row[0] for row in found] == [write(moment) for moment in moments]


def test_rows_keep_their_values_together(engine: Engine) -> None:
    jakarta = NOON.astimezone(timezone(timedelta(hours=7)))
    rows = [
        (None, 1, None, None, None, "null"),
        ("two", 2, date(2026, 2, 28), jakarta, bytes(range(256)), "[]"),
        ("three", -3, date(1, 1, 1), NOON.replace(microsecond=0), b"", '{"a": [1]}'),
    ]
    with transaction(engine) as connection:
        found = as_given(connection, rows)
    assert [row.number for row in found] == [-3, 1, 2]
    three, one, two = found
    assert (one.words, one.day, one.moment, one.octets) == (None, None, None, None)
    assert two == ("two", 2, date(2026, 2, 28), NOON, bytes(range(256)), [])
    assert three == ("three", -3, date(1, 1, 1), NOON.replace(microsecond=0), b"", {"a": [1]})


def test_a_statement_about_no_rows_finds_none(engine: Engine) -> None:
    with transaction(engine) as connection:
        assert as_given(connection, []) == []


def test_other_values_go_in_by_name(engine: Engine) -> None:
    rows = [(str(number), number, None, None, None, "null") for number in range(5)]
    with transaction(engine) as connection:
        assert [row.words for row in greater(connection, rows, least=2)] == ["3", "4"]
        assert [row.words for row in greater(connection, rows, least=3)] == ["4"]


def test_a_violated_constraint_is_what_sqlalchemy_calls_it(engine: Engine) -> None:
    statement = "INSERT INTO catalog_version (id, version) VALUES (2, 0)"
    insert = Prepared(lambda _: text(statement))
    with pytest.raises(IntegrityError), engine.begin() as connection:
        insert(connection)


def test_a_statement_that_is_wrong_is_an_error_of_the_database(engine: Engine) -> None:
    wrong = Prepared(lambda _: text("SELECT nothing FROM nowhere"))
    with pytest.raises(DBAPIError), engine.begin() as connection:
        wrong(connection)
