"""Addresses of this room's pages."""

from django.urls import path

from portfolio.network import team_views, views

app_name = "network"
urlpatterns = [
    path("", views.network, name="network"),
    path("links/add/", views.link_add, name="link-add"),
    path("links/<int:pk>/", views.link_detail, name="link-detail"),
    path("links/<int:pk>/correct/", views.link_correct, name="link-correct"),
    path("links/<int:pk>/retract/", views.link_retract, name="link-retract"),
    path("teams/<slug:code>/split/", team_views.team_split, name="team-split"),
    path("usage/", views.usage_list, name="usage-list"),
    path("usage/add/", views.usage_add, name="usage-add"),
    path("usage/<int:pk>/", views.usage_detail, name="usage-detail"),
    path("usage/<int:pk>/correct/", views.usage_correct, name="usage-correct"),
    path("usage/<int:pk>/retract/", views.usage_retract, name="usage-retract"),
]
