"""Who rests on a product because it supplies them: what a roadmap that retires it has to settle."""

from datetime import date

from portfolio.common import formats
from portfolio.network.models import Link
from products.catalog.models import Product
from products.roadmaps.contributions import VestedInterest, tells_interests


@tells_interests
def of_consumers(product: Product, on: date) -> list[VestedInterest]:
    """Return the products that pull from it, by the links that hold on the day or later."""
    rows = Link.objects.known().during(on, None).filter(supplier=product).select_related("consumer")
    return [
        VestedInterest(
            f"link:{row.pk}",
            "Consumers",
            row.consumer.name,
            f"Pulls {row.service or 'a service'}, {formats.period(row.starts, row.ends)}",
            row.get_absolute_url(),
        )
        for row in rows.order_by("consumer__name", "starts", "pk")
    ]
