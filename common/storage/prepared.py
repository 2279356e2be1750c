"""Statements that are rendered once and then executed by the driver, for a whole batch at a time.

A worker executes the same few statements for every batch. SQLAlchemy would compile and interpret each of
them every time, at several times the cost of executing it. So a statement is written with SQLAlchemy, once
for both databases, and executed by the driver's own cursor. What a batch is about is given as a table of
rows: parallel arrays on PostgreSQL, JSON on SQLite. The text is then the same whatever the size of the batch,
and PostgreSQL keeps its plan (see `bounded_connection` for how long).
"""

import json
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ClauseElement,
    Connection,
    Date,
    Dialect,
    FromClause,
    Integer,
    LargeBinary,
    String,
    bindparam,
    column,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from common.storage.column_types import PartialDateText, ToldText, UtcDateTime, told_text
from common.storage.driver_errors import raise_translated

TEXT, INTEGER, BOOLEAN, DATE, MOMENT = String(), Integer(), Boolean(), Date(), UtcDateTime()
BYTES, PARTIAL_DATE, TOLD = LargeBinary(), PartialDateText(), ToldText()
ENCODED_JSON = JSON()
"""The types of given columns. JSON is given as text, the others as Python's own values."""

Columns = dict[str, TypeEngine[Any]]
"""Names and types of the columns of given rows."""

PendingRows = Callable[[], list[Any]]
"""Waits for the result of a statement that was sent, and returns its rows."""

_Process = Callable[[Any], Any]
_Rows = Sequence[Sequence[Any]]


class Prepared:
    """A statement about rows that are given to it as a table with the columns `given_columns`.

    `write` makes the statement from that table; without columns it does not use the table.
    """

    def __init__(
        self,
        write: Callable[[FromClause], ClauseElement],
        given_columns: Columns | None = None,
    ) -> None:
        self._write = write
        self._given_columns = given_columns or {}
        self._rendered: dict[str, _Rendered] = {}

    def __call__(
        self, connection: Connection, given: Sequence[Sequence[Any]] = (), **parameters: Any
    ) -> list[Any]:
        """Executes the statement about the rows `given`; `parameters` are its other values, by name.

        Returns the rows of the result as named tuples, none where the statement has no result. Raises what
        SQLAlchemy's own execution would; in a pipelined transaction, where there is no result to wait for,
        a later statement, the next fetch or the end may raise it.
        """
        return self.send(connection, given, **parameters)()

    def send(
        self, connection: Connection, given: Sequence[Sequence[Any]] = (), **parameters: Any
    ) -> PendingRows:
        """Sends the statement; the function returned waits for the result, and returns its rows.

        In a pipelined transaction, what is sent before the first result is fetched shares one round trip.
        """
        dialect = connection.dialect
        rendered = self._rendered.get(dialect.name)
        if rendered is None:
            rendered = self._rendered[dialect.name] = _render(dialect, self._write, self._given_columns)
        values = rendered.constants | rendered.encode(given) if self._given_columns else rendered.constants
        if parameters:
            values = values | {name: rendered.parameters[name](value) for name, value in parameters.items()}
        fetch = _send(connection, rendered.text, [values[name] for name in rendered.order], rendered.has_rows)
        return lambda: rendered.decode(fetch())


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A statement as one driver takes it.

    `constants` are the parameters whose values the statement contains, `parameters` converts the others for
    the driver, `encode` makes parameters from the given rows, `order` names all parameters in the driver's
    order, `decode` makes named tuples from the driver's rows.
    """

    text: str
    has_rows: bool
    constants: dict[str, Any]
    parameters: dict[str, _Process]
    encode: Callable[[Sequence[Sequence[Any]]], dict[str, Any]]
    order: Sequence[str]
    decode: Callable[[Iterable[Sequence[Any]]], list[Any]]


def _render(dialect: Dialect, write: Callable[[FromClause], ClauseElement], columns: Columns) -> _Rendered:
    on_postgresql = dialect.name == "postgresql"
    given = (_arrays if on_postgresql else _json_rows)(columns)
    if on_postgresql:
        dialect = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call] # as libpq has it
    compiled = write(given).compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    own = {_array_name(name) for name in columns} | {_JSON}
    return _Rendered(
        text=str(compiled),
        has_rows=bool(_result_columns(compiled.statement)),
        constants={
            name: _bind_process(dialect, bind.type)(bind.value)
            for bind, name in compiled.bind_names.items()
            if not bind.required
        },
        parameters={
            name: _bind_process(dialect, bind.type)
            for bind, name in compiled.bind_names.items()
            if bind.required and name not in own
        },
        encode=_array_encoder(columns) if on_postgresql else _json_encoder(columns),
        order=compiled.positiontup or [],
        decode=_decoder(dialect, compiled.statement),
    )


# --- given rows as parallel arrays ----------------------------------------------------------------------


def _arrays(columns: Columns) -> FromClause:
    arrays = [bindparam(_array_name(name), type_=ARRAY(type_)) for name, type_ in columns.items()]
    table = func.unnest(*arrays).table_valued(*(column(name, type_) for name, type_ in columns.items()))
    return table.render_derived(name="given")


def _array_name(name: str) -> str:
    return f"given_{name}"


def _array_encoder(columns: Columns) -> Callable[[Sequence[Sequence[Any]]], dict[str, Any]]:
    writers = [(_array_name(name), _ARRAYS[type_]) for name, type_ in columns.items()]

    def encode(rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
        arrays: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else ([] for _ in writers)
        return {name: write(values) for (name, write), values in zip(writers, arrays, strict=True)}

    return encode


_Array = Callable[[Sequence[Any]], str]


def _of_elements(write: Callable[[Any], str]) -> _Array:
    return lambda values: (
        "{" + ",".join(["NULL" if value is None else write(value) for value in values]) + "}"
    )


def _of_few(write: Callable[[Any], str]) -> _Array:
    """An array in which most values stand more than once: each of them is written once."""

    def array(values: Sequence[Any]) -> str:
        written = {value: "NULL" if value is None else write(value) for value in {*values}}
        return "{" + ",".join([written[value] for value in values]) + "}"

    return array


def _of_texts(values: Sequence[str | None]) -> str:
    if values and None not in values:
        joined = '","'.join(values)  # type: ignore[arg-type]
        if "\\" not in joined and joined.count('"') == 2 * (len(values) - 1):
            return f'{{"{joined}"}}'
    return _of_quoted(values)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_of_quoted = _of_elements(_quoted)

# Arrays as PostgreSQL reads them. The driver would look up the type of each element.
_ARRAYS: dict[TypeEngine[Any], _Array] = {
    TEXT: _of_texts,
    ENCODED_JSON: _of_quoted,
    INTEGER: _of_elements(str),
    BOOLEAN: _of_elements(str),
    DATE: _of_few(date.isoformat),
    PARTIAL_DATE: _of_elements(str),
    TOLD: _of_elements(lambda told: f'"{told_text(told)}"'),
    MOMENT: _of_few(datetime.isoformat),
    BYTES: _of_elements(lambda value: f'"\\\\x{value.hex()}"'),
}


# --- given rows as JSON ---------------------------------------------------------------------------------

_JSON = "given"


def _json_rows(columns: Columns) -> FromClause:
    row = func.json_each(bindparam(_JSON, type_=TEXT)).table_valued("value", name="row").c.value
    values = [
        type_coerce(_json_value(row.op("->>")(literal_column(str(place))), type_), type_).label(name)
        for place, (name, type_) in enumerate(columns.items())
    ]
    return select(*values).subquery("given")


def _json_value(value: Any, type_: TypeEngine[Any]) -> Any:
    return func.antrean_unhex(value) if type_ is BYTES else value


def _json_encoder(columns: Columns) -> Callable[[Sequence[Sequence[Any]]], dict[str, Any]]:
    writers = [_JSON_VALUES.get(type_) for type_ in columns.values()]

    def encode(rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
        given = zip(*rows, strict=True) if rows else ([] for _ in writers)
        written = [
            values if write is None else [None if value is None else write(value) for value in values]
            for write, values in zip(writers, given, strict=True)
        ]
        return {_JSON: json.dumps([*zip(*written, strict=True)])}

    return encode


def _sqlite_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


# What JSON does not write by itself as the database keeps it. SQLAlchemy takes several times as long.
_JSON_VALUES: dict[TypeEngine[Any], Callable[[Any], str]] = {
    DATE: date.isoformat,
    PARTIAL_DATE: str,
    TOLD: told_text,
    MOMENT: _sqlite_moment,
    BYTES: bytes.hex,
}


# --- values and rows ------------------------------------------------------------------------------------


def _unchanged(value: Any) -> Any:
    return value


def _bind_process(dialect: Dialect, type_: TypeEngine[Any]) -> _Process:
    return type_.dialect_impl(dialect).bind_processor(dialect) or _unchanged


def _result_columns(statement: Any) -> list[Any]:
    return list(statement.exported_columns) if hasattr(statement, "exported_columns") else []


def _decoder(dialect: Dialect, statement: Any) -> Callable[[Iterable[Sequence[Any]]], list[Any]]:
    columns = _result_columns(statement)
    if not columns:
        return list
    make: Callable[[Sequence[Any]], Any] = namedtuple("Row", [each.key for each in columns])._make  # type: ignore[attr-defined]
    processes = [
        (place, process)
        for place, each in enumerate(columns)
        if (process := each.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
    ]

    def decode(rows: Iterable[Sequence[Any]]) -> list[Any]:
        found = []
        for row in rows:
            values = [*row]
            for place, process in processes:
                values[place] = process(values[place])
            found.append(make(values))
        return found

    return decode


def _send(connection: Connection, text: str, values: Sequence[Any], has_rows: bool) -> Callable[[], _Rows]:
    driver_connection: Any = connection.connection.dbapi_connection
    driver_error = connection.dialect.loaded_dbapi.Error
    try:
        if not isinstance(driver_connection, sqlite3.Connection):
            fetch: Callable[[], _Rows] = driver_connection.send(text, values)
        else:
            with closing(driver_connection.execute(text, values)) as cursor:
                # Its rows are read as they are fetched, and what follows may change them.
                rows = cursor.fetchall() if has_rows else ()
            return lambda: rows
    except driver_error as error:
        raise_translated(connection, text, error)

    def fetch_translated() -> _Rows:
        try:
            return fetch()
        except driver_error as error:
            raise_translated(connection, text, error)

    return fetch_translated if has_rows else tuple
