"""Addresses of this room's pages."""

from django.urls import path

from products.value import views
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
    *EXPOSURES.urls(),
    path("<slug:code>/", views.metric_detail, name="metric-detail"),
    path("<slug:code>/edit/", views.metric_edit, name="metric-edit"),
]
