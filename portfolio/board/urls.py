"""Addresses of this room's pages."""

from django.urls import path

from portfolio.board import digest_views, live, network, today_views, views

app_name = "board"
urlpatterns = [
    path("", views.board, name="board"),
    path("live/", live.stream, name="live"),
    path("live/state/", live.state, name="live-state"),
    path("how/", views.how, name="how"),
    path("today/", today_views.today, name="today"),
    path("today/digest/", digest_views.digest, name="digest"),
    path("today/digest/stop/<slug:key>/", digest_views.digest_stop, name="digest-stop"),
    path("network/of/<slug:code>/", network.network_product, name="network-product"),
    path("product/<slug:code>/", views.product, name="product"),
    path("product/<slug:code>/<str:month>/", views.product_month, name="product-month"),
]
