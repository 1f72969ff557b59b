"""What this room, and rooms further on, put on the page of a product, below what is kept of it.

A function of the product, who looks and a day gives panels; `tells_product` adds it. They are made anew with each
request, so that nothing on them is stale, and each takes as many queries for many rows as for one.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from portfolio.common import access
from portfolio.common.models import User
from products.catalog.models import Product
from products.health.estate import with_signs_of_services
from products.health.models import Service
from products.health.panels import Panel

MOST_SERVICES = 20

Panels = Callable[[Product, User, date], list[Panel]]

#: Functions of a product, who looks, and a day: parts of its page.
PANELS: list[Panels] = []

Source = TypeVar("Source", bound=Callable[..., Any])


def tells_product(source: Source) -> Source:
    """Ask this function, too, for parts of a product's page; a second time changes nothing."""
    if source not in PANELS:
        PANELS.append(source)
    return source


def product_panels(product: Product, user: User, on: date) -> list[Panel]:
    """Return what all tell of a product on a day, in order."""
    found = [panel for source in PANELS for panel in source(product, user, on)]
    return sorted(found, key=lambda panel: panel.order)


@tells_product
def services(product: Product, user: User, on: date) -> list[Panel]:
    """Return the services that the product offers, with what stands out of each; one query."""
    rows = Service.objects.visible_to(user).filter(product=product, is_retired=False).for_table()
    found = list(with_signs_of_services(rows, on)[: MOST_SERVICES + 1])
    context = {
        "services": found[:MOST_SERVICES],
        "has_more": len(found) > MOST_SERVICES,
        "may_add": access.may_write(user, Service(product=product)),
    }
    return [Panel("services", "Services", "health/_product_services.html", context, order=10)]
