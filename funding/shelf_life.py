"""Renewals against money: what ends its support in the next three years, and what no money is set aside for.

What a renewal costs is said at the component, as a range; who pays for it is told by `products.health.renewals`. The
headroom of a product is what it is allocated less what its outlook says it spends, month by month, added up over the
quarters of the fiscal year. The arithmetic is in `products.health.shelf_life`, an example by hand in docs/estate.md.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from funding.models import ExchangeRate
from funding.outlook.periods import Span
from funding.outlook.reading import Rates, read_ahead
from portfolio.common.money import base_currency
from portfolio.common.months import add_months
from portfolio.common.spreading import from_cents
from products.catalog.models import Product
from products.health.models import Component
from products.health.renewals import Renewal, renewals
from products.health.shelf_life import Due, Quarter, added_up, against_money, due, quarter_of, quarters


@dataclass(frozen=True)
class Line:
    """What one quarter, or several together, come to, as amounts in the base currency."""

    name: str
    first: date | None
    due: Decimal
    due_low: Decimal
    due_high: Decimal
    headroom: Decimal
    money: Decimal | None  #: that is there; none for several quarters together, whose money is the same money
    left: Decimal | None  #: for later quarters
    covered: Decimal
    gap: Decimal
    gap_low: Decimal
    gap_high: Decimal
    product: Product | None = None

    @property
    def code(self) -> str:
        """The code of the product that it is of; empty for several."""
        return self.product.code if self.product else ""


def _line(quarter: Quarter, product: Product | None = None) -> Line:
    """Return a quarter as amounts."""
    return replace(
        _of([quarter], quarter.name, product),
        first=quarter.first,
        money=from_cents(quarter.money),
        left=from_cents(quarter.left),
    )


def _of(lines: list[Quarter], name: str, product: Product | None = None) -> Line:
    """Return quarters together as amounts."""
    whole = sum((one.due for one in lines), Due())

    def added(key: str) -> Decimal:
        return from_cents(sum(getattr(one, key) for one in lines))

    return Line(
        name=name,
        first=None,
        due=from_cents(whole.expected),
        due_low=from_cents(whole.low),
        due_high=from_cents(whole.high),
        headroom=added("headroom"),
        money=None,
        left=None,
        covered=added("covered"),
        gap=added("gap"),
        gap_low=added("gap_low"),
        gap_high=added("gap_high"),
        product=product,
    )


@dataclass(frozen=True)
class OfProduct:
    """One product's renewals against its money, quarter by quarter."""

    product: Product
    quarters: list[Quarter]
    renewals: list[Renewal]

    @cached_property
    def lines(self) -> list[Line]:
        """Its quarters."""
        return [_line(quarter, self.product) for quarter in self.quarters]

    @cached_property
    def total(self) -> Line:
        """All quarters together."""
        return _of(self.quarters, self.product.name, self.product)

    @property
    def first_gap(self) -> str:
        """The first quarter that lacks money; empty where none does."""
        return next((quarter.name for quarter in self.quarters if quarter.gap), "")


@dataclass(frozen=True)
class ShelfLife:
    """Renewals against money: of products, added up by quarter, and what could not be counted."""

    firsts: list[date]
    products: list[OfProduct]  #: those that pay for a renewal, what lacks most first
    unpriced: list[Component]  #: of which nobody says what renewing them costs
    unused: list[Component]  #: that nothing is built of, so that nobody pays for them
    without_rate: list[str]  #: currencies whose amounts are left out
    actual_until: date | None

    @cached_property
    def quarters(self) -> list[Line]:
        """The quarters, each the sum of its products."""
        return [_line(quarter) for quarter in added_up([one.quarters for one in self.products], self.firsts)]

    @cached_property
    def total(self) -> Line:
        """All products over all quarters."""
        return _of([quarter for one in self.products for quarter in one.quarters], "All quarters")

    def flat(self) -> Iterator[Line]:
        """Yield each quarter of each product."""
        for one in self.products:
            yield from one.lines


def shelf_life(on: date, products: Collection[int] | None = None) -> ShelfLife:
    """Return renewals against money in the quarters from that of a day on; of some products, or of all.

    About twenty queries, whatever the number of products and components.
    """
    firsts = quarters(on)
    rates = Rates(
        ExchangeRate.objects.known().filter(base=base_currency()).values_list("currency", "starts", "ends", "rate")
    )
    dues: dict[int, dict[date, Due]] = defaultdict(lambda: defaultdict(Due))
    rests_on: dict[int, list[Renewal]] = defaultdict(list)
    unpriced, unused, missing = [], [], set()
    for one in renewals(on):
        row = one.component
        paying = [key for key in one.products if products is None or key in products]
        if not one.products:
            if products is None:
                unused.append(row)
            continue
        for key in paying:
            rests_on[key].append(one)
        if not one.is_priced:
            unpriced += [row] if paying else []
            continue
        rate = rates.on(row.currency, one.quarter)
        if not rate:
            missing |= {row.currency} if paying else set()
            continue
        whole = due(row.renewal_low, row.renewal_high, rate)  # type: ignore[arg-type]
        for key, part in zip(one.products, whole.shared(len(one.products)), strict=True):
            if key in paying:
                dues[key][one.quarter] += part
    ahead = read_ahead(Span(firsts[0], add_months(firsts[-1], 2)), list(dues))
    headroom: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for sums, sign in ((ahead.allocated, 1), (ahead.spent, -1)):
        for (key, month), cents in sums.items():
            headroom[key][quarter_of(month)] += sign * cents
    rows = Product.objects.select_related("value_stream").in_bulk(list(dues))
    found = [
        OfProduct(rows[key], against_money(owed, headroom[key], firsts), rests_on[key]) for key, owed in dues.items()
    ]
    found.sort(key=lambda one: (-one.total.gap, -one.total.due, one.product.name, one.product.pk))
    without = sorted({*missing, *ahead.without_rate})
    return ShelfLife(firsts, found, unpriced, unused, without, ahead.actual_until)
