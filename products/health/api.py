"""This room's part of the API: each subject says its own addresses."""

from products.health import journey_api

#: Address under /api/v1/ and the viewset that answers it.
routes: list = [*journey_api.routes]
