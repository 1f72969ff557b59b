"""Addresses of this room's pages."""

app_name = "value"
urlpatterns: list = []
