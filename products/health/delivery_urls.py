"""Addresses of delivery and improvement."""

from django.urls import path

from products.health import delivery_views as views

urlpatterns = [
    path("improvement/", views.improvement_list, name="improvement-list"),
    *views.DELIVERY_EVENTS.urls(),
    path("<slug:code>/delivery/", views.service_delivery, name="service-delivery"),
]
