"""This room's part of the API: each subject says its own addresses."""

from products.roadmaps import item_api, roadmap_api

#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    *roadmap_api.routes,
    *item_api.routes,
]
