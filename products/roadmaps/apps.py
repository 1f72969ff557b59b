from django.apps import AppConfig


class RoadmapsConfig(AppConfig):
    name = "products.roadmaps"
    label = "roadmaps"

    def ready(self) -> None:
        """Tell roadmaps what of this room rests on a product."""
        from products.roadmaps import interests  # noqa: F401
