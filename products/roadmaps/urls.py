"""Addresses of this room's pages, one list a subject."""

from django.urls import path

from products.roadmaps.views import baselines, ideas, imports, items, lists, results, reviews, roadmaps

app_name = "roadmaps"

list_urls = [
    path("items/", lists.item_list, name="item-list"),
    path("import/", imports.item_import, name="item-import"),
    path("<slug:code>/markdown/", lists.roadmap_markdown, name="roadmap-markdown"),
]
item_urls = [
    path("items/<slug:code>/", items.item_detail, name="item-detail"),
]
baseline_urls = [
    path("baselines/<int:pk>/", baselines.baseline_detail, name="baseline-detail"),
]
review_urls = [
    path("reviews/<int:pk>/", reviews.review_detail, name="review-detail"),
]
idea_urls = [
    path("ideas/<int:pk>/", ideas.idea_detail, name="idea-detail"),
]
result_urls = [
    path("results/<int:pk>/", results.result_detail, name="result-detail"),
]
roadmap_urls = [
    path("", roadmaps.roadmap_list, name="roadmap-list"),
    path("<slug:code>/", roadmaps.roadmap_detail, name="roadmap-detail"),
]
urlpatterns = [
    *list_urls,
    *item_urls,
    *baseline_urls,
    *review_urls,
    *idea_urls,
    *result_urls,
    *roadmap_urls,  # last: what is left is a roadmap's code
]
