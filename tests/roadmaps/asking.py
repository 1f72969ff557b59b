"""Asking for pages of roadmaps, and what came."""

from datetime import date
from http import HTTPStatus

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from products.roadmaps.models import Roadmap

TODAY = date(2026, 3, 2)
PART = {"headers": {"HX-Request": "true"}}


def page(client, name: str, *arguments, **query):
    return client.get(reverse(f"roadmaps:{name}", args=arguments), query)


def text(response) -> str:
    return response.content.decode()


def post(client, address: str, code: str, **data):
    return client.post(reverse(f"roadmaps:{address}", args=[code]), data)


def queries(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(address).status_code == HTTPStatus.OK
    return len(found)


def horizon(roadmap: Roadmap, name: str) -> list[str]:
    rows = roadmap.items.open().filter(horizon=name).order_by("rank", "pk")
    return list(rows.values_list("code", flat=True))
