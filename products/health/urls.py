"""Addresses of this room's pages: each subject says its own. /health/ is the site's own health check."""

from products.health import delivery_urls, promise_urls

app_name = "health"
urlpatterns = [
    *promise_urls.urlpatterns,
    *delivery_urls.urlpatterns,
]
