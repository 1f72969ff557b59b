"""Addresses of this room's pages."""

from django.urls import path

from products.value import recognition_pages, score_views, views
from products.value.exposure_pages import EXPOSURES

app_name = "value"
urlpatterns = [
    path("", views.metric_list, name="metric-list"),
    path("add/", views.metric_add, name="metric-add"),
    path("observations/", views.observation_list, name="observation-list"),
    path("observations/add/", views.observation_add, name="observation-add"),
    path("observations/<int:pk>/", views.observation_detail, name="observation-detail"),
    path("observations/<int:pk>/correct/", views.observation_correct, name="observation-correct"),
    path("observations/<int:pk>/retract/", views.observation_retract, name="observation-retract"),
    path("valuations/", views.valuation_list, name="valuation-list"),
    path("valuations/add/", views.valuation_add, name="valuation-add"),
    path("valuations/<int:pk>/", views.valuation_detail, name="valuation-detail"),
    path("valuations/<int:pk>/correct/", views.valuation_correct, name="valuation-correct"),
    path("valuations/<int:pk>/retract/", views.valuation_retract, name="valuation-retract"),
    path("valuations/<int:pk>/confirm/", views.confirmation_add, name="confirmation-add"),
    path("confirmations/<int:pk>/retract/", views.confirmation_retract, name="confirmation-retract"),
    path("scores/", score_views.score_list, name="score-list"),
    path("scores/add/", score_views.score_add, name="score-add"),
    path("scores/<int:pk>/", score_views.score_detail, name="score-detail"),
    path("scores/<int:pk>/correct/", score_views.score_correct, name="score-correct"),
    path("scores/<int:pk>/retract/", score_views.score_retract, name="score-retract"),
    *recognition_pages.SHARED_OUTCOMES.urls(),
    path("celebrations/", recognition_pages.celebration_list, name="celebration-list"),
    *EXPOSURES.urls(),
    path("<slug:code>/", views.metric_detail, name="metric-detail"),
    path("<slug:code>/edit/", views.metric_edit, name="metric-edit"),
]
