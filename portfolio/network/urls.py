"""Addresses of this room's pages."""

app_name = "network"
urlpatterns: list = []
