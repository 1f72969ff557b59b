"""What is answered where no view could."""

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import include, path
from rest_framework.views import APIView

from tests.factories import make_user


def away(request, *args):
    raise OperationalError("connection to server failed: FATAL: password=hunter2")


def broken(request):
    raise RuntimeError("hunter2")


class AwayView(APIView):
    """An API view whose database goes away."""

    def get(self, request):
        raise OperationalError("connection to server failed: FATAL: password=hunter2")


handler404 = "portfolio.config.errors.not_found"
handler500 = "portfolio.config.errors.server_error"
urlpatterns = [
    path("away/", away),
    path("broken/", broken),
    path("api/v1/away/", AwayView.as_view()),
    path("api/v1/before-the-view/", away),
    path("api/v1/broken/", broken),
    path("", include("portfolio.config.urls")),
]


@pytest.fixture
def reader(db, settings) -> Client:
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    return client


def test_a_page_whose_database_is_away_says_to_try_again(reader):
    response = reader.get("/away/")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "does not answer" in response.content.decode()
    assert "hunter2" not in response.content.decode()


@pytest.mark.parametrize("address", ["/api/v1/away/", "/api/v1/before-the-view/"])
def test_a_program_is_told_the_same_as_a_problem_document(reader, address):
    response = reader.get(address)
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["Content-Type"].startswith("application/problem+json")
    assert "send it again" in response.json()["detail"]
    assert "hunter2" not in response.content.decode()


def test_a_fault_of_ours_is_a_fault_of_ours(reader):
    assert reader.get("/broken/").status_code == 500
    problem = reader.get("/api/v1/broken/")
    assert problem.status_code == problem.json()["status"] == 500
    assert "hunter2" not in problem.content.decode()


def test_a_program_that_asks_for_what_is_not_there_gets_a_problem_document(reader):
    response = reader.get("/api/v1/no-such-list/")
    assert response.status_code == response.json()["status"] == 404
    assert "/api/v1/no-such-list/" in response.json()["detail"]
