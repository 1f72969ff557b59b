"""Figures as text."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from portfolio.common import formats


@pytest.mark.parametrize("nothing", [None, "", math.nan, math.inf, Decimal("NaN"), "abc", True])
def test_what_is_no_figure_is_a_dash_everywhere(nothing):
    assert formats.money(nothing, "GBP") == "—"
    assert formats.money_short(nothing, "GBP") == "—"
    assert formats.ratio(nothing) == "—"
    assert formats.share(nothing) == "—"
    assert formats.quantity(nothing) == "—"
    assert formats.quantity_short(nothing) == "—"
    assert formats.direction(nothing) == "none"


@pytest.mark.parametrize(
    ("amount", "currency", "decimals", "text"),
    [
        (Decimal("1234.56"), "GBP", None, "£1,234.56"),
        (Decimal("1234.56"), "GBP", 0, "£1,235"),
        (Decimal("-1234.565"), "GBP", 2, "−£1,234.57"),
        (1234.56, "USD", None, "$1,234.56"),
        (Decimal("1234.4"), "JPY", None, "¥1,234"),
        (Decimal("1234.5"), "JPY", 2, "¥1,234.50"),
        (Decimal("-0.001"), "GBP", 2, "£0.00"),
        (Decimal("99999999999999.99"), "EUR", None, "€99,999,999,999,999.99"),
    ],
)
def test_money_is_shown_in_full_with_its_own_decimals(amount, currency, decimals, text):
    assert formats.money(amount, currency, decimals) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "£0"),
        (Decimal("0.03"), "£0.03"),
        (950, "£950"),
        (999, "£999"),
        (Decimal("999.6"), "£1.0k"),
        (4_123, "£4.1k"),
        (99_960, "£100k"),
        (412_000, "£412k"),
        (999_960, "£1.0m"),
        (91_400_000, "£91.4m"),
        (143_000_000, "£143m"),
        (-1_100_000, "−£1.1m"),
        (1_234_000_000, "£1.2bn"),
        (5e12, "£5,000bn"),
    ],
)
def test_money_at_a_glance_has_three_figures_at_most(amount, text):
    assert formats.money_short(amount, "GBP") == text


def test_money_without_a_sign_of_its_own_shows_its_code():
    assert formats.money_short(91_400_000, "CHF") == "CHF 91.4m"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.14, "2.14"),
        (2.145, "2.15"),
        (0, "0.00"),
        (-0.001, "0.00"),
        (-0.5, "−0.50"),
        (1234.5, "1,235"),
        (99.996, "100.00"),
    ],
)
def test_a_ratio_has_two_decimals_while_they_say_something(value, text):
    assert formats.ratio(value) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.123, 0, "12%"),
        (0.123, 1, "12.3%"),
        (0, 0, "0%"),
        (0.00004, 0, "<1%"),
        (0.00004, 1, "<0.1%"),
        (-0.001, 0, ">−1%"),
        (1, 0, "100%"),
    ],
)
def test_a_share_that_is_not_nothing_never_reads_as_nothing(value, decimals, text):
    assert formats.share(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(Decimal("1234.5000"), "1,234.5"), (Decimal("0.0001"), "0.0001"), (1_000_000, "1,000,000"), (-3, "−3")],
)
def test_a_quantity_loses_its_trailing_zeros(value, text):
    assert formats.quantity(value) == text


@pytest.mark.parametrize(("value", "text"), [(950, "950"), (4123, "4.1k"), (91_400_000, "91.4m"), (-4123, "−4.1k")])
def test_a_quantity_at_a_glance(value, text):
    assert formats.quantity_short(value) == text


def test_a_change_is_judged_as_it_is_shown():
    assert formats.direction(0.004) == "even"
    assert formats.direction(0.005) == "up"
    assert formats.direction(-0.005) == "down"


@pytest.mark.parametrize(
    ("starts", "ends", "text"),
    [
        (date(2017, 3, 31), date(2017, 4, 1), "31 Mar 2017"),
        (date(2017, 3, 1), date(2017, 4, 1), "March 2017"),
        (date(2016, 4, 1), date(2017, 4, 1), "April 2016 to March 2017"),
        (date(2016, 4, 6), date(2017, 4, 6), "6 Apr 2016 to 5 Apr 2017"),
        (date(2016, 4, 1), None, "from 1 Apr 2016"),
        (None, date(2016, 4, 1), "until 31 Mar 2016"),
        (None, None, "—"),
    ],
)
def test_an_interval_is_told_by_its_last_day_not_by_its_exclusive_end(starts, ends, text):
    assert formats.period(starts, ends) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.26, "0.26 s"),
        (2.345, "2.3 s"),
        (59.6, "1 min"),
        (123, "2 min 3 s"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (90000, "1 d 1 h"),
        (-2, "−2.0 s"),
        (None, "—"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds, text):
    assert formats.duration(seconds) == text


def test_a_duration_may_be_a_timedelta():
    assert formats.duration(timedelta(minutes=2, seconds=3)) == "2 min 3 s"


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=2), "2 seconds ago"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=26), "1 day ago"),
        (timedelta(days=40), "40 days ago"),
        (timedelta(days=94), "3 months ago"),
        (timedelta(days=800), "2 years ago"),
        (-timedelta(days=2), "in 2 days"),
    ],
)
def test_how_long_ago_something_was(before, text):
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert formats.ago(now - before, now) == text


def test_a_date_is_told_from_a_date():
    assert formats.ago(date(2017, 3, 31), date(2017, 3, 31)) == "today"
    assert formats.ago(date(2017, 3, 29), date(2017, 3, 31)) == "2 days ago"
    assert formats.ago(date(2017, 3, 29), datetime(2017, 3, 31, 12, tzinfo=UTC)) == "2 days ago"


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6),
    st.sampled_from(["GBP", "USD", "EUR", "JPY", "KWD", "INR", "CHF"]),
    st.sampled_from([None, 0, 2, 4]),
)
def test_amounts_and_quantities_are_written_as_the_locale_has_them(value, currency, decimals):
    digits = "" if not decimals else "." + "0" * decimals
    written = (
        format_currency(value, currency, locale=formats.LOCALE)
        if decimals is None
        else format_currency(
            formats.rounded(value, decimals), currency, f"¤#,##0{digits}", locale=formats.LOCALE, currency_digits=False
        )
    )
    assert formats.money(value, currency, decimals) == written.replace("-", formats.MINUS)
    counted = format_decimal(formats.rounded(value, 4), "#,##0.####", locale=formats.LOCALE)
    assert formats.quantity(value) == counted.replace("-", formats.MINUS)
