"""This room's part of the API: each subject says its own addresses."""

from products.health import delivery_api, promise_api

#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    *promise_api.routes,
    *delivery_api.routes,
]
