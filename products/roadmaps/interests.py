"""What rests on a product as this room and those below it know: teams, partners, customers, items that wait."""

from datetime import date

from django.urls import reverse

from portfolio.common import formats
from products.catalog.models import Assignment, Product, Segment
from products.roadmaps.contributions import VestedInterest, tells_interests
from products.roadmaps.models import Dependency, Member, Roadmap
from products.roadmaps.models.items import OPEN


@tells_interests
def of_teams(product: Product, on: date) -> list[VestedInterest]:
    """Return the teams that are assigned to the product on the day or later."""
    rows = Assignment.objects.known().during(on, None).filter(product=product).select_related("team")
    return [
        VestedInterest(
            f"assignment:{row.pk}",
            "Teams",
            row.team.name,
            f"{formats.share(row.share)} of its capacity, {formats.period(row.starts, row.ends)}",
            row.get_absolute_url(),
        )
        for row in rows.order_by("team__name", "starts", "pk")
    ]


@tells_interests
def of_partners(product: Product, on: date) -> list[VestedInterest]:
    """Return who owns the product's roadmaps, on both sides."""
    roadmaps = Roadmap.objects.of_products([product.pk])
    rows = Member.objects.filter(roadmap__in=roadmaps).select_related("user", "roadmap")
    return [
        VestedInterest(
            f"member:{row.pk}",
            "Partners",
            str(row.user),
            f"{row.get_side_display()} of {row.roadmap}",
            row.roadmap.get_absolute_url(),
        )
        for row in rows.order_by("side", "user__username", "pk")
    ]


@tells_interests
def of_waiting_items(product: Product, on: date) -> list[VestedInterest]:
    """Return the open items of other products and roadmaps that wait for an open item of the product."""
    rows = (
        Dependency.objects.filter(needs__product=product, needs__state__in=OPEN, item__state__in=OPEN)
        .exclude(item__product=product)
        .select_related("item__roadmap", "item__product", "needs")
    )
    return [
        VestedInterest(
            f"dependency:{row.pk}",
            "Items that wait",
            row.item.name,
            f"Of {row.item.product}, on {row.item.roadmap}; it waits for {row.needs}",
            row.item.get_absolute_url(),
        )
        for row in rows.order_by("item__name", "pk")
    ]


@tells_interests
def of_customers(product: Product, on: date) -> list[VestedInterest]:
    """Return the customer segments that the product is for."""
    page = reverse("board:product", args=[product.code])
    return [
        VestedInterest(
            f"segment:{row.pk}",
            "Customers",
            row.name,
            f"{formats.quantity_short(row.size)} customers" if row.size is not None else "",
            f"{page}#customers",
        )
        for row in Segment.objects.filter(product=product).order_by("name", "pk")
    ]
