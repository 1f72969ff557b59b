from django.apps import AppConfig


class RoadmapsConfig(AppConfig):
    name = "products.roadmaps"
    label = "roadmaps"

    def ready(self) -> None:
        """Tell roadmaps what of this room rests on a product, and teams how many items they have under way."""
        from products.roadmaps import interests, team_load  # noqa: F401
