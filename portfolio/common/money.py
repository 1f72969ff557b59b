"""Amounts: ISO currencies, rounding to the cent, and the database's view of cents as integers."""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

CENT = Decimal("0.01")


@cache
def currencies() -> frozenset[str]:
    """Return the ISO 4217 codes."""
    from babel.numbers import list_currencies

    return frozenset(list_currencies())


def validate_currency(code: str) -> None:
    """Refuse a code that is not an ISO 4217 currency."""
    if code not in currencies():
        raise ValidationError(f"{code!r} is not a currency; use an ISO 4217 code such as GBP, in capitals.")


def base_currency() -> str:
    """Return the currency that all figures are in."""
    return settings.TWOFOLD_BASE_CURRENCY


def to_cent(amount: Decimal) -> Decimal:
    """Round to the cent, halves away from zero, as an accountant would and as PostgreSQL does."""
    return amount.quantize(CENT, ROUND_HALF_UP)


# SQLite keeps decimals as floating-point numbers: fifteen digits are all it can give back exactly.


def amount_field(**options) -> models.DecimalField:
    """A column for an amount that is recorded: up to 9,999,999,999,999.99."""
    return models.DecimalField(max_digits=15, decimal_places=2, **options)


def total_field(**options) -> models.DecimalField:
    """A column for an amount that is worked out, with room for sums of recorded ones."""
    return models.DecimalField(max_digits=18, decimal_places=2, **options)


def quantity_field(**options) -> models.DecimalField:
    """A column for what a metric counts or measures: up to 99,999,999,999.9999."""
    return models.DecimalField(max_digits=15, decimal_places=4, **options)


def worth_field(**options) -> models.DecimalField:
    """A column for what one unit is worth: up to 999,999,999.999999."""
    return models.DecimalField(max_digits=15, decimal_places=6, **options)


def share_field(**options) -> models.DecimalField:
    """A column for a part of a whole, 0 to 1."""
    return models.DecimalField(max_digits=7, decimal_places=6, **options)


def currency_field(**options) -> models.CharField:
    """A column for an ISO 4217 code; the base currency unless another is given."""
    return models.CharField(max_length=3, default=base_currency, validators=[validate_currency], **options)
