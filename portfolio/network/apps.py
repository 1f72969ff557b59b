from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "portfolio.network"
    label = "network"

    def ready(self) -> None:
        """Tell roadmaps what of this room rests on a product."""
        from portfolio.network import interests  # noqa: F401
