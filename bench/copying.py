"""Rows of a model by binary COPY, straight from numpy columns: a million in a second or two, none of them an object.

The cells of a column have one width, so that a million rows are one structured array whose bytes are what PostgreSQL
reads; rows with texts of several lengths go one length after the other.
https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4 describes the format.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

import numpy as np
import psycopg
from django.db import models
from django.db.models.fields import NOT_PROVIDED
from numpy.typing import NDArray

AT_ONCE = 200_000  # rows whose bytes are in memory together
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
EPOCH = np.datetime64("2000-01-01")
KNOWN_AT = datetime(2021, 1, 1, tzinfo=UTC)  # what columns with a moment are given, unless it is said
INTEGER_BYTES = {"bigint": 8, "integer": 4, "smallint": 2}

Columns = dict[str, Any]


def copy(cursor: psycopg.Cursor, model: type[models.Model], count: int, table: str = "", **columns: Any) -> None:
    """Copy `count` rows of a model into its table, or one like it.

    `columns` maps columns to arrays of shape (count,) or to one value for all rows: integers; for decimals integers
    in units of the last place (cents); datetime64[D] for days; bytes ("S") for text; booleans; None for null.
    A column that is not given has its field's default.
    """
    if count:
        statement, pieces = prepared(model, count, table, **columns)
        send(cursor, statement, pieces)


def prepared(model: type[models.Model], count: int, table: str = "", **columns: Any) -> tuple[str, Iterator[bytes]]:
    """Return the statement of such a COPY, and its bytes, made as they are asked for."""
    given = _with_defaults(model, columns)
    names = ", ".join(f'"{name}"' for name in given)
    statement = f'COPY "{table or model._meta.db_table}" ({names}) FROM STDIN (FORMAT BINARY)'
    parts = (blocks(model, size, part) for size, part in _of_one_width(count, given))
    return statement, chain([SIGNATURE], chain.from_iterable(parts), [TRAILER])


def send(cursor: psycopg.Cursor, statement: str, pieces: Iterable[bytes]) -> None:
    """Carry out a COPY whose bytes are there, or on their way."""
    with cursor.copy(statement) as stream:  # type: ignore[call-overload]
        for piece in pieces:
            stream.write(piece)


def blocks(model: type[models.Model], count: int, columns: Columns) -> Iterator[bytes]:
    """Yield the rows as bytes in PostgreSQL's binary format, some at a time."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    for start in range(0, count, AT_ONCE):
        size = min(AT_ONCE, count - start)
        cells = {
            name: _cells(fields[name], values[start : start + size] if np.ndim(values) else values)
            for name, values in columns.items()
        }
        rows = np.empty(size, [("", ">i2"), *((name, cell.dtype) for name, cell in cells.items())])
        rows["f0"] = len(cells)
        for name, cell in cells.items():
            rows[name] = cell
        yield rows.tobytes()


def numbered(prefix: str, numbers: NDArray[np.int64], digits: int) -> NDArray[np.bytes_]:
    """Return texts such as b"L0000042": one width, and no loop over the rows."""
    figures = numbers[:, None] // 10 ** np.arange(digits - 1, -1, -1) % 10 + ord("0")
    start = np.broadcast_to(np.frombuffer(prefix.encode(), np.uint8), (len(numbers), len(prefix)))
    text = np.ascontiguousarray(np.hstack([start, figures.astype(np.uint8)]))
    return text.view(f"S{text.shape[1]}")[:, 0]


def _of_one_width(count: int, columns: Columns) -> Iterator[tuple[int, Columns]]:
    """Yield the rows in parts in which all texts of a column are equally long; in one part, mostly."""
    lengths = {
        name: np.char.str_len(values)
        for name, values in columns.items()
        if isinstance(values, np.ndarray) and values.ndim and values.dtype.kind == "S"
    }
    if all((each == each[0]).all() for each in lengths.values()):
        yield count, columns
        return
    for widths in np.unique(np.column_stack(list(lengths.values())), axis=0):
        chosen = (np.column_stack(list(lengths.values())) == widths).all(axis=1)
        part = {name: values[chosen] if np.ndim(values) else values for name, values in columns.items()}
        for name, width in zip(lengths, widths, strict=True):
            part[name] = part[name].astype(f"S{width}")
        yield int(chosen.sum()), part


def _with_defaults(model: type[models.Model], columns: Columns) -> Columns:
    """Add what a column must have and is not given; the database numbers the rows and makes generated columns."""
    filled = dict(columns)
    for field in model._meta.concrete_fields:
        if field.column in filled or field.null or isinstance(field, models.GeneratedField | models.AutoField):
            continue
        if isinstance(field, models.DateTimeField):
            filled[field.column] = KNOWN_AT
        elif field.default is not NOT_PROVIDED or field.empty_strings_allowed:
            filled[field.column] = field.get_default()
        else:
            raise ValueError(f"{model.__name__}.{field.name} has no default: give its values.")
    return filled


def _cells(field: models.Field, values: Any) -> NDArray:
    """Return one column as cells: the length of the value, then the value as PostgreSQL sends it."""
    if values is None:
        return np.array((-1,), [("length", ">i4")])
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.DecimalField):
        return _decimals(np.asarray(values), field.decimal_places)
    if isinstance(field, models.DateTimeField):
        return _sized(np.asarray(_microseconds(values)), ">i8")
    if isinstance(field, models.DateField):
        days = np.datetime64(values) if isinstance(values, date) else values
        return _sized((days - EPOCH).astype("timedelta64[D]").astype(np.int64), ">i4")
    if isinstance(field, models.BooleanField):
        return _sized(np.asarray(values), "?")
    if isinstance(field, models.FloatField):
        return _sized(np.asarray(values), ">f8")
    if isinstance(field, models.IntegerField):
        kind = (field.db_type(_connection()) or "").split()[0]
        return _sized(np.asarray(values), f">i{INTEGER_BYTES[kind]}")
    text = np.asarray(values.encode() if isinstance(values, str) else values)
    if not text.dtype.itemsize or (not text.ndim and not text[()]):
        return np.array((0,), [("length", ">i4")])
    return _sized(text, text.dtype.str)


def _connection() -> Any:
    from django.db import connection

    return connection


def _microseconds(moment: datetime) -> int:
    return int((moment - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds() * 1e6)


def _sized(values: NDArray, kind: str) -> NDArray:
    cells = np.empty(values.shape, [("length", ">i4"), ("value", kind)])
    cells["length"] = cells["value"].dtype.itemsize
    cells["value"] = values
    return cells


def _decimals(units: NDArray[np.int64], places: int) -> NDArray:
    """Return numerics: digits to the base 10,000, three before the point; the server trims zeros at either end."""
    after = -(-places // 4)
    cells = np.empty(
        units.shape,
        [
            ("length", ">i4"),
            ("digits", ">i2"),
            ("weight", ">i2"),
            ("sign", ">i2"),
            ("places", ">i2"),
            ("figures", ">i2", (3 + after,)),
        ],
    )
    cells["length"] = 8 + 2 * (3 + after)
    cells["digits"], cells["weight"], cells["places"] = 3 + after, 2, places
    cells["sign"] = np.where(units < 0, 0x4000, 0)
    rest = np.abs(units) * 10 ** (4 * after - places)
    for place in range(2 + after, -1, -1):
        cells["figures"][..., place] = rest % 10_000
        rest = rest // 10_000
    return cells
