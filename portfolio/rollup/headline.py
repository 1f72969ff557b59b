"""The headline of any set of products: what each unit of money returned, how sure that is, and the year before."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portfolio.common.months import add_months, month_range
from portfolio.common.spreading import from_cents
from portfolio.rollup import reading
from portfolio.rollup.models import Standing
from portfolio.rollup.monthly import headlines
from portfolio.rollup.panel import COST, CREDITED, stored_panel


@dataclass(frozen=True)
class Headline:
    """What one unit of money returns, over a set of products."""

    spend: Decimal
    value: Decimal
    credited: float | None
    low: float | None
    high: float | None
    year_before: float | None
    products: int
    valued: int


def headline(
    asked: reading.Asked, standings: Sequence[Standing], chosen: Sequence[Standing], *, is_narrowed: bool
) -> Headline:
    """Return the headline of the chosen products, which are all of those in `standings` unless it is narrowed."""
    spend = sum((row.direct_cost for row in chosen), Decimal(0))
    value = sum((row.credited_value for row in chosen), Decimal(0))
    valued = sum(row.is_valued for row in chosen)
    whole = next((row for row in standings if not row.product_id and not row.value_stream_id), None)
    if whole and not is_narrowed:
        credited, low, high = whole.credited, whole.credited_low, whole.credited_high
        year_before = whole.year_before if asked.is_kept else _year_before(asked, chosen)
    else:
        [found] = headlines(asked, [{row.product_id for row in chosen if row.product_id}])
        credited, low, high = found or (None, None, None)
        year_before = _year_before(asked, chosen)
        if not valued:
            low = high = None
    return Headline(spend, value, credited, low, high, year_before, len(chosen), valued)


def _year_before(asked: reading.Asked, chosen: Sequence[Standing]) -> float | None:
    first, last = add_months(asked.first, -12), add_months(asked.last, -12)
    wanted = {row.product_id for row in chosen}
    if asked.at:
        rows = reading.read_standings(reading.Asked(first, last, "", asked.at))
        sums = [(row.product_id, row.direct_cost, row.credited_value) for row in rows if row.product_id]
    else:
        panel = stored_panel(month_range(first, last))
        totals = panel.total(first, last)
        sums = [
            (product, from_cents(cost), from_cents(value))
            for product, cost, value in zip(
                panel.products.tolist(), totals[:, COST].tolist(), totals[:, CREDITED].tolist(), strict=True
            )
        ]
    cost = sum(float(spent) for product, spent, _ in sums if product in wanted)
    value = sum(float(credited or 0) for product, _, credited in sums if product in wanted)
    return value / cost if cost > 0 else None
