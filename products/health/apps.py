from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "products.health"
    label = "health"

    def ready(self) -> None:
        """Tell roadmaps and their agendas, services' pages and teams what there is of services, and how it fares."""
        from products.health import (  # noqa: F401
            agenda,
            incident_agenda,
            interests,
            journey_panels,
            promise_agenda,
            promise_panels,
            team_panels,
        )
