"""From the text of cells to what a staging table takes, a column at a time.

What a cell means is said in `portfolio.intake.cells`, once for all kinds. A column of codes, days or currencies has
few different cells, so each is read once; a column of numbers or plain text is held against its pattern as a whole,
and only what does not fit is read by itself.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import models

from portfolio.intake.cells import shown, suggestion
from portfolio.intake.errors import BadCell, Problem
from portfolio.intake.kinds import KINDS, Column, Kind
from portfolio.intake.resolving import MOST_CODES, chunks
from portfolio.intake.streams import Cells, Chunk

MOST_REMEMBERED = 20_000  #: different cells of a column
MOST_KEYS = 200_000  #: codes of a model, each with its key


@dataclass
class Staged:
    """Rows as a staging table takes them: `cells` by column, in the order of the kind's columns, None being null."""

    numbers: list[int] = field(default_factory=list)
    is_bad: list[bool] = field(default_factory=list)
    columns: list[Cells] = field(default_factory=list)


class Codes:
    """The keys of rows by their codes.

    Those of the first chunk are asked for in one query. A batch that needs more of them is large, so that all are read
    at once, unless these are more than are worth remembering.
    """

    def __init__(self, model: type[models.Model], before_asking: Callable[[], None]):
        self.model, self.before_asking = model, before_asking
        self.is_read, self.has_all = False, False
        self.keys: dict[str, str | BadCell] = {}
        self.known: list[str] | None = None
        self.suggested = 0

    def read(self, cells: set[str]) -> None:
        """Look up codes that were not seen before."""
        codes = sorted(code for code in cells - self.keys.keys() if "\x00" not in code)
        if not codes or self.has_all:
            return
        self.before_asking()
        rows = self.model.objects.order_by()
        if self.is_read and rows.count() <= MOST_KEYS:
            self.keys = {code: str(key) for code, key in rows.values_list("code", "pk")} | {
                code: found for code, found in self.keys.items() if isinstance(found, BadCell)
            }
            self.has_all = True
            return
        self.is_read = True
        for part in chunks(codes):
            self.keys |= {code: str(key) for code, key in rows.filter(code__in=part).values_list("code", "pk")}

    def __call__(self, code: str) -> str:
        """Return the key of a row; BadCell says which code may have been meant."""
        found = self.keys.get(code)
        if found is None:
            found = self.keys[code] = self._unknown(code)
        if isinstance(found, BadCell):
            raise found
        return found

    def _unknown(self, code: str) -> BadCell:
        if self.known is None:
            self.before_asking()
            self.known = list(self.model.objects.values_list("code", flat=True)[:MOST_CODES])
        self.suggested += 1  # a column of nothing but unknown codes is not worth searching them all
        near = suggestion(code, self.known) if self.suggested <= 20 else ""
        load = next((kind.name for kind in KINDS.values() if kind.model is self.model), "")
        name = self.model._meta.verbose_name
        return BadCell(
            f"There is no {name} with the code {shown(code)}.{near} Load it first ({load}), or correct the code."
        )


class ColumnReader:
    """Reads the cells of one column into the text that COPY takes."""

    def __init__(self, column: Column, before_asking: Callable[[], None]):
        self.column = column
        self.seen: dict[str, str | BadCell | None] = {}
        self.codes = Codes(column.refers_to, before_asking) if column.refers_to else None
        self.fits = _fits(column.field)
        self.most = _most_characters(column)

    @property
    def emptied(self) -> str | None:
        """What an empty cell takes away: the text, or, as key 0, the row that is referred to."""
        if not self.column.can_be_emptied:
            return None
        return "0" if self.codes else "" if not self.column.field.null else None

    def convert(self, cells: Cells, numbers: list[int], problems: list[Problem]) -> tuple[Cells, set[int]]:
        """Return a column's cells as staged, and which of them are bad; a problem says what is wrong with each."""
        try:
            given = list(map(str.strip, cells))  # type: ignore[arg-type]
        except TypeError:  # some cells were not given
            given = [cell if cell is None else cell.strip() for cell in cells]  # type: ignore[misc]
        if self._all_fit(given):
            return given, set()
        different = set(given) - {None, ""}
        if self.codes:
            self.codes.read(different)
        if len(self.seen) > MOST_REMEMBERED:
            self.seen = {}
        seen = self.seen
        for cell in different - seen.keys():
            seen[cell] = self._attempt(cell)
        seen[""] = self._empty()
        if self.column.is_needed:
            seen[None] = seen[""]  # type: ignore[index]
        else:
            seen[None] = None  # type: ignore[index]
        result: list[Any] = list(map(seen.__getitem__, given))  # type: ignore[arg-type]
        bad: set[int] = set()
        if any(type(seen[cell]) is BadCell for cell in set(given)):  # type: ignore[index]
            for place, one in enumerate(result):
                if type(one) is BadCell:
                    problems.append(Problem(numbers[place], self.column.name, str(one)))
                    bad.add(place)
                    result[place] = None
        return result, bad

    def _all_fit(self, cells: Cells) -> bool:
        if None in cells:
            return False
        if self.fits:
            return all(map(self.fits, cells))  # type: ignore[arg-type]
        if self.most:
            if "" in cells and not self.column.can_be_emptied:
                return False
            joined = "".join(cells)  # type: ignore[arg-type]
            # An apostrophe may be the one that an export puts before what a spreadsheet would compute.
            if "\x00" in joined or "'" in joined:
                return False
            return max(map(len, cells), default=0) <= self.most  # type: ignore[arg-type]
        return False

    def _empty(self) -> str | BadCell | None:
        if self.column.is_needed:
            return BadCell(f"The cell is empty. Needed: {self.column.note}")
        return self.emptied

    def _attempt(self, cell: str) -> str | BadCell:
        try:
            return self.codes(cell) if self.codes else _staged(self.column.read(cell))
        except BadCell as error:
            return error


def _staged(value: Any) -> str:
    """Return a value as both databases read it."""
    match value:
        case bool():
            return "1" if value else "0"
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
    return str(value)


def _fits(column: models.Field) -> Callable[[str], Any] | None:
    """Return what tells, of a number, that it can be staged as it stands; what it does not let through may be right."""
    if not isinstance(column, models.DecimalField):
        return None
    whole, places = column.max_digits - column.decimal_places, column.decimal_places
    return re.compile(rf"-?[0-9]{{1,{whole}}}(\.[0-9]{{1,{places}}})?", re.ASCII).fullmatch


def _most_characters(column: Column) -> int | None:
    """Return how long a plain text may be; None where more than its length matters."""
    text = column.field
    plain = isinstance(text, models.CharField) and not text.choices and not column.refers_to
    kinds = {type(validator) for validator in text.validators}
    return text.max_length if plain and kinds <= {MaxLengthValidator, ProhibitNullCharactersValidator} else None


class Converter:
    """Converts the chunks of one load of a kind; `before_asking` is called before the database is asked for codes."""

    def __init__(self, kind: Kind, before_asking: Callable[[], None] = lambda: None):
        self.kind = kind
        self.readers = [ColumnReader(column, before_asking) for column in kind.columns]
        self.keys = [place for place, column in enumerate(kind.columns) if column.is_key]

    def convert(self, chunk: Chunk, problems: list[Problem]) -> Staged:
        """Return a chunk as staged; what is wrong with a cell is a problem of its row, which is staged as bad.

        A bad row whose key cannot be read is left out: nothing can be held against it.
        """
        count = len(chunk.numbers)
        columns, bad, keyless = [], set(), set()
        for place, reader in enumerate(self.readers):
            cells = chunk.columns.get(reader.column.name)
            if cells is None:
                if not reader.column.is_needed:
                    columns.append([reader.emptied if reader.column.is_key else None] * count)
                    continue
                cells = [None] * count
            staged, wrong = reader.convert(cells, chunk.numbers, problems)
            if place in self.keys:
                keyless |= wrong
                if None in staged and reader.emptied is not None:
                    staged = [reader.emptied if one is None else one for one in staged]
            columns.append(staged)
            bad |= wrong
        numbers = chunk.numbers
        if chunk.problems:
            wrong_rows = {problem.row for problem in chunk.problems}
            bad |= {place for place, number in enumerate(numbers) if number in wrong_rows}
        flags = [place in bad for place in range(count)] if bad else [False] * count
        if keyless:
            kept = [place for place in range(count) if place not in keyless]
            numbers, flags = [numbers[place] for place in kept], [flags[place] for place in kept]
            columns = [[cells[place] for place in kept] for cells in columns]
        return Staged(numbers, flags, columns)
