from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "portfolio.common"
    label = "common"
