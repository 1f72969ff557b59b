from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "products.catalog"
    label = "catalog"

    def ready(self) -> None:
        """Tell teams when they last heard a customer."""
        from products.catalog import hearing  # noqa: F401
