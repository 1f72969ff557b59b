"""What money rests on a product: what a roadmap that retires it has to settle."""

from datetime import date

from funding.models import Allocation, Commitment
from portfolio.common import formats
from products.catalog.models import Product
from products.roadmaps.contributions import VestedInterest, tells_interests


@tells_interests
def of_allocations(product: Product, on: date) -> list[VestedInterest]:
    """Return the allocations to it that pay on the day or later."""
    rows = Allocation.objects.known().during(on, None).filter(product=product).select_related("stream")
    return [
        VestedInterest(
            f"allocation:{row.pk}",
            "Money",
            row.stream.name,
            f"{formats.money(row.monthly_amount, row.stream.currency)} a month, {formats.period(row.starts, row.ends)}",
            row.get_absolute_url(),
        )
        for row in rows.order_by("stream__name", "starts", "pk")
    ]


@tells_interests
def of_commitments(product: Product, on: date) -> list[VestedInterest]:
    """Return the commitments for it that the books do not have yet and that hold on the day or later."""
    rows = Commitment.objects.known().outstanding().during(on, None).filter(product=product)
    return [
        VestedInterest(
            f"commitment:{row.pk}",
            "Commitments",
            row.supplier or row.reference,
            f"{row.reference}: {formats.money(row.amount, row.currency)}, {formats.period(row.starts, row.ends)}",
            row.get_absolute_url(),
        )
        for row in rows.order_by("reference", "pk")
    ]
