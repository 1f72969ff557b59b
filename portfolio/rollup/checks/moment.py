"""What every check needs to know of the moment it looks at: which figures are being worked out, and which cannot be."""

import random
from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import cached_property

from django.urls import reverse
from django.utils import timezone

from portfolio.common import formats
from portfolio.common.models import StaleMark
from portfolio.common.money import base_currency
from portfolio.common.months import month_range
from portfolio.common.spreading import from_cents
from portfolio.rollup.closed import closed_through, opens_after
from portfolio.rollup.models import BlockedMonth, ProductMonth, SolvedMonth
from portfolio.rollup.reading import latest_run
from products.catalog.models import Product


class Moment:
    """The state of the roll-up as the checks see it; read once, and only what a check asks for."""

    def __init__(self, *, seed: int, sample: int):
        self.at: datetime = timezone.now()
        self.seed = seed
        self.sample = sample

    def chance(self, name: str) -> random.Random:
        """Return the seeded chance by which a check draws its sample: the same seed draws the same."""
        return random.Random(f"{self.seed} {name}")  # noqa: S311 - a sample, no secret

    @cached_property
    def marked(self) -> set[date]:
        """The months that have marks."""
        return set(StaleMark.objects.order_by().values_list("month", flat=True).distinct())

    @cached_property
    def versions(self) -> dict[date, int]:
        """The version of each month's figures."""
        return dict(SolvedMonth.objects.exclude(digest="").values_list("month", "version"))

    @cached_property
    def unsettled(self) -> set[date]:
        """The months whose figures do not yet count all that is recorded."""
        return self.marked | set(SolvedMonth.objects.filter(is_due=True).values_list("month", flat=True))

    @cached_property
    def blocked(self) -> set[date]:
        """The months that cannot be solved, and show their last good figures."""
        return set(BlockedMonth.objects.values_list("month", flat=True))

    @cached_property
    def unread(self) -> set[date]:
        """The blocked months whose facts could not even be read; their marks wait until something is mended."""
        return set(BlockedMonth.objects.filter(is_unread=True).values_list("month", flat=True))

    @cached_property
    def closed_through(self) -> date | None:
        """The last closed month."""
        return closed_through()

    @cached_property
    def opens(self) -> date | None:
        """The first open month, where any is closed: it takes what comes late for the closed ones."""
        return opens_after(self.closed_through)

    def is_closed(self, month: date) -> bool:
        """Return whether the figures of a month no longer move."""
        return self.closed_through is not None and month <= self.closed_through

    @cached_property
    def awaiting(self) -> set[date]:
        """The months whose figures may yet change: the unsettled ones, and who takes what is late for such a one."""
        found = self.unsettled | self.unread
        return found | {self.opens} if self.opens and any(map(self.is_closed, found)) else found

    @cached_property
    def months(self) -> list[date]:
        """The months that have figures."""
        return list(ProductMonth.objects.order_by("month").values_list("month", flat=True).distinct())

    @cached_property
    def solved(self) -> list[date]:
        """The months whose figures are good: all but the blocked ones."""
        return [month for month in self.months if month not in self.blocked]

    def is_settled(self, first: date, last: date) -> bool:
        """Return whether the standings over some months were made from the figures these months have now."""
        months = list(month_range(first, last))
        if not self.unsettled.isdisjoint(months):
            return False
        run = latest_run()
        made_from = {key[:7]: version for key, version in (run.versions if run else {}).items()}
        return not made_from or all(made_from.get(f"{month:%Y-%m}") == self.versions.get(month) for month in months)


def money(cents: int) -> str:
    """Return cents of the base currency as a reader sees them."""
    return formats.money(from_cents(cents), base_currency())


def month_name(month: date) -> str:
    """Return a month as a reader sees it."""
    return formats.month_name(month)


def products_named(ids: Iterable[int]) -> dict[int, Product]:
    """Return products by id; what is gone is left out."""
    return Product.objects.in_bulk(list(ids))


def product_month(products: dict[int, Product], product: int, month: date) -> tuple[str, str]:
    """Return the name of a product-month and the address of its page."""
    row = products.get(product)
    if row is None:
        return f"product {product} in {month_name(month)}", ""
    return f"{row.name} in {month_name(month)}", reverse("board:product-month", args=[row.code, f"{month:%Y-%m}"])


def waiting_words(months: Collection[date], why: str = "") -> str:
    """Say which months were left out and why, by default that they wait for a roll-up; nothing where none was."""
    if not months:
        return ""
    first, last = min(months), max(months)
    named = month_name(first) if first == last else f"{month_name(first)} to {month_name(last)}"
    is_one = len(months) == 1
    why = why or f"wait{'s' if is_one else ''} for the next roll-up"
    return f"{len(months)} month{'' if is_one else 's'} ({named}) {why}."
