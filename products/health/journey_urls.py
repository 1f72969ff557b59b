"""Addresses of journeys and incidents."""

from django.urls import path

from products.health import incident_views, journey_views

urlpatterns = [
    path("journeys/", journey_views.journey_list, name="journey-list"),
    path("journeys/add/", journey_views.journey_add, name="journey-add"),
    path("journeys/<slug:code>/", journey_views.journey_detail, name="journey-detail"),
    path("journeys/<slug:code>/edit/", journey_views.journey_edit, name="journey-edit"),
    path("journeys/<slug:code>/divide/", journey_views.journey_divide, name="journey-divide"),
    *journey_views.STEPS.urls(),
    *journey_views.PASSAGES.urls(),
    path("incidents/", incident_views.incident_list, name="incident-list"),
    path("incidents/add/", incident_views.incident_add, name="incident-add"),
    path("incidents/<slug:code>/", incident_views.incident_detail, name="incident-detail"),
    path("incidents/<slug:code>/edit/", incident_views.incident_edit, name="incident-edit"),
    *incident_views.IMPACTS.urls(),
    path("failure-modes/", incident_views.failure_mode_list, name="failure-mode-list"),
    path("failure-modes/add/", incident_views.failure_mode_add, name="failure-mode-add"),
    path("failure-modes/<slug:code>/", incident_views.failure_mode_detail, name="failure-mode-detail"),
    path("failure-modes/<slug:code>/edit/", incident_views.failure_mode_edit, name="failure-mode-edit"),
    *incident_views.DRILLS.urls(),
]
