"""What this room puts on the page of a product."""

from typing import Any

from portfolio.common import access
from portfolio.common.models import User
from products.catalog.models import Product
from products.roadmaps.models import Item, Roadmap

MOST_ITEMS = 12


def rights(product: Product, *, user: User) -> dict[str, bool]:
    """Return what `user` may add to a product here."""
    return {"may_add_roadmap": access.may_add(user, Roadmap) and access.may_write(user, product)}


def roadmaps(product: Product) -> dict[str, Any]:
    """Return what `roadmaps/_product_roadmaps.html` shows: the product's roadmaps and its open items; two queries."""
    items = list(Item.objects.open().filter(product=product).select_related("roadmap", "metric").in_order())
    return {
        "roadmaps": list(Roadmap.objects.of_products([product.pk]).order_by("name", "pk")),
        "items": items[:MOST_ITEMS],
        "item_count": len(items),
    }
