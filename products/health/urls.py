"""Addresses of this room's pages: each subject says its own. /health/ is the site's own health check."""

from django.urls import URLPattern

from products.health import delivery_urls, estate_urls, journey_urls, promise_urls

app_name = "health"
urlpatterns: list[URLPattern] = [
    *promise_urls.urlpatterns,
    *delivery_urls.urlpatterns,
    *journey_urls.urlpatterns,
    *estate_urls.urlpatterns,  # last: it takes any other word for a service's code
]
