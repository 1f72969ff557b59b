from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "portfolio.intake"
    label = "intake"
