"""Addresses of this room's pages, one list a subject."""

from django.urls import path

from products.roadmaps.views import baselines, ideas, items, results, reviews, roadmaps

app_name = "roadmaps"

item_urls = [
    path("items/<slug:code>/", items.item_detail, name="item-detail"),
]
baseline_urls = [
    path("baselines/<int:pk>/", baselines.baseline_detail, name="baseline-detail"),
]
review_urls = [
    path("reviews/", reviews.review_list, name="review-list"),
    path("reviews/add/", reviews.review_add, name="review-add"),
    path("reviews/<int:pk>/", reviews.review_detail, name="review-detail"),
    path("reviews/<int:pk>/minutes.pdf", reviews.review_pdf, name="review-pdf"),
    path("reviews/<int:pk>/correct/", reviews.review_correct, name="review-correct"),
    path("reviews/<int:pk>/retract/", reviews.review_retract, name="review-retract"),
    path("reviews/<int:pk>/settle/", reviews.review_settle, name="review-settle"),
    path("<slug:code>/review/", reviews.roadmap_agenda, name="roadmap-agenda"),
    path("<slug:code>/review/agenda.pdf", reviews.roadmap_agenda_pdf, name="roadmap-agenda-pdf"),
]
idea_urls = [
    path("ideas/", ideas.idea_list, name="idea-list"),
    path("ideas/add/", ideas.idea_add, name="idea-add"),
    path("ideas/<int:pk>/", ideas.idea_detail, name="idea-detail"),
    path("ideas/<int:pk>/support/", ideas.idea_support, name="idea-support"),
    path("ideas/<int:pk>/unsupport/", ideas.idea_unsupport, name="idea-unsupport"),
    path("ideas/<int:pk>/accept/", ideas.idea_accept, name="idea-accept"),
    path("ideas/<int:pk>/merge/", ideas.idea_merge, name="idea-merge"),
    path("ideas/<int:pk>/decline/", ideas.idea_decline, name="idea-decline"),
    path("ideas/<int:pk>/reopen/", ideas.idea_reopen, name="idea-reopen"),
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
    *review_urls,
    *idea_urls,
    *result_urls,
    *roadmap_urls,  # last: what is left is a roadmap's code
]
