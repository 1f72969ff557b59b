"""Amounts as people type them."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from portfolio.common import formats
from portfolio.rebalance.amounts import MOST, typed_amount

AMOUNTS = st.decimals(min_value=0, max_value=MOST, places=2)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("1200000", "1200000.00"),
        ("1,200,000", "1200000.00"),
        ("1,200,000.50", "1200000.50"),
        (" 1 200 000 ", "1200000.00"),
        ("1.2m", "1200000.00"),
        ("1.2M", "1200000.00"),
        ("450k", "450000.00"),
        ("0.001bn", "1000000.00"),
        ("£450k", "450000.00"),
        ("GBP 450k", "450000.00"),
        ("450k GBP", "450000.00"),
        (".5", "0.50"),
        ("5.", "5.00"),
        ("0", "0.00"),
        ("0.005", "0.01"),
        ("+5%", "1050.00"),
        ("-5%", "950.00"),
        ("\N{MINUS SIGN}5%", "950.00"),
        ("-100%", "0.00"),
        ("-1000", "0.00"),
        ("+10k", "11000.00"),
        ("-£100", "900.00"),
        ("+ 2.5 %", "1025.00"),
    ],
)
def test_what_people_type_is_understood(typed, amount):
    assert typed_amount(typed, Decimal("1000.00"), "GBP") == Decimal(amount)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "is not an amount"),
        ("lots", "is not an amount"),
        ("1,2,3", "is not an amount"),
        ("12,00", "is not an amount"),
        ("1.2.3", "is not an amount"),
        ("$450", "is not an amount"),
        ("1e9", "is not an amount"),
        ("٣", "is not an amount"),
        ("nan", "is not an amount"),
        ("--5", "is not an amount"),
        ("5%", "For a change write"),
        ("+5k%", "is a share of nothing"),
        ("-1000.01", "is below nothing"),
        ("-101%", "is below nothing"),
        ("10000bn", "the most is"),
        ("9" * 500, "the most is"),
    ],
)
def test_what_is_no_amount_is_told_in_words(typed, words):
    with pytest.raises(ValidationError) as refused:
        typed_amount(typed, Decimal("1000.00"), "GBP")
    assert words in refused.value.messages[0]


@given(AMOUNTS, AMOUNTS)
def test_an_amount_that_is_shown_can_be_typed_as_it_is_shown(amount, current):
    assert typed_amount(formats.money(amount, "GBP"), current, "GBP") == amount
    assert typed_amount(f"{amount:,}", current, "GBP") == amount
    assert typed_amount(f"{amount:.2f}", current, "JPY") == amount


@given(st.text(max_size=12))
def test_whatever_is_typed_there_is_an_amount_or_words(typed):
    try:
        amount = typed_amount(typed, Decimal("1000.00"), "GBP")
    except ValidationError:
        return
    assert 0 <= amount <= MOST
