"""What the text of a cell means."""

from datetime import date
from decimal import Decimal

import pytest

from portfolio.intake import cells
from portfolio.intake.errors import BadCell
from portfolio.intake.kinds import KINDS


def read(kind: str, column: str, text: str):
    return KINDS[kind].by_name[column].read(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1234.50", "1234.50"), ("-0.005", "-0.005"), ("+7", "7"), (".5", "0.5"), ("12.", "12"), ("1.20000000", "1.2")],
)
def test_a_number_is_read_as_it_is_written(text, value):
    assert cells.as_decimal(text, max_digits=20, places=4) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,234.50", "such as 1234.50, with a point"),
        ("12,50", "has a comma"),
        ("1.2E+05", "has an exponent"),
        ("£12", "is not a number"),
        ("twelve", "is not a number"),
        ("nan", "is not a number"),
        ("١٢", "is not a number"),
        ("1.23456", "has 5 decimals; at most 4 are kept"),
        ("1234567890123.456", "more than 15 digits"),
        ("12345678901234567", "at most 16 digits before the point"),
    ],
)
def test_a_number_that_would_be_guessed_or_rounded_is_refused(text, words):
    with pytest.raises(BadCell, match=words):
        cells.as_decimal(text, max_digits=20, places=4)


def test_a_date_is_year_month_day_and_nothing_else():
    assert cells.as_date("2017-03-31") == date(2017, 3, 31)
    for text in ("31/03/2017", "2017-3-31", "20170331", "2017-W13-5"):
        with pytest.raises(BadCell, match="such as 2017-03-31"):
            cells.as_date(text)
    with pytest.raises(BadCell, match="not a day in the calendar"):
        cells.as_date("2017-02-29")


def test_a_month_is_year_month():
    assert cells.as_month("2017-03") == date(2017, 3, 1)
    for text in ("2017-03-01", "2017-13", "03-2017", "0000-01"):
        with pytest.raises(BadCell, match="such as 2017-03"):
            cells.as_month(text)


def test_a_boolean_is_yes_or_no():
    assert (cells.as_boolean("Yes"), cells.as_boolean("no")) == (True, False)
    with pytest.raises(BadCell, match="neither yes nor no"):
        cells.as_boolean("true")


def test_a_choice_that_is_misspelt_is_named_with_the_nearest():
    with pytest.raises(BadCell, match=r"write one of flow, level\. Did you mean level\?"):
        read("metrics", "behaviour", "levle")


def test_a_cell_is_refused_as_its_field_would_refuse_it():
    with pytest.raises(BadCell, match="A code is lower-case letters"):
        read("teams", "code", "Tax Online")
    with pytest.raises(BadCell, match="at most 200 characters"):
        read("teams", "name", "x" * 201)
    with pytest.raises(BadCell, match="not a currency"):
        read("fx-rates", "currency", "QQQ")


def test_a_currency_may_be_written_small():
    assert read("fx-rates", "currency", "eur") == "EUR"


def test_a_nul_character_is_refused():
    with pytest.raises(BadCell, match="NUL"):
        read("teams", "name", "a\x00b")
