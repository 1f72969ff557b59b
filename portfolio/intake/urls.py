"""Addresses of this room's pages."""

from django.urls import path

from portfolio.intake import views
from portfolio.intake.catalogues import views as catalogues

app_name = "intake"
urlpatterns = [
    path("", views.import_file, name="import"),
    path("catalogues/", catalogues.catalogue_import, name="catalogue-import"),
    path("catalogues/<int:pk>/", catalogues.catalogue_preview, name="catalogue-preview"),
    path("catalogues/<int:pk>/discard/", catalogues.catalogue_discard, name="catalogue-discard"),
    path("<int:pk>/", views.preview, name="preview"),
    path("<int:pk>/discard/", views.discard, name="discard"),
    path("templates/<slug:kind>.csv", views.template, name="template"),
]
