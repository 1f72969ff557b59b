from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "portfolio.network"
    label = "network"

    def ready(self) -> None:
        """Tell roadmaps what of this room rests on a product, and which products are linked."""
        from portfolio.network import downstream, interests, joining  # noqa: F401
