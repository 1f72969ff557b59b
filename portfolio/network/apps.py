from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "portfolio.network"
    label = "network"

    def ready(self) -> None:
        """Tell roadmaps what of this room rests on a product and which are linked, and teams that they can be split."""
        from portfolio.network import downstream, interests, joining, team_panels  # noqa: F401
