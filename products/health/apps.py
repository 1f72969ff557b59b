from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "products.health"
    label = "health"

    def ready(self) -> None:
        """Tell teams what they keep."""
        from products.health import team_panels  # noqa: F401
