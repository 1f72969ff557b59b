"""What a proposal changes, before it is written: which stream is to pay which product how much instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from funding.models import ExchangeRate, FundingStream
from products.catalog.models import Product


@dataclass(frozen=True)
class Change:
    """What one stream is to pay one product a month instead, in the stream's currency."""

    stream: FundingStream
    product: Product
    before: Decimal
    after: Decimal

    @property
    def stream_id(self) -> int:
        """The stream's key, as a line of a decision has it."""
        return self.stream.pk

    @property
    def product_id(self) -> int:
        """The product's key."""
        return self.product.pk


def base_rates(streams: Iterable[FundingStream], on: date) -> dict[str, float]:
    """Return the base currency for one unit of each stream's currency on a day; ValidationError where there is none."""
    rates = ExchangeRate.objects.known()
    return {
        currency: float(rates.rate_on(currency, on)) for currency in sorted({stream.currency for stream in streams})
    }
