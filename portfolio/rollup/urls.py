"""Addresses of this room's pages."""

app_name = "rollup"
urlpatterns: list = []
