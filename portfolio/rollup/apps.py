from django.apps import AppConfig


class RollupConfig(AppConfig):
    name = "portfolio.rollup"
    label = "rollup"
