from django.apps import AppConfig


class RoadmapsConfig(AppConfig):
    name = "products.roadmaps"
    label = "roadmaps"

    def ready(self) -> None:
        """Tell roadmaps what of this room rests on a product, and agendas what shipped."""
        from products.roadmaps import interests, outcomes  # noqa: F401
