"""The addresses as the demonstration has them."""

from django.urls import include, path

from portfolio.config.urls import urlpatterns as always

urlpatterns = [*always, path("demo/", include("portfolio.demo.urls"))]
