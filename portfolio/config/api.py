"""The API's addresses: each room says its own, here they come together under /api/v1/."""

from rest_framework.routers import SimpleRouter

import funding.api
import portfolio.board.api
import portfolio.intake.api
import portfolio.network.api
import portfolio.rollup.api
import products.catalog.api
import products.value.api
import teams.api

router = SimpleRouter()
for room in (
    products.catalog.api,
    teams.api,
    products.value.api,
    funding.api,
    portfolio.network.api,
    portfolio.rollup.api,
    portfolio.board.api,
):
    for prefix, viewset in room.routes:
        router.register(prefix, viewset, basename=prefix)
for prefix, viewset in portfolio.intake.api.routes:
    router.register(prefix, viewset, basename=f"{prefix}-batch")
