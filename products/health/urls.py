"""Addresses of this room's pages: each subject says its own. /health/ is the site's own health check."""

from django.urls import URLPattern

from products.health import journey_urls

app_name = "health"
urlpatterns: list[URLPattern] = [*journey_urls.urlpatterns]
