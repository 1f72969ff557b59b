"""Addresses of this room's pages, one list a subject."""

from django.urls import path

from products.roadmaps.views import baselines, comments, differences, home, ideas, items, results, reviews, roadmaps

app_name = "roadmaps"

item_urls = [
    path("items/<slug:code>/", items.item_detail, name="item-detail"),
]
baseline_urls = [
    path("baselines/<int:pk>/", baselines.baseline_detail, name="baseline-detail"),
    path("baselines/<int:pk>/sign/", baselines.baseline_sign, name="baseline-sign"),
    path("baselines/<int:pk>/decline/", baselines.baseline_decline, name="baseline-decline"),
    path("<slug:code>/baselines/", baselines.baseline_list, name="baseline-list"),
    path("<slug:code>/baselines/add/", baselines.baseline_add, name="baseline-add"),
    path("<slug:code>/agreement/", baselines.roadmap_agreement, name="roadmap-agreement"),
    path("<slug:code>/difference/", differences.roadmap_difference, name="roadmap-difference"),
    path("home/", home.roadmap_home, name="roadmap-home"),
]
comment_urls = [
    path("comments/<int:pk>/resolve/", comments.comment_resolve, name="comment-resolve"),
    path("comments/<int:pk>/reopen/", comments.comment_reopen, name="comment-reopen"),
    path("<slug:code>/comments/", comments.comment_list, name="comment-list"),
    path("<slug:code>/comments/add/", comments.comment_add, name="comment-add"),
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
    *item_urls,
    *baseline_urls,
    *comment_urls,
    *review_urls,
    *idea_urls,
    *result_urls,
    *roadmap_urls,  # last: what is left is a roadmap's code
]
