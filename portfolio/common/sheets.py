"""Tables as CSV and XLSX, made piece by piece: of a million rows no more than a thousand are ever held.

A library writes XLSX ten times as slowly and can hand nothing over before the last row is in its file; what a plain
table needs of the format is little: the sheet's rows as XML in a zip archive, with text in the cells themselves.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import repeat
from typing import Any
from xml.sax.saxutils import escape, quoteattr

Rows = Sequence[tuple[Any, ...]]

MOST_ROWS = 1_048_575  # of a sheet, under its header
MOST_CHARACTERS = 32_767  # of a cell, as UTF-16 counts them
MOST_BYTES = 1_500_000_000  # of a sheet's XML: beyond 2 GiB the archive takes a form that Excel does not read
LEVEL = 1  # of compression: the XML repeats itself so much that more effort gains little

CUT = "… (cut: a cell of a spreadsheet holds no more; the CSV has all of it)"


# -- Text that a spreadsheet would take for a formula -----------------------------------------------------------------

_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def defused(text: str | None) -> str:
    """Return text for a CSV cell: what a spreadsheet would run as a formula begins with an apostrophe.

    So does what begins with apostrophes before such a character, so that `undone` gives everything back.
    """
    if not text:
        return ""
    return f"'{text}" if text[0] in "=+-@\t\r\n'" and _FORMULA.match(text) else text


def undone(text: str) -> str:
    """Return the text that `defused` made this of; any other as it is."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text


# -- What a cell says, in either format -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cells:
    """One kind of cell: what the CSV has for a value, None where its own words do, and the XML that XLSX has for it."""

    to_csv: Callable[[Any], str] | None
    to_xml: Callable[[Any], str]
    width: int = 12


_EMPTY = "<c/>"
_TEXT, _DAY, _MOMENT, _MONTH, _HEAD = 1, 2, 3, 4, 5  # places in the styles below
_STYLES = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="3">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '<numFmt numFmtId="166" formatCode="yyyy\\-mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    + "".join(
        f'<xf numFmtId="{number}" fontId="{font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" '
        'applyFont="1"/>'
        for number, font in ((49, 0), (164, 0), (165, 0), (166, 0), (49, 1))
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def _text_xml(text: str | None, style: int = _TEXT) -> str:
    if not text:
        return _EMPTY
    if text.isprintable() and "_x" not in text and len(text) < 16_000 and len(text.strip()) == len(text):
        return f'<c s="{style}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
    if len(text.encode("utf-16-le")) > 2 * MOST_CHARACTERS:
        text = text.encode("utf-16-le")[: 2 * (MOST_CHARACTERS - len(CUT))].decode("utf-16-le", "ignore") + CUT
    # As the format has it: characters that XML does not know are written _x0007_, and so is what looks like one.
    safe = escape(_NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{safe}</t></is></c>'


def _number(value: Decimal | None) -> str:
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number_xml(value: Decimal | None) -> str:
    return _EMPTY if value is None else f"<c><v>{value:f}</v></c>"


def _amount(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def _long_number_xml(value: Decimal | int | None) -> str:
    """A spreadsheet keeps fifteen digits; a number that has more is told as text, with all of them."""
    if value is None:
        return _EMPTY
    text = str(value) if isinstance(value, int) else _number(value)
    return _text_xml(text) if len(text.strip("-0.").replace(".", "")) > 15 else f"<c><v>{text}</v></c>"


def _ratio(value: float | None) -> str:
    return "" if value is None else _number(round(Decimal(value), 6))


def _ratio_xml(value: float | None) -> str:
    return _EMPTY if value is None else f"<c><v>{_ratio(value)}</v></c>"


_DAY_ZERO = date(1899, 12, 30).toordinal()
_MOMENT_ZERO, _ONE_DAY = datetime(1899, 12, 30, tzinfo=UTC), timedelta(days=1)
_MARCH_1900 = 61  # to a spreadsheet 1900 was a leap year


def _day_xml(day: date | None, style: int = _DAY) -> str:
    if day is None:
        return _EMPTY
    serial = day.toordinal() - _DAY_ZERO
    if serial < _MARCH_1900:
        serial -= 1
    return f'<c s="{style}"><v>{serial}</v></c>' if serial > 0 else _text_xml(day.isoformat())


def _month(day: date | None) -> str:
    return "" if day is None else day.isoformat()[:7]


def _month_xml(day: date | None) -> str:
    return _day_xml(day, _MONTH)


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    text = moment.isoformat()
    if not text.endswith("+00:00"):
        text = moment.astimezone(UTC).isoformat()
    return f"{text[:-6]}Z"


def _moment_xml(moment: datetime | None) -> str:
    if moment is None:
        return _EMPTY
    serial = (moment - _MOMENT_ZERO) / _ONE_DAY
    return f'<c s="{_MOMENT}"><v>{serial!r}</v></c>' if serial >= _MARCH_1900 else _text_xml(_moment(moment))


def _yes_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


_YES, _NO = _text_xml("yes"), _text_xml("no")


def _yes_no_xml(value: bool | None) -> str:
    return _EMPTY if value is None else _YES if value else _NO


TEXT = Cells(defused, _text_xml, width=24)
CODE = Cells(None, _text_xml, width=20)  #: short text that cannot begin a formula
NUMBER = Cells(_number, _number_xml)  #: of at most fifteen digits, exact
AMOUNT = Cells(_amount, _number_xml, width=14)  #: money, with its cents
LONG_AMOUNT = Cells(_amount, _long_number_xml, width=14)
INTEGER = Cells(None, _long_number_xml)
RATIO = Cells(_ratio, _ratio_xml)  #: a float, to six decimals
DAY = Cells(None, _day_xml)
MONTH = Cells(_month, _month_xml)
MOMENT = Cells(_moment, _moment_xml, width=19)  #: in UTC
YES_NO = Cells(_yes_no, _yes_no_xml)


# -- The files -------------------------------------------------------------------------------------------------------

Columns = Sequence[tuple[str, Cells]]


def as_csv(columns: Columns, batches: Iterable[Rows], title: str = "") -> Iterator[bytes]:
    """Yield a CSV file, its header at once, then a piece for each batch of rows; UTF-8, commas, CR LF."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(name for name, _ in columns)
    converters = [cells.to_csv for _, cells in columns]
    yield buffer.getvalue().encode()
    for batch in batches:
        buffer.seek(0)
        buffer.truncate()
        writer.writerows(_converted(batch, converters))
        yield buffer.getvalue().encode()


def _converted(batch: Rows, converters: list[Callable[[Any], str] | None]) -> Iterator[tuple[Any, ...]]:
    """Convert by columns, which takes a quarter less time than by cells."""
    columns = zip(*batch, strict=True)
    return zip(
        *(map(to, column) if to else column for to, column in zip(converters, columns, strict=True)), strict=True
    )


class _Outlet:
    """What the archive is written to: it keeps what is to be handed over next."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep a part."""
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits behind it."""

    def taken(self) -> bytes:
        """Return what was kept, once."""
        data = b"".join(self.parts)
        self.parts.clear()
        return data


def as_xlsx(
    columns: Columns, batches: Iterable[Rows], title: str = "rows", *, most_rows: int = MOST_ROWS
) -> Iterator[bytes]:
    """Yield an XLSX file, a piece for each batch of rows; what one sheet cannot hold goes on in the next."""
    outlet = _Outlet()
    waiting = iter(batches)
    left: Rows | None = ()
    sheets = 0
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:  # type: ignore[call-overload]
        while left is not None:
            sheets += 1
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w") as sheet:
                written = sheet.write(_sheet_head(columns, is_first=sheets == 1))
                yield outlet.taken()
                room = most_rows
                left = left or next(waiting, None)
                while left is not None and room and written < MOST_BYTES:
                    now, later = left[:room], left[room:]
                    written += sheet.write(_rows_xml(now, [cells.to_xml for _, cells in columns]))
                    room -= len(now)
                    left = later or next(waiting, None)
                    if piece := outlet.taken():  # the compressor hands over some when it has enough
                        yield piece
                sheet.write(b"</sheetData></worksheet>")
        for name, content in _book(title, sheets):
            archive.writestr(name, _XML + content)
    yield outlet.taken()


def _rows_xml(rows: Rows, converters: list[Callable[[Any], str] | None]) -> bytes:
    return "".join([f"<row>{''.join(cells)}</row>" for cells in _converted(rows, converters)]).encode()


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PART = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _sheet_head(columns: Columns, *, is_first: bool) -> bytes:
    """Return the begin of a sheet: its header stays in view above the rows."""
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{max(cells.width, len(name) + 2)}" customWidth="1"/>'
        for place, (name, cells) in enumerate(columns, start=1)
    )
    names = "".join(map(_text_xml, (name for name, _ in columns), repeat(_HEAD)))
    selected = ' tabSelected="1"' if is_first else ""
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView{selected} workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData><row>{names}</row>"
    ).encode()


def _book(title: str, sheets: int) -> Iterator[tuple[str, str]]:
    """Yield the parts beside the sheets, by their names in the archive."""
    numbers = range(1, sheets + 1)
    names = [title if number == 1 else f"{title} {number}" for number in numbers]
    yield (
        "xl/workbook.xml",
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(
            f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
            for number, name in zip(numbers, names, strict=True)
        )
        + "</sheets></workbook>",
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            for number in numbers
        )
        + f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    )
    yield "xl/styles.xml", _STYLES
    yield (
        "_rels/.rels",
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
    )
    yield (
        "[Content_Types].xml",
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_PART}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_PART}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_PART}.worksheet+xml"/>'
            for number in numbers
        )
        + "</Types>",
    )
