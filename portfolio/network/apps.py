from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "portfolio.network"
    label = "network"

    def ready(self) -> None:
        """Tell roadmaps which products are linked."""
        from portfolio.network import joining  # noqa: F401
