"""Who pulls from a product, and from those who do: along which a loss at a supplier reaches customers."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction

from django.db.models import Max

from portfolio.network.models import Link, Usage
from products.health.losses import Shares, tells_shares

DEEPEST = 12  #: steps along the network; what lies beyond ends there


@tells_shares
def shares_below(product: int, month: date, known: datetime | None = None) -> Shares:
    """Return the shares of a product's output in a month, and of those of all that pull from it, directly or not.

    As the roll-up has them: what was metered in the month, else in the last metered month before it by those who are
    still linked, else what was agreed. Three queries a step along the network, however many products it has.
    """
    found: dict[int, dict[int, Fraction]] = {}
    ahead = {product}
    for _ in range(DEEPEST):
        if not ahead:
            break
        step = _shares(ahead, month, known)
        found |= step
        ahead = {consumer for to in step.values() for consumer in to} - found.keys()
    return found


def _shares(suppliers: Iterable[int], month: date, known: datetime | None) -> dict[int, dict[int, Fraction]]:
    wanted = set(suppliers)
    agreed: dict[int, dict[int, Fraction]] = {supplier: {} for supplier in wanted}
    links = Link.objects.known(known).current(month).filter(supplier__in=wanted)
    for supplier, consumer, share in links.values_list("supplier_id", "consumer_id", "share"):
        agreed[supplier][consumer] = Fraction(share)
    usage = Usage.objects.known(known).filter(supplier__in=wanted, month__lte=month)
    last = dict(usage.order_by().values_list("supplier_id").annotate(at=Max("month")))
    metered: dict[int, dict[int | None, Fraction]] = defaultdict(dict)
    rows = usage.filter(month__in=set(last.values())).values_list("supplier_id", "consumer_id", "month", "quantity")
    for supplier, consumer, at, quantity in rows:
        if at == last[supplier]:
            metered[supplier][consumer] = metered[supplier].get(consumer, Fraction(0)) + Fraction(quantity)
    for supplier, used in metered.items():
        total = sum(used.values())
        linked, is_current = agreed[supplier], last[supplier] == month
        agreed[supplier] = {
            consumer: quantity / total
            for consumer, quantity in used.items()
            if consumer is not None and quantity and total and (is_current or consumer in linked)
        }
    return {supplier: to for supplier, to in agreed.items() if to}
