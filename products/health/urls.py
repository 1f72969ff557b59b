"""Addresses of this room's pages: each subject says its own. /health/ is the site's own health check."""

from django.urls import URLPattern

from products.health import estate_urls, journey_urls

app_name = "health"
urlpatterns: list[URLPattern] = [
    *journey_urls.urlpatterns,
    *estate_urls.urlpatterns,  # last: it takes any other word for a service's code
]
