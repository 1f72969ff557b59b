"""What rooms before this one ask of the network: which products are joined by a link, and by which."""

from datetime import date

from portfolio.network.models import Link, LinkQuerySet
from products.roadmaps.contributions import Pair, tells_links, tells_pulls


@tells_links
def joined(pairs: set[Pair], on: date) -> set[Pair]:
    """Return those of the pairs, consumer first, whose first pulls from its second by a link on a day. One query."""
    consumers, suppliers = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    rows = Link.objects.known().current(on).filter(consumer__in=consumers, supplier__in=suppliers).order_by()
    return pairs & set(rows.values_list("consumer_id", "supplier_id"))


@tells_pulls
def links(on: date) -> LinkQuerySet:
    """Return the links that hold on a day."""
    return Link.objects.known().current(on)
