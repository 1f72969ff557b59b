"""This room's part of the API: each subject says its own addresses."""

from products.roadmaps import idea_api, review_api

#: Address under /api/v1/ and the viewset that answers it.
routes: list = [*review_api.routes, *idea_api.routes]
