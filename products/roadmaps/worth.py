"""What promises are worth: the gain of a metric times what a unit of it is worth, as its valuation says."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from portfolio.common.months import today
from portfolio.engine.uncertainty import means
from products.roadmaps.difference import Worth
from products.value.models import Valuation


def worths(metrics: Iterable[str], *, on: date | None = None, known: datetime | None = None) -> dict[str, Worth]:
    """Return what a unit of each metric, by code, is worth a month on a day; those without a valuation are left out.

    The expected worth: the mean of the distribution that the valuation's 90 % range is read as. Of a metric where lower
    is better it is negative. One query.
    """
    rows = list(
        Valuation.objects.known(known)
        .current(on or today())
        .filter(metric__code__in=set(metrics))
        .values_list("metric__code", "low", "high", "currency", "metric__is_higher_better")
    )
    if not rows:
        return {}
    expected = means([float(row[1]) for row in rows], [float(row[2]) for row in rows])
    return {
        code: Worth(Decimal(repr(float(mean))) * (1 if is_higher_better else -1), currency)
        for (code, _, _, currency, is_higher_better), mean in zip(rows, expected, strict=True)
    }
