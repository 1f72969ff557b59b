"""This room's part of the API: each subject says its own addresses."""

from products.roadmaps import agreement_api, comment_api, difference_api, result_api

#: Address under /api/v1/ and the viewset that answers it.
routes: list = [*agreement_api.routes, *difference_api.routes, *comment_api.routes, *result_api.routes]
