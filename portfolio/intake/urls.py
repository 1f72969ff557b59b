"""Addresses of this room's pages."""

from django.urls import path

from portfolio.intake import views

app_name = "intake"
urlpatterns = [
    path("", views.import_file, name="import"),
    path("<int:pk>/", views.preview, name="preview"),
    path("<int:pk>/discard/", views.discard, name="discard"),
    path("templates/<slug:kind>.csv", views.template, name="template"),
]
