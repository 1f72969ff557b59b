from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "products.health"
    label = "health"
