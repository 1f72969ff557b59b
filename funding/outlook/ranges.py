"""How far a forecast may be off: the 90 % range that a product's own months say.

Closed form, no draws. Of a product with monthly costs x over its last 24 months, s² is the variance of x / mean(x). It
is shrunk towards t², that of the portfolio's typical product, as if that one had been seen in `PRIOR` more months:

    r² = ((n - 1) s² + PRIOR t²) / (n - 1 + PRIOR)

Months that are off are off together, with correlation `MONTHS`: an uncertain forecast f over several months has the
standard deviation r √((1 - MONTHS) Σf² + MONTHS (Σf)²). Products are off together with correlation `PRODUCTS`, by the
same rule one level up. The range is 1.645 standard deviations to either side.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

HISTORY = 24  # months
PRIOR = 6
FULL = 12  # months from which on a product tells what is typical
MONTHS, PRODUCTS = 0.5, 0.2
NINETY, FIFTY = 1.6448536269514722, 0.6744897501960817  # quantiles of the normal distribution


def spreads(histories: Mapping[int, Sequence[int]]) -> dict[int, float]:
    """Return r of each product by its months' costs, from its first on; none for one whose months come to nothing."""
    own = {product: spread for product, costs in histories.items() if (spread := _spread(costs)) is not None}
    seen = {product: found for product, found in own.items() if found[0] > 1}
    tells = [variance for months, variance in seen.values() if months >= FULL] or [one for _, one in seen.values()]
    if not tells:
        return {}
    typical = median(tells)
    return {
        product: math.sqrt(((months - 1) * variance + PRIOR * typical) / (months - 1 + PRIOR))
        for product, (months, variance) in own.items()
    }


def _spread(costs: Sequence[int]) -> tuple[int, float] | None:
    """Return how many months there are, and the variance of their costs against their mean."""
    mean = sum(costs) / len(costs) if costs else 0
    if mean <= 0:
        return None
    squares = sum((cost / mean - 1) ** 2 for cost in costs)
    return len(costs), squares / (len(costs) - 1) if len(costs) > 1 else 0.0


def together(parts: Iterable[float], correlation: float) -> float:
    """Return the standard deviation of a sum of parts, from theirs, each pair with one correlation."""
    known = list(parts)
    return math.sqrt((1 - correlation) * sum(one**2 for one in known) + correlation * sum(known) ** 2)


def deviation(forecasts: Mapping[int, Iterable[int]], spread: Mapping[int, float]) -> float:
    """Return the standard deviation, in cents, of a sum over products of their months' uncertain forecasts.

    Products without a spread add nothing: they have no range.
    """
    own = (together(months, MONTHS) * spread[product] for product, months in forecasts.items() if product in spread)
    return together(own, PRODUCTS)
