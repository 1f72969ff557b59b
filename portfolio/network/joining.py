"""What roadmaps ask of the network: whether a link joins the two products of a dependency."""

from datetime import date

from portfolio.network.models import Link
from products.roadmaps.contributions import Pair, tells_links


@tells_links
def joined(pairs: set[Pair], on: date) -> set[Pair]:
    """Return those of the pairs, consumer first, whose first pulls from its second by a link on a day. One query."""
    consumers, suppliers = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    rows = Link.objects.known().current(on).filter(consumer__in=consumers, supplier__in=suppliers).order_by()
    return pairs & set(rows.values_list("consumer_id", "supplier_id"))
