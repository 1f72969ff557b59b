"""This room's part of the API: each subject says its own addresses."""

from products.roadmaps import (
    agreement_api,
    comment_api,
    difference_api,
    idea_api,
    item_api,
    result_api,
    review_api,
    roadmap_api,
)

#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    *roadmap_api.routes,
    *item_api.routes,
    *agreement_api.routes,
    *difference_api.routes,
    *comment_api.routes,
    *result_api.routes,
    *review_api.routes,
    *idea_api.routes,
]
