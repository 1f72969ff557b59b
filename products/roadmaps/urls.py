"""Addresses of this room's pages, one list a subject."""

from django.urls import path

from products.roadmaps.views import (
    baselines,
    calendars,
    comments,
    differences,
    home,
    ideas,
    imports,
    items,
    lists,
    order,
    portfolio,
    results,
    reviews,
    roadmaps,
    timelines,
)

app_name = "roadmaps"

list_urls = [
    path("items/", lists.item_list, name="item-list"),
    path("import/", imports.item_import, name="item-import"),
    path("<slug:code>/markdown/", lists.roadmap_markdown, name="roadmap-markdown"),
]
item_urls = [
    path("items/add/", items.item_add, name="item-add"),
    path("items/<slug:code>/", items.item_detail, name="item-detail"),
    path("items/<slug:code>/edit/", items.item_edit, name="item-edit"),
    path("items/<slug:code>/move/", items.item_move, name="item-move"),
    path("items/<slug:code>/start/", items.item_start, name="item-start"),
    path("items/<slug:code>/block/", items.item_block, name="item-block"),
    path("items/<slug:code>/ship/", items.item_ship, name="item-ship"),
    path("items/<slug:code>/drop/", items.item_drop, name="item-drop"),
    path("items/<slug:code>/settle/", items.item_settle, name="item-settle"),
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
    path("results/", results.result_list, name="result-list"),
    path("results/add/", results.result_add, name="result-add"),
    path("results/<int:pk>/", results.result_detail, name="result-detail"),
    path("results/<int:pk>/correct/", results.result_correct, name="result-correct"),
    path("results/<int:pk>/retract/", results.result_retract, name="result-retract"),
    path("<slug:code>/results/", results.roadmap_results, name="roadmap-results"),
    path("<slug:code>/order/", order.roadmap_order, name="roadmap-order"),
]
calendar_urls = [
    path("calendar/", calendars.calendar_list, name="calendar-list"),
    path("calendar/add/", calendars.calendar_add, name="calendar-add"),
    path("calendar/<int:pk>/revoke/", calendars.calendar_revoke, name="calendar-revoke"),
    path("calendar/<slug:token>.ics", calendars.calendar_feed, name="calendar-feed"),
]
roadmap_urls = [
    path("", roadmaps.roadmap_list, name="roadmap-list"),
    path("add/", roadmaps.roadmap_add, name="roadmap-add"),
    path("portfolio/", portfolio.roadmap_portfolio, name="roadmap-portfolio"),
    path("<slug:code>/", roadmaps.roadmap_detail, name="roadmap-detail"),
    path("<slug:code>/edit/", roadmaps.roadmap_edit, name="roadmap-edit"),
    path("<slug:code>/reorder/", roadmaps.roadmap_reorder, name="roadmap-reorder"),
    path("<slug:code>/history/", roadmaps.roadmap_history, name="roadmap-history"),
    path("<slug:code>/timeline/", timelines.roadmap_timeline, name="roadmap-timeline"),
    path("<slug:code>/outcomes/", timelines.roadmap_outcomes, name="roadmap-outcomes"),
]
urlpatterns = [
    *list_urls,
    *item_urls,
    *baseline_urls,
    *comment_urls,
    *review_urls,
    *idea_urls,
    *result_urls,
    *calendar_urls,
    *roadmap_urls,  # last: what is left is a roadmap's code
]
