"""Addresses of this room's pages."""

from django.urls import path

from portfolio.rollup import views

app_name = "rollup"
urlpatterns = [
    path("", views.run_list, name="run-list"),
    path("start/", views.run_start, name="run-start"),
    path("<int:pk>/", views.run_detail, name="run-detail"),
]
