from django.apps import AppConfig


class RoadmapsConfig(AppConfig):
    name = "products.roadmaps"
    label = "roadmaps"

    def ready(self) -> None:
        """Tell agendas what shipped."""
        from products.roadmaps import outcomes  # noqa: F401
