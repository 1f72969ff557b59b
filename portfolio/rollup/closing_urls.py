"""Addresses of the pages of closed months, which stand in the room of funding."""

from django.urls import path

from portfolio.rollup import closing_views as views

app_name = "closing"
urlpatterns = [
    path("", views.close_list, name="close-list"),
    path("add/", views.close_add, name="close-add"),
    path("<int:pk>/", views.close_detail, name="close-detail"),
    path("<int:pk>/retract/", views.close_retract, name="close-retract"),
]
