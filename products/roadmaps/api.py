"""This room's part of the API: each subject says its own addresses."""

from products.roadmaps import result_api

#: Address under /api/v1/ and the viewset that answers it.
routes: list = [*result_api.routes]
