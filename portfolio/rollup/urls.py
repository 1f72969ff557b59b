"""Addresses of this room's pages."""

from django.urls import path

from portfolio.rollup import invariants_page, views

app_name = "rollup"
urlpatterns = [
    path("", views.run_list, name="run-list"),
    path("start/", views.run_start, name="run-start"),
    path("invariants/", invariants_page.report_list, name="report-list"),
    path("invariants/start/", invariants_page.report_start, name="report-start"),
    path("invariants/<int:pk>/", invariants_page.report_detail, name="report-detail"),
    path("<int:pk>/", views.run_detail, name="run-detail"),
]
