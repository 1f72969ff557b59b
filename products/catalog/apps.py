from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "products.catalog"
    label = "catalog"

    def ready(self) -> None:
        """Tell teams how many products they work on."""
        from products.catalog import team_load  # noqa: F401
