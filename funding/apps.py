from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"
    label = "funding"

    def ready(self) -> None:
        """Tell roadmaps what of this room rests on a product."""
        from funding import interests  # noqa: F401
