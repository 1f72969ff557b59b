from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "products.health"
    label = "health"

    def ready(self) -> None:
        """Tell roadmaps what of this room rests on a product, and their agendas what ends its support."""
        from products.health import (  # noqa: F401
            agenda,
            incident_agenda,
            interests,
            journey_panels,
            promise_agenda,
            promise_panels,
        )
