"""Addresses of this room's pages."""

app_name = "demo"
urlpatterns: list = []
