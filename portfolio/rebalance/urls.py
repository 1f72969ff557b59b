"""Addresses of this room's pages."""

from django.urls import include, path

app_name = "rebalance"
urlpatterns = [
    path("", include("portfolio.rebalance.decision_urls")),
]
