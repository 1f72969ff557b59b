"""Tables as CSV and XLSX: what each cell says, and that a reader of spreadsheets finds it there."""

import csv
import io
import random
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from portfolio.common import sheets


def read_xlsx(columns, *batches, **options) -> dict[str, list[list]]:
    """Return the cells of each sheet, as a library reads them, the header first."""
    file = b"".join(sheets.as_xlsx(columns, batches, "things", **options))
    book = CalamineWorkbook.from_filelike(io.BytesIO(file))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def cells_of(cells: sheets.Cells, *values) -> list:
    """Return what the cells of one column read as, in XLSX."""
    rows = read_xlsx([("value", cells)], [(value,) for value in values])["things"]
    return [row[0] for row in rows[1:]]


def text_of(cells: sheets.Cells, *values) -> list[str]:
    """Return what the cells of one column say in CSV."""
    file = b"".join(sheets.as_csv([("value", cells), ("end", sheets.CODE)], [[(value, "") for value in values]]))
    return [row[0] for row in csv.reader(io.StringIO(file.decode(), newline=""))][1:]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "\nx", "'=x", "''-x", "'\t"])
def test_what_would_be_a_formula_is_defused_in_csv_and_can_be_undone(text):
    assert sheets.defused(text) == f"'{text}"
    assert sheets.undone(f"'{text}") == text


@pytest.mark.parametrize("text", ["", "x=1", "'quoted'", "3-4", "a@b", "’tis"])
def test_other_text_is_left_alone(text):
    assert sheets.defused(text) == text
    assert sheets.undone(text) == text


@given(st.text())
def test_defusing_loses_nothing_whatever_the_text(text):
    assert sheets.undone(sheets.defused(text)) == text
    assert sheets.defused(text)[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_text_is_read_from_xlsx_as_it_was(text):
    for control in map(chr, (*range(9), 11, 12, *range(13, 32), 0xFFFE, 0xFFFF)):
        text = text.replace(control, "")  # how a reader gives these back differs from reader to reader

    assert cells_of(sheets.TEXT, text, "end") == [text, "end"]


def test_characters_that_xml_does_not_know_are_escaped_as_the_format_has_it():
    file = b"".join(sheets.as_xlsx([("value", sheets.TEXT)], [[("a\x07b\r _x0041_ <&>",)]], "things"))

    sheet = zipfile.ZipFile(io.BytesIO(file)).read("xl/worksheets/sheet1.xml").decode()

    assert ">a_x0007_b_x000D_ _x005F_x0041_ &lt;&amp;&gt;</t>" in sheet


def test_text_that_a_cell_cannot_hold_is_cut_and_says_so():
    short, long = cells_of(sheets.TEXT, "🚗" * 16_383, "🚗" * 20_000)

    assert short == "🚗" * 16_383
    assert long.startswith("🚗🚗")
    assert long.endswith("the CSV has all of it)")
    assert len(long.encode("utf-16-le")) <= 2 * sheets.MOST_CHARACTERS


def test_numbers_are_exact_in_csv_and_never_in_exponents():
    numbers = Decimal("0.00000001"), Decimal("2450000.0000"), Decimal("1E+3"), Decimal(-3), None
    assert text_of(sheets.NUMBER, *numbers) == [
        "0.00000001", "2450000", "1000", "-3", "",
    ]  # fmt: skip
    assert text_of(sheets.AMOUNT, Decimal("8200.00"), Decimal("-0.50")) == ["8200.00", "-0.50"]
    assert text_of(sheets.RATIO, 2.0 / 3, 1e-9, 12.0, None) == ["0.666667", "0", "12", ""]


def test_numbers_are_numbers_in_xlsx_as_long_as_a_spreadsheet_keeps_all_their_digits():
    assert cells_of(sheets.NUMBER, Decimal("12345678901.2345"), Decimal("-0.00000001")) == [12345678901.2345, -1e-8]
    assert cells_of(sheets.LONG_AMOUNT, Decimal("9999999999999.99"), Decimal("9999999999999999.99")) == [
        9999999999999.99, "9999999999999999.99",
    ]  # fmt: skip
    assert cells_of(sheets.INTEGER, 10**15 - 1, 2**63 - 1, 7) == [10**15 - 1, "9223372036854775807", 7]


def test_days_months_and_moments_are_dates_in_xlsx():
    days = [date(2017, 3, 31), date(1900, 1, 1), date(1900, 2, 28), date(1900, 3, 1), date.max]
    assert cells_of(sheets.DAY, *days, None, days[0]) == [*days, "", days[0]]
    assert cells_of(sheets.MONTH, date(2017, 3, 1)) == [date(2017, 3, 1)]
    summer = datetime(2017, 6, 30, 1, 30, 15, tzinfo=timezone(timedelta(hours=2)))
    assert cells_of(sheets.MOMENT, summer) == [datetime(2017, 6, 29, 23, 30, 15)]  # noqa: DTZ001


def test_days_months_moments_and_yes_or_no_are_written_in_csv_as_the_import_reads_them():
    assert text_of(sheets.DAY, date(2017, 3, 31), None) == ["2017-03-31", ""]
    assert text_of(sheets.MONTH, date(2017, 3, 1), None) == ["2017-03", ""]
    assert text_of(sheets.MOMENT, datetime(2017, 3, 1, 9, 5, 0, 250, tzinfo=UTC), None) == [
        "2017-03-01T09:05:00.000250Z", "",
    ]  # fmt: skip
    assert text_of(sheets.YES_NO, True, False, None) == ["yes", "no", ""]
    assert cells_of(sheets.YES_NO, True, False) == ["yes", "no"]


def test_rows_that_one_sheet_cannot_hold_go_on_in_the_next():
    batches = [[(number, "a") for number in range(first, first + 4)] for first in (0, 4, 8)]

    found = read_xlsx([("number", sheets.INTEGER), ("text", sheets.TEXT)], *batches, most_rows=5)

    assert list(found) == ["things", "things 2", "things 3"]
    assert [row[0] for rows in found.values() for row in rows[1:]] == list(range(12))
    assert [len(rows) for rows in found.values()] == [6, 6, 3]
    assert all(rows[0] == ["number", "text"] for rows in found.values())


def test_rows_that_just_fill_a_sheet_open_no_other():
    found = read_xlsx([("number", sheets.INTEGER)], [(1,), (2,)], [(3,), (4,)], most_rows=2)

    assert {name: len(rows) for name, rows in found.items()} == {"things": 3, "things 2": 3}


@pytest.mark.parametrize("make", [sheets.as_csv, sheets.as_xlsx])
def test_a_list_without_rows_has_its_header(make):
    file = b"".join(make([("code", sheets.CODE), ("name", sheets.TEXT)], [], "things"))

    if make is sheets.as_csv:
        assert file == b"code,name\r\n"
    else:
        assert CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_name("things").to_python() == [
            ["code", "name"]
        ]


@pytest.mark.parametrize("make", [sheets.as_csv, sheets.as_xlsx])
def test_a_piece_is_handed_over_before_the_next_rows_are_asked_for(make):
    asked = []

    def batches():
        for number in range(100):
            asked.append(number)
            yield [(place, random.randbytes(50).hex()) for place in range(1_000)]

    pieces = make([("number", sheets.INTEGER), ("text", sheets.TEXT)], batches())

    for _ in range(3):
        assert next(pieces)
    assert len(asked) <= 4
    pieces.close()
