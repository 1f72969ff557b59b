from django.apps import AppConfig


class ValueConfig(AppConfig):
    name = "products.value"
    label = "value"
