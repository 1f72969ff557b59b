"""The headline of any set of products: what each unit of money returned, how sure that is, and the year before."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from portfolio.common.months import add_months
from portfolio.rollup import reading
from portfolio.rollup.filters import StandingForm
from portfolio.rollup.models import ProductMonth, Standing
from portfolio.rollup.monthly import headlines


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


def headline(form: StandingForm, standings: Sequence[Standing], chosen: Sequence[Standing]) -> Headline:
    """Return the headline of the chosen products, which are all of `standings` unless the form narrows them.

    The form has been cleaned and means a window.
    """
    assert form.asked is not None
    spend = sum((row.direct_cost for row in chosen), Decimal(0))
    value = sum((row.credited_value for row in chosen), Decimal(0))
    counts = {"products": len(chosen), "valued": sum(row.is_valued for row in chosen)}
    whole = next((row for row in standings if not row.product_id and not row.value_stream_id), None)
    if whole and not form.is_narrowed:
        low, high, credited = whole.credited_low, whole.credited_high, whole.credited
    else:
        [found] = headlines(form.asked, [{row.product_id for row in chosen}])
        credited, low, high = found or (None, None, None)
        if not counts["valued"]:
            low = high = None
    return Headline(spend, value, credited, low, high, _year_before(form, whole, chosen), **counts)


def _year_before(form: StandingForm, whole: Standing | None, chosen: Sequence[Standing]) -> float | None:
    asked = form.asked
    assert asked is not None
    if whole and asked.is_kept and not form.is_narrowed:
        return whole.year_before
    first, last = add_months(asked.first, -12), add_months(asked.last, -12)
    wanted = {row.product_id for row in chosen}
    if asked.at:
        earlier = reading.read_standings(reading.Asked(first, last, "", asked.at))
        rows = [(row.direct_cost, row.credited_value) for row in earlier if row.product_id in wanted]
    else:
        # By stream of ids it would not fit a query; the sums of every product do.
        sums = (
            ProductMonth.objects.filter(month__gte=first, month__lte=last)
            .order_by()
            .values_list("product_id")
            .annotate(cost=Sum("direct_cost"), value=Sum("credited_value"))
        )
        rows = [(cost, value or Decimal(0)) for product, cost, value in sums if product in wanted]
    cost, value = (sum(column, Decimal(0)) for column in zip(*rows, strict=True)) if rows else (Decimal(0), Decimal(0))
    return float(value) / float(cost) if cost and cost > 0 else None
