from django.apps import AppConfig


class RoadmapsConfig(AppConfig):
    name = "products.roadmaps"
    label = "roadmaps"
