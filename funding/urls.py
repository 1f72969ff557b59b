"""Addresses of this room's pages."""

app_name = "funding"
urlpatterns: list = []
