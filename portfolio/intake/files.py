"""Reading a CSV file: its encoding, separator and columns, strictly; what does not fit is explained, not guessed."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from portfolio.intake.cells import shown, suggestion
from portfolio.intake.errors import Problem, Unreadable
from portfolio.intake.kinds import ILLUSTRATIVE, Kind

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
SAVE_AS = "Save it again as “CSV UTF-8” (comma delimited)."


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


def read_csv(data: bytes, kind: Kind) -> Table:
    """Read a file of a kind. Raises Unreadable where not even its rows can be told."""
    text = _decode(data)
    if not text.strip():
        raise Unreadable([Problem(0, "", f"The file is empty. It needs a header: {','.join(_names(kind))}.")])
    delimiter = _delimiter(text, kind)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    table: Table | None = None
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if not any(cell.strip() for cell in cells):
                continue  # an empty line, or one of empty cells only
            if table is None:
                table = Table(_header(cells, kind, number))
            elif len(cells) != len(table.columns):
                table.problems.append(Problem(number, "", _ragged(cells, table.columns, delimiter)))
            else:
                table.rows.append(Row(number, zip(table.columns, cells, strict=True)))
    except csv.Error as error:
        message = (
            f"The file cannot be read from here on: {error}. Look for a quotation mark that is opened and not closed; "
            "inside a quoted cell, a quotation mark is written twice."
        )
        raise Unreadable([Problem(number + 1, "", message)]) from error
    if table is None or not (table.rows or table.problems):
        raise Unreadable([Problem(0, "", "The file has a header and no rows under it: there is nothing to load.")])
    return table


def check_columns(columns: list[str], kind: Kind) -> list[Problem]:
    """Return what is wrong with a header: columns that are unknown, named twice or missing."""
    known = _names(kind)
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


def _decode(data: bytes) -> str:
    def refuse(row: int, message: str) -> Unreadable:
        return Unreadable([Problem(row, "", message)])

    if data.startswith(b"PK\x03\x04"):
        raise refuse(0, f"This is a spreadsheet, not a CSV file. {SAVE_AS}")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refuse(0, f"The file is in UTF-16; UTF-8 is needed. {SAVE_AS}")
    if b"\x00" in data:
        row = data[: data.index(b"\x00")].count(b"\n") + 1
        raise refuse(row, f"There is a NUL byte: the file is damaged or no text. {SAVE_AS}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise refuse(
            row,
            f"The file is not UTF-8: byte {data[error.start]:#04x} was found. It was probably saved as Windows-1252. "
            f"{SAVE_AS}",
        ) from error


def _delimiter(text: str, kind: Kind) -> str:
    """Return the separator under which the header has the most columns that are known."""
    header = next(line for line in text.splitlines() if line.strip())

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
