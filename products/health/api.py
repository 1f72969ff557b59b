"""This room's part of the API: each subject says its own addresses."""

from products.health import delivery_api, estate_api, journey_api, promise_api

#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    *estate_api.routes,
    *promise_api.routes,
    *delivery_api.routes,
    *journey_api.routes,
]
