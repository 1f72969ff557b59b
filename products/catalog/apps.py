from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "products.catalog"
    label = "catalog"

    def ready(self) -> None:
        """Tell teams when they last heard a customer, and how many products they work on."""
        from products.catalog import hearing, team_load  # noqa: F401
