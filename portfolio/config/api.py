"""The API's addresses: each room says its own, here they come together under /api/v1/."""

from django.urls import URLPattern, re_path
from rest_framework.routers import SimpleRouter

import funding.api
import portfolio.board.api
import portfolio.intake.api
import portfolio.intake.catalogues.api
import portfolio.intake.item_api
import portfolio.network.api
import portfolio.rebalance.api
import portfolio.rollup.api
import products.catalog.api
import products.health.api
import products.roadmaps.api
import products.value.api
import teams.api


class Router(SimpleRouter):
    """Takes batches with and without a slash at the end: a POST that is sent on to the other one loses its body."""

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses."""
        return [
            re_path(address.replace("/batch/$", "/batch/?$"), pattern.callback, name=pattern.name)
            if (address := str(pattern.pattern)).endswith("/batch/$")
            else pattern
            for pattern in super().get_urls()
        ]


router = Router()
for prefix, viewset in portfolio.intake.item_api.routes:  # first: below it `import` would be taken for an item's code
    router.register(prefix, viewset, basename=f"{prefix}-file")
for room in (
    products.catalog.api,
    teams.api,
    products.value.api,
    products.roadmaps.api,
    products.health.api,
    funding.api,
    portfolio.network.api,
    portfolio.rollup.api,
    portfolio.rebalance.api,
    portfolio.board.api,
    portfolio.intake.catalogues.api,
):
    for prefix, viewset in room.routes:
        router.register(prefix, viewset, basename=prefix)
for prefix, viewset in portfolio.intake.api.routes:
    router.register(prefix, viewset, basename=f"{prefix}-batch")
