"""The yardstick of every page: a bare Django project with one view and no middleware, which says hello."""

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path


def hello(request: HttpRequest) -> HttpResponse:
    """Say it."""
    return HttpResponse("hello")


urlpatterns = [path("", hello)]

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], MIDDLEWARE=[])
django.setup()
application = ASGIHandler()
