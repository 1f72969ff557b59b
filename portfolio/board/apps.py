from django.apps import AppConfig


class BoardConfig(AppConfig):
    name = "portfolio.board"
    label = "board"
