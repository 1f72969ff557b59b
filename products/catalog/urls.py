"""Addresses of this room's pages."""

app_name = "catalog"
urlpatterns: list = []
