from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "portfolio.network"
    label = "network"
