"""End-of-support dates as endoflife.date publishes them: its releases as CSV, and both forms of its API as JSON.

A date is the day from which there is no support. `true` is support that has ended on a day nobody published, `false`
is support without an end that is known.

Source: endoflife.date, API v0 (`/api/<product>.json`: a list of cycles with `cycle` and `eol`) and API v1
(`/api/v1/products/<product>` and `/api/v1/products/full`: `result`, with `name` and `releases` of `name`, `isEol` and
`eolFrom`); the CSV has the columns product, releaseCycle and eol, and others that are passed over.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath
from typing import Any

from portfolio.common.months import FIRST_DAY, LAST_DAY
from portfolio.intake.catalogues.findings import Finding, Place, UnreadableFile, Weight, unreadable
from portfolio.intake.cells import BadCell, as_date, shown

MOST_BYTES = 50 * 1024 * 1024
MOST_CYCLES = 200_000
MOST_NAME = 60
CSV_COLUMNS = ("product", "releaseCycle", "eol")
DUPLICATE, SHAPE, DATE = "Duplicate cycle", "Shape", "Date"


@dataclass(frozen=True)
class CycleRead:
    """When support for one release cycle ends."""

    product: str
    cycle: str
    ends: date | None
    is_ended: bool
    place: Place


@dataclass
class Cycles:
    """All that was read of some files."""

    cycles: list[CycleRead] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


class _Bad(Exception):
    """What is wrong with one cycle."""

    def __init__(self, message: str, topic: str = SHAPE):
        super().__init__(message)
        self.message, self.topic = message, topic


def read_cycles(files: Iterable[tuple[str, bytes]], *, product: str = "") -> Cycles:
    """Read files, given by name and content. A v0 list names no product: it is `product`, or else the file's name."""
    found = Cycles()
    standing: dict[tuple[str, str], CycleRead] = {}
    for name, data in files:
        try:
            for place, read in _read(data, name, product):
                try:
                    cycle = read()
                except _Bad as error:
                    found.findings.append(Finding(place, error.topic, "", error.message, left_out="The cycle."))
                    continue
                _take(cycle, standing, found)
        except UnreadableFile as error:
            found.findings.append(error.finding)
    return found


def _take(cycle: CycleRead, standing: dict[tuple[str, str], CycleRead], found: Cycles) -> None:
    first = standing.setdefault((cycle.product, cycle.cycle), cycle)
    if first is cycle:
        found.cycles.append(cycle)
    elif (first.ends, first.is_ended) != (cycle.ends, cycle.is_ended):
        found.findings.append(
            Finding(
                cycle.place, DUPLICATE, f"{cycle.product} {cycle.cycle}",
                f"This cycle stands before, with another date ({first.place}). Take the wrong one out.", Weight.BROKEN,
                "This one: the first is taken.",
            )
        )  # fmt: skip


Read = tuple[Place, Callable[[], CycleRead]]


def _read(data: bytes, file: str, product: str) -> Iterator[Read]:
    if len(data) > MOST_BYTES:
        raise unreadable(f"The file has {len(data):,} bytes; at most {MOST_BYTES:,} are taken. Split it.", file=file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise unreadable("The file is no UTF-8 text. Save it again as UTF-8.", file=file, line=line) from None
    if not text.strip():
        raise unreadable("The file is empty.", file=file)
    rows = _json_rows(text, file, product) if text.lstrip()[0] in "[{" else _csv_rows(text, file)
    count = 0
    for row in rows:
        count += 1
        if count > MOST_CYCLES:
            raise unreadable(f"The file has more than {MOST_CYCLES:,} cycles. Split it.", file=file)
        yield row
    if not count:
        raise unreadable("The file has no release cycle in it: there is nothing to load.", file=file)


def _csv_rows(text: str, file: str) -> Iterator[Read]:
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in next(rows)]
        missing = [name for name in CSV_COLUMNS if name not in header]
        if missing:
            raise unreadable(
                f"The header has no column {' and no column '.join(missing)}. It needs {', '.join(CSV_COLUMNS)}, as "
                "endoflife.date has them.", file=file, line=1,
            )  # fmt: skip
        at = [header.index(name) for name in CSV_COLUMNS]
        for cells in rows:
            if any(cell.strip() for cell in cells):
                place = Place(file, 0, rows.line_num)
                yield place, lambda cells=cells, place=place: _csv_cycle(cells, at, len(header), place)
    except csv.Error as error:
        raise unreadable(f"This is no CSV from here on: {error}.", file=file, line=rows.line_num) from None


def _csv_cycle(cells: list[str], at: list[int], width: int, place: Place) -> CycleRead:
    if len(cells) != width:
        raise _Bad(f"The row has {len(cells)} cells where the header has {width}. Write every separator.")
    product, cycle, eol = (cells[index].strip() for index in at)
    return _cycle(product, cycle, {"true": True, "false": False, "": None}.get(eol.lower(), eol), place)


def _json_rows(text: str, file: str, product: str) -> Iterator[Read]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise unreadable(f"This is no JSON from here on: {error.msg}.", file=file, line=error.lineno) from None
    except RecursionError:
        raise unreadable("This JSON lies too deep in itself for a list of release cycles.", file=file) from None
    result = content.get("result") if isinstance(content, dict) else None
    if isinstance(content, list):
        yield from _v0(content, file, product or PurePath(file).stem)
    elif isinstance(result, dict):
        yield from _v1([result], file)
    elif isinstance(result, list):
        yield from _v1(result, file)
    else:
        raise unreadable(
            "This is neither a list of cycles, as API v0 of endoflife.date gives it, nor has it a "
            "result, as API v1 has. Load the file of one product, or of products/full.", file=file,
        )  # fmt: skip


def _v0(content: list[Any], file: str, product: str) -> Iterator[Read]:
    for number, row in enumerate(content, start=1):
        place = Place(file, number)
        yield place, lambda row=row, place=place: _of_v0(row, product, place)


def _of_v0(row: Any, product: str, place: Place) -> CycleRead:
    if not isinstance(row, dict):
        raise _Bad("A cycle is an object with cycle and eol.")
    return _cycle(product, row.get("cycle"), row.get("eol"), place)


def _v1(products: list[Any], file: str) -> Iterator[Read]:
    number = 0
    for product in products:
        releases = product.get("releases") if isinstance(product, dict) else None
        if not isinstance(releases, list):
            raise unreadable(
                "A product here has no releases: it is the short list. Load products/full, or one product.", file=file
            )
        for row in releases:
            number += 1
            place = Place(file, number)
            yield place, lambda row=row, product=product, place=place: _of_v1(row, product.get("name"), place)


def _of_v1(row: Any, product: Any, place: Place) -> CycleRead:
    if not isinstance(row, dict):
        raise _Bad("A release is an object with name, isEol and eolFrom.")
    eol = row.get("eolFrom")
    return _cycle(product, row.get("name"), row.get("isEol") if eol is None else eol, place)


def _cycle(product: Any, cycle: Any, eol: Any, place: Place) -> CycleRead:
    for name, value in (("product", product), ("release cycle", cycle)):
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise _Bad(f"The {name} is {shown(str(value or ''))}. Write its name, as endoflife.date has it.")
        if len(value) > MOST_NAME:
            raise _Bad(f"The {name} {shown(value)} is longer than {MOST_NAME} characters.")
    if isinstance(eol, str):
        try:
            ends = as_date(eol)
        except BadCell as error:
            raise _Bad(f"The end of support of {product} {cycle}: {error}", DATE) from None
        if not FIRST_DAY <= ends <= LAST_DAY:
            raise _Bad(f"The end of support of {product} {cycle} is {ends}, which is centuries off.", DATE)
        return CycleRead(product, cycle, ends, False, place)
    if eol is not None and not isinstance(eol, bool):
        raise _Bad(f"The end of support of {product} {cycle} is {shown(str(eol))}: a date, true or false.", DATE)
    return CycleRead(product, cycle, None, bool(eol), place)
