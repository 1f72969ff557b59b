"""Addresses of this room's pages; `portfolio.config.urls` mounts them in the demonstration only."""

from django.urls import path

from portfolio.demo import views

app_name = "demo"
urlpatterns = [
    path("", views.sign_in, name="sign-in"),
]
