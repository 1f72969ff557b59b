from django.apps import AppConfig


class ValueConfig(AppConfig):
    name = "products.value"
    label = "value"

    def ready(self) -> None:
        """Tell teams and people what they are recognised for."""
        from products.value import recognition_panels  # noqa: F401
