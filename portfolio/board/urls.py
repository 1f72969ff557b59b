"""Addresses of this room's pages."""

app_name = "board"
urlpatterns: list = []
