"""Addresses of the public forms, by which customers say how it went."""

from django.urls import path

from products.catalog import feedback_views

app_name = "feedback"
urlpatterns = [
    path("<slug:code>/", feedback_views.give, name="give"),
    path("<slug:code>/thanks/", feedback_views.thanks, name="thanks"),
]
