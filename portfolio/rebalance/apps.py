from django.apps import AppConfig


class RebalanceConfig(AppConfig):
    name = "portfolio.rebalance"
    label = "rebalance"
