"""Reading a CSV file: its encoding, separator and columns, strictly; what does not fit is explained, not guessed."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from portfolio.intake.cells import shown, suggestion
from portfolio.intake.errors import Problem, Unreadable
from portfolio.intake.kinds import ILLUSTRATIVE, Kind
from portfolio.intake.streams import Chunk, CsvRows, csv_text, refuse

MOST_EMPTY = 100_000  #: rows without a cell: a spreadsheet leaves some, no more than that
MOST_COLUMNS = 200  #: in a header: each that is not known is told with what may have been meant
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}


class Row(dict[str, str]):
    """The cells of one row by column, with the number the row has in a spreadsheet."""

    def __init__(self, number: int, cells: Iterable[tuple[str, str]]):
        super().__init__(cells)
        self.number = number


@dataclass
class Table:
    """What a file holds: its columns, the rows that could be read, and what is wrong with the others."""

    columns: list[str]
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def csv_chunks(source: BinaryIO, kind: Kind, on_bytes: Callable[[int], None] | None = None) -> Iterator[Chunk]:
    """Yield the rows of a file of a kind by column. Raises Unreadable where not even its rows can be told."""
    with csv_text(source, on_bytes) as text:
        blank, header = [], ""
        for line in text:
            if line.strip():
                header = line
                break
            blank.append(line)
            if len(blank) > MOST_EMPTY:
                raise _too_empty(len(blank))
        else:
            raise refuse(0, f"The file is empty. It needs a header: {','.join(_names(kind))}.")
        delimiter = _delimiter(header, kind)
        rows = CsvRows(chain(blank, [header], text), delimiter)
        columns: list[str] = []
        while not columns and (part := rows.take(1)[1]):
            if _is_filled(part[0]):
                columns = _header(part[0], kind, rows.number - 1)
        is_empty, empty = True, 0
        while (taken := rows.take())[1]:
            chunk = _chunk(*taken, columns, delimiter)
            is_empty = is_empty and not chunk.numbers and not chunk.problems
            empty += len(taken[1]) - len(chunk.numbers) - len(chunk.problems)
            if empty > MOST_EMPTY:
                raise _too_empty(taken[0])
            yield chunk
        if is_empty:
            raise refuse(0, "The file has a header and no rows under it: there is nothing to load.")


def _too_empty(row: int) -> Unreadable:
    return refuse(row, f"More than {MOST_EMPTY:,} rows up to here are empty. Delete them and save the file again.")


def _is_filled(cells: list[str]) -> bool:
    """Return whether a row has something in it; an empty line, or one of empty cells only, is no row."""
    return any(cell.strip() for cell in cells)


def _chunk(first: int, rows: list[list[str]], columns: list[str], delimiter: str) -> Chunk:
    width = len(columns)
    numbers, problems = list(range(first, first + len(rows))), []
    by_column = list(zip(*rows, strict=True)) if set(map(len, rows)) == {width} else []
    if not by_column or "" in map(str.strip, by_column[0]):
        filled = [(number, cells) for number, cells in zip(numbers, rows, strict=True) if _is_filled(cells)]
        problems = [
            Problem(number, "", _ragged(cells, columns, delimiter)) for number, cells in filled if len(cells) != width
        ]
        filled = [(number, cells) for number, cells in filled if len(cells) == width]
        numbers = [number for number, _ in filled]
        by_column = list(zip(*(cells for _, cells in filled), strict=True)) or [()] * width
    return Chunk(numbers, {name: list(cells) for name, cells in zip(columns, by_column, strict=True)}, problems)


def read_csv(data: bytes, kind: Kind) -> Table:
    """Read a whole file of a kind. Raises Unreadable where not even its rows can be told."""
    table: Table | None = None
    for chunk in csv_chunks(io.BytesIO(data), kind):
        table = table or Table(list(chunk.columns))
        table.rows += [Row(number, zip(table.columns, cells, strict=True)) for number, cells in chunk.rows()]
        table.problems += chunk.problems
    return table or Table([])


def check_columns(columns: list[str], kind: Kind) -> list[Problem]:
    """Return what is wrong with a header: columns that are unknown, named twice or missing."""
    known = _names(kind)
    if len(columns) > MOST_COLUMNS:
        found = f"The header has {len(columns):,} columns, which no file of {kind.name} has."
        return [Problem(1, "", f"{found} Known ones: {', '.join(known)}.")]
    problems = []
    for column in dict.fromkeys(columns):
        if not column:
            problems.append(Problem(1, "", f"Column {columns.index(column) + 1} has no name. Name it or remove it."))
        elif column not in kind.by_name and column not in kind.passed_over:
            problems.append(
                Problem(
                    1,
                    column,
                    f"There is no column {shown(column)} in {kind.name}.{suggestion(column, known)} "
                    f"Known ones: {', '.join(known)}.",
                )
            )
        if column and columns.count(column) > 1:
            problems.append(Problem(1, column, f"The column {shown(column)} stands {columns.count(column)} times."))
    problems += [
        Problem(1, column.name, f"The column {column.name} is missing. Add it: {column.note}")
        for column in kind.columns
        if column.is_in_header and column.name not in columns
    ]
    return problems


def _names(kind: Kind) -> list[str]:
    return [column.name for column in kind.columns]


def _delimiter(line: str, kind: Kind) -> str:
    """Return the separator under which the header has the most columns that are known."""
    header = line.rstrip("\r\n")

    def known(delimiter: str) -> int:
        return sum(_plain(cell) in kind.by_name for cell in header.split(delimiter))

    found = max(DELIMITERS, key=lambda delimiter: (known(delimiter), header.count(delimiter)))
    if not known(found) and not any(delimiter in header for delimiter in DELIMITERS):
        raise Unreadable(
            [
                Problem(
                    1,
                    "",
                    f"The header {shown(header)} has no comma, semicolon or tab between columns. "
                    f"It needs: {','.join(_names(kind))}.",
                )
            ]
        )
    return found


def _plain(name: str) -> str:
    return name.strip().strip('"').strip().lower().replace(" ", "_").replace("-", "_")


def _header(cells: list[str], kind: Kind, number: int) -> list[str]:
    columns = [_plain(cell) for cell in cells]
    if problems := check_columns(columns, kind):
        raise Unreadable([problem._replace(row=number) for problem in problems])
    return columns


def _ragged(cells: list[str], columns: list[str], delimiter: str) -> str:
    found, needed = len(cells), len(columns)
    if found < needed:
        return (
            f"The row ends after {found} of {needed} cells. Write the separators of empty cells too: "
            f"{needed - 1} {DELIMITERS[delimiter]} a row."
        )
    return (
        f"The row has {found} cells where the header has {needed}. Put quotation marks round a cell that holds one of "
        f"the {DELIMITERS[delimiter]}."
    )


def template_rows(kind: Kind) -> list[list[str]]:
    """Return the header and one example of a kind, as a file to fill in; `illustrative` may be left out of it."""
    columns = [column for column in kind.columns if column.name != ILLUSTRATIVE]
    return [[column.name for column in columns], [column.example for column in columns]]


def columns_of(rows: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the columns that rows given as mappings have, in order."""
    return list(dict.fromkeys(name for row in rows for name in row))
