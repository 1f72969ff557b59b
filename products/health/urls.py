"""Addresses of this room's pages: each subject says its own. /health/ is the site's own health check."""

from django.urls import URLPattern

app_name = "health"
urlpatterns: list[URLPattern] = []
