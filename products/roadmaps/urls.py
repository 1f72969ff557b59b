"""Addresses of this room's pages, one list a subject."""

from django.urls import path

from products.roadmaps.views import baselines, ideas, items, order, results, reviews, roadmaps

app_name = "roadmaps"

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
    path("results/", results.result_list, name="result-list"),
    path("results/add/", results.result_add, name="result-add"),
    path("results/<int:pk>/", results.result_detail, name="result-detail"),
    path("results/<int:pk>/correct/", results.result_correct, name="result-correct"),
    path("results/<int:pk>/retract/", results.result_retract, name="result-retract"),
    path("<slug:code>/results/", results.roadmap_results, name="roadmap-results"),
    path("<slug:code>/order/", order.roadmap_order, name="roadmap-order"),
]
roadmap_urls = [
    path("", roadmaps.roadmap_list, name="roadmap-list"),
    path("<slug:code>/", roadmaps.roadmap_detail, name="roadmap-detail"),
]
urlpatterns = [
    *item_urls,
    *baseline_urls,
    *review_urls,
    *idea_urls,
    *result_urls,
    *roadmap_urls,  # last: what is left is a roadmap's code
]
