"""Addresses of this room's pages."""

app_name = "teams"
urlpatterns: list = []
