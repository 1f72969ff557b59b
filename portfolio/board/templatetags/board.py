"""How the pages of this room say figures that are held in whole cents."""

from decimal import Decimal

from django import template

from portfolio.common import formats
from portfolio.common.money import base_currency
from portfolio.common.spreading import from_cents

register = template.Library()


@register.simple_tag
def cents(amount: int | None) -> str:
    """`{% cents statement.own %}`: whole cents of the base currency as an amount, £1,234.56."""
    return formats.NONE if amount is None else formats.money(from_cents(amount), base_currency())


@register.filter(name="from_cents")
def from_cents_filter(amount: int | None) -> Decimal | None:
    """`{{ statement.own|from_cents|money }}`: whole cents as an amount."""
    return None if amount is None else from_cents(amount)


@register.simple_tag
def share_of(part: Decimal, whole: Decimal) -> str:
    """`{% share_of line.quantity usage.total %}`: 12.3%."""
    return formats.share(part / whole if whole else None, 1)
