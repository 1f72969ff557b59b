"""Addresses of what is promised."""

from django.urls import path

from products.health import promise_views as views

urlpatterns = [
    path("objectives/", views.objective_list, name="objective-list"),
    path("objectives/add/", views.objective_add, name="objective-add"),
    path("objectives/<slug:code>/", views.objective_detail, name="objective-detail"),
    path("objectives/<slug:code>/edit/", views.objective_edit, name="objective-edit"),
    *views.MEASUREMENTS.urls(),
    path("requirements/", views.requirement_list, name="requirement-list"),
    path("requirements/add/", views.requirement_add, name="requirement-add"),
    path("requirements/<slug:code>/", views.requirement_detail, name="requirement-detail"),
    path("requirements/<slug:code>/edit/", views.requirement_edit, name="requirement-edit"),
    *views.EVIDENCE.urls(),
    path("<slug:code>/readiness/", views.service_readiness, name="service-readiness"),
]
