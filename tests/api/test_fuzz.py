"""Whatever is sent to the API, it answers; it never fails.

A fuzzer makes calls of all shapes from the API's own description. Where it makes up codes and keys, half of them are
replaced by ones that exist, so that its calls also come past the door.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator

from portfolio.common.models import ApiToken, User
from portfolio.config.api import router
from portfolio.config.wsgi import application
from tests.access.world import World

#: Fields that name another row, by its code, and the kind of that row.
NAMES = {
    "product": "catalog.product",
    "supplier": "catalog.product",
    "value_stream": "catalog.valuestream",
    "parent": "catalog.valuestream",
    "segment": "catalog.segment",
    "team": "teams.team",
    "person": "teams.person",
    "discipline": "teams.discipline",
    "metric": "value.metric",
    "stream": "funding.fundingstream",
}
KINDS = {prefix: viewset.queryset.model._meta.label_lower for prefix, viewset, _ in router.registry}

description = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
description.app = application
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def caller(django_db_setup, django_db_blocker) -> Iterator[dict[str, Any]]:
    """Someone who may do everything, and one row of each kind to do it to; made once, what calls change is undone."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # as Django's own test client does: the rows are in this connection
    with django_db_blocker.unblock(), transaction.atomic():
        user = User.objects.create_superuser("root", password="correct horse battery")
        token = ApiToken.objects.create(user, name="fuzzer")[1]
        yield {"authorization": f"Bearer {token}", "rows": World().rows}
        transaction.set_rollback(True)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@description.parametrize()
@hypothesis.settings(
    max_examples=4,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
    phases=[hypothesis.Phase.generate],
)
def test_no_call_makes_the_server_fail(caller, case):
    _aim(case, caller["rows"])

    response = case.call(headers={"Authorization": caller["authorization"]})

    assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, f"{case.as_curl_command()}\n{response.text[:2000]}"


def _aim(case: schemathesis.Case, rows: dict[str, Any]) -> None:
    """Replace half of the keys and codes by those of rows that there are."""
    row = rows.get(KINDS[case.path.split("/")[3]])
    if case.path_parameters and row and _is_even(case.path_parameters):
        case.path_parameters = {name: str(getattr(row, name)) for name in case.path_parameters}
    if isinstance(case.body, dict) and _is_even(case.body):
        case.body = case.body | {name: rows[kind].code for name, kind in NAMES.items() if name in case.body}


def _is_even(value: Any) -> bool:
    return len(repr(value)) % 2 == 0
