from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "products.catalog"
    label = "catalog"
