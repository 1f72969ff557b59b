"""Files and bodies as streams of chunks: rows by column, a few thousand at a time, whatever the whole comes to.

CSV, JSON and NDJSON all become `Chunk`s. What cannot be read any further is `Unreadable`; a row that is not of the
others' shape is a problem of that row, and the reading goes on.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

import orjson

from portfolio.common.sheets import defused
from portfolio.intake.cells import shown
from portfolio.intake.errors import Problem, Unreadable
from portfolio.intake.kinds import ILLUSTRATIVE, Kind

ROWS = 5_000  #: in a chunk
BLOCK = 1 << 18  #: bytes that are read at once
MOST_LINE = 1 << 20  #: characters of one line, or bytes of one JSON row: more is no row of ours
SAVE_AS = "Save it again as “CSV UTF-8” (comma delimited)."

Cells = list[str | None]


@dataclass
class Chunk:
    """Some rows: their numbers, and the text of their cells by column; None is a cell that was not given at all."""

    numbers: list[int]
    columns: dict[str, Cells]
    problems: list[Problem] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        """Yield the number and the cells of each row."""
        cells = zip(*self.columns.values(), strict=True) if self.columns else iter(())
        for number, row in zip(self.numbers, cells, strict=False):
            yield number, list(row)


def refuse(row: int, message: str, column: str = "") -> Unreadable:
    """Return the refusal of all that comes from a row on; row 0 is the whole."""
    return Unreadable([Problem(row, column, message)])


# -- Rows that are given as mappings -----------------------------------------------------------------------------------


def mapping_chunks(rows: Iterable[Mapping[str, str]], columns: list[str]) -> Iterator[Chunk]:
    """Yield rows given as the text of their cells by column; a row that lacks a column has an empty cell there."""
    waiting = enumerate(rows, start=2)
    while part := list(islice(waiting, ROWS)):
        cells: dict[str, Cells] = {name: [(row.get(name) or "") for _, row in part] for name in columns}
        yield Chunk([getattr(row, "number", number) for number, row in part], cells)


# -- CSV ---------------------------------------------------------------------------------------------------------------


class _Watched(io.RawIOBase):
    """Bytes on their way to be decoded, refused where they are no text; it knows on which line it is."""

    def __init__(self, source: BinaryIO, on_bytes: Callable[[int], None] | None):
        self.source, self.on_bytes = source, on_bytes
        self.lines = 0
        self.since = 0  # bytes since a line began
        self.is_at_start = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self.source.read(len(buffer))
        if self.is_at_start:
            self.is_at_start = False
            if block.startswith(b"PK\x03\x04"):
                raise refuse(0, f"This is a spreadsheet, not a CSV file. {SAVE_AS}")
            if block.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise refuse(0, f"The file is in UTF-16; UTF-8 is needed. {SAVE_AS}")
        if b"\x00" in block:
            row = self.lines + block[: block.index(b"\x00")].count(b"\n") + 1
            raise refuse(row, f"There is a NUL byte: the file is damaged or no text. {SAVE_AS}")
        self._measure(block)
        self.lines += block.count(b"\n")
        buffer[: len(block)] = block
        if self.on_bytes:
            self.on_bytes(len(block))
        return len(block)

    def _measure(self, block: bytes) -> None:
        """Refuse a line without an end: whoever looks for it would hold all of it."""
        first, last = (max(find(b"\n"), find(b"\r")) for find in (block.find, block.rfind))
        self.since = self.since + len(block) if last < 0 else len(block) - last - 1
        if self.since > MOST_LINE or (last >= 0 and first > MOST_LINE):
            raise refuse(
                self.lines + 1, f"The line has more than {MOST_LINE:,} characters; no row is that long. {SAVE_AS}"
            )


@contextmanager
def csv_text(source: BinaryIO, on_bytes: Callable[[int], None] | None = None) -> Iterator[io.TextIOWrapper]:
    """Yield a CSV file in UTF-8 as text. Reading it raises Unreadable where it is something else."""
    raw = _Watched(source, on_bytes)
    text = io.TextIOWrapper(io.BufferedReader(raw, BLOCK), encoding="utf-8-sig", newline="")
    try:
        yield text
    except UnicodeDecodeError as error:
        before = raw.lines - error.object.count(b"\n")
        raise refuse(
            before + error.object[: error.start].count(b"\n") + 1,
            f"The file is not UTF-8: byte {error.object[error.start]:#04x} was found. It was probably saved as "
            f"Windows-1252. {SAVE_AS}",
        ) from error
    finally:
        text.detach()  # the source is its owner's to close


class CsvRows:
    """The rows of a CSV file, some at a time, with the number that a spreadsheet gives the first of them."""

    def __init__(self, lines: Iterable[str], delimiter: str):
        self.reader = csv.reader(lines, delimiter=delimiter, strict=True)
        self.number = 1

    def take(self, most: int = ROWS) -> tuple[int, list[list[str]]]:
        """Return the next rows. Raises Unreadable where quotes do not close."""
        first, rows = self.number, []
        try:
            rows.extend(islice(self.reader, most))
        except csv.Error as error:
            raise refuse(
                first + len(rows),
                f"The file cannot be read from here on: {error}. Look for a quotation mark that is opened and not "
                "closed; inside a quoted cell, a quotation mark is written twice.",
            ) from error
        self.number += len(rows)
        return first, rows


# -- JSON --------------------------------------------------------------------------------------------------------------

_BETWEEN = re.compile(rb"\}\s*,\s*\{")
_TRIES = 4


def json_chunks(source: BinaryIO, kind: Kind) -> Iterator[Chunk]:
    """Yield the objects of a JSON array, numbered from 1, without ever holding the whole of it.

    The array is cut where an object seems to end and another to begin. If that was inside a text, or inside an object,
    the piece does not parse, and an earlier cut is tried; a piece that does parse is right, since JSON is read from
    the left.
    """
    waiting = source.read(BLOCK).removeprefix(b"\xef\xbb\xbf").lstrip()
    while not waiting and (block := source.read(BLOCK)):
        waiting = block.lstrip()
    if not waiting.startswith(b"["):
        what = f"begins with {shown(waiting[:20].decode(errors='replace'))}" if waiting else "is empty"
        raise refuse(0, f"The body {what}; a JSON array of objects is needed, such as [{{…}}, {{…}}].")
    waiting, first = waiting[1:], 1
    while True:
        block = source.read(BLOCK)
        if not block:
            rest = waiting.rstrip()
            rows = _parsed(b"[" + rest, first)
            if not (rows or first > 1):
                raise refuse(0, "The array is empty: there is nothing to load.")
            yield from _object_chunks(rows, range(first, first + len(rows)), kind)
            return
        waiting += block
        rows, waiting = _cut(waiting)
        if rows:
            yield from _object_chunks(rows, range(first, first + len(rows)), kind)
            first += len(rows)
        elif len(waiting) > MOST_LINE + BLOCK:
            raise refuse(
                first,
                f"No row ends within {MOST_LINE:,} bytes from here on: it is far too long, or the JSON is broken, most "
                "likely by a quotation mark that is opened and not closed.",
            )


def _cut(waiting: bytes) -> tuple[list[Any], bytes]:
    """Return the whole objects from the front and the rest; no objects where none can be told yet."""
    end = len(waiting)
    for _ in range(_TRIES):
        last = None
        reach = max(0, end - MOST_LINE)
        for last in _BETWEEN.finditer(waiting, reach, end):  # noqa: B007 - the last one is wanted
            pass
        if last is None:
            break
        piece = waiting[: last.start() + 1]
        try:
            return orjson.loads(b"[" + piece + b"]"), waiting[last.end() - 1 :]
        except orjson.JSONDecodeError:
            end = last.start() + 1
    return [], waiting


def _parsed(text: bytes, first: int) -> list[Any]:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise refuse(
            first, f"The body is not JSON in UTF-8 from here on: {error}. Mend it and send it again."
        ) from error


def ndjson_chunks(source: BinaryIO, kind: Kind) -> Iterator[Chunk]:
    """Yield the objects of a body with one on each line, numbered by line."""
    waiting, number = b"", 0
    is_empty = True
    while True:
        block = source.read(BLOCK)
        if number == 0 and not waiting:
            block = block.removeprefix(b"\xef\xbb\xbf")
        lines = (waiting + block).split(b"\n")
        waiting = lines.pop() if block else b""
        if len(waiting) > MOST_LINE:
            raise refuse(number + len(lines) + 1, f"The line has more than {MOST_LINE:,} bytes; no row is that long.")
        numbers = range(number + 1, number + len(lines) + 1)
        number += len(lines)
        filled = [(at, line) for at, line in zip(numbers, lines, strict=True) if line and not line.isspace()]
        if filled:
            is_empty = False
            rows = _lines_parsed(filled)
            yield from _object_chunks(rows, [at for at, _ in filled], kind)
        if not block:
            break
    if is_empty:
        raise refuse(0, "The body is empty: there is nothing to load. It needs one JSON object a line.")


def _lines_parsed(lines: list[tuple[int, bytes]]) -> list[Any]:
    """Return what lines say; those that are wrong one by one are parsed one by one to tell which they are."""
    try:
        rows = orjson.loads(b"[" + b",".join(line for _, line in lines) + b"]")
        if len(rows) == len(lines):
            return rows
    except orjson.JSONDecodeError:
        pass
    rows = []
    for number, line in lines:
        try:
            rows.append(orjson.loads(line))
        except orjson.JSONDecodeError as error:
            rows.append(Problem(number, "", f"The line is not JSON in UTF-8: {error}. Write one object a line."))
    return rows


#: What the single calls of the API name otherwise than files do.
ALIASES = {"is_illustrative": ILLUSTRATIVE}


def _object_chunks(rows: list[Any], numbers: Iterable[int], kind: Kind) -> Iterator[Chunk]:
    given = list(zip(numbers, rows, strict=True))
    for start in range(0, len(given), ROWS):
        yield _object_chunk(given[start : start + ROWS], kind)


def _object_chunk(given: list[tuple[int, Any]], kind: Kind) -> Chunk:
    problems = []
    if any(type(row) is not dict for _, row in given):
        for number, row in given:
            if type(row) is Problem:
                problems.append(row)
            elif type(row) is not dict:
                problems.append(Problem(number, "", f"The row is {_what(row)}; an object is needed, such as {{…}}."))
        given = [(number, row) for number, row in given if type(row) is dict]
    shapes = {tuple(row) for _, row in given}
    names = {name for shape in shapes for name in shape}
    unknown = {name for name in names if ALIASES.get(name, name) not in kind.by_name}
    if unknown:
        known = ", ".join(kind.by_name)
        for number, row in given:
            problems += [
                Problem(number, name[:40], f"There is no field {shown(name)} in {kind.name}. Known ones: {known}.")
                for name in row
                if name in unknown
            ]
    columns: dict[str, Cells] = {}
    numbers = [number for number, _ in given]
    for name in names - unknown:
        values = [row.get(name, ...) for _, row in given] if len(shapes) > 1 else [row[name] for _, row in given]
        column = ALIASES.get(name, name)
        if kind.by_name[column].is_list:
            values = [_joined(value) for value in values]
        cells = _texts(values, numbers, column, problems)
        if column in columns:  # under both of its names
            cells = [one if two is None else two for one, two in zip(columns[column], cells, strict=True)]
        columns[column] = cells
    return Chunk(numbers, columns, problems)


def _joined(value: Any) -> Any:
    """Return a list of codes as a file has it."""
    is_codes = isinstance(value, list) and all(isinstance(code, str) for code in value)
    return " ".join(value) if is_codes else value


def _texts(values: list[Any], numbers: list[int], column: str, problems: list[Problem]) -> Cells:
    """Return values of JSON as the text that a file would have in their place."""
    if set(map(type, values)) == {str} and not any(value[:1] == "'" for value in values):
        return values
    cells: Cells = []
    for value, number in zip(values, numbers, strict=True):
        if type(value) is str:
            # JSON means what it says: an apostrophe that a file would have to undo is not undone here.
            cells.append(defused(value) if value[:1] == "'" else value)
        elif value is None:
            cells.append("")
        elif value is ...:
            cells.append(None)
        elif value is True or value is False:
            cells.append("yes" if value else "no")
        elif isinstance(value, int | float):
            cells.append(repr(value).removesuffix(".0"))
        else:
            problems.append(Problem(number, column, f"The value is {_what(value)}; a text or a number is needed."))
            cells.append(None)
    return cells


def _what(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    return "null" if value is None else f"{shown(str(value))}"
