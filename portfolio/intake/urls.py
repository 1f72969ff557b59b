"""Addresses of this room's pages."""

app_name = "intake"
urlpatterns: list = []
