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
from schemathesis import checks

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

#: All that can be said of one answer. The others make calls of their own, or take it for an error that a rule of ours,
#: such as days that overlap, refuses what has the right shape.
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]

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

    # An address of no call at all is answered by the site, with its page.
    is_page = response.status_code == HTTPStatus.NOT_FOUND and response.text.startswith("<!doctype html>")
    case.validate_response(response, checks=CHECKS[:1] if is_page else CHECKS)


def _aim(case: schemathesis.Case, rows: dict[str, Any]) -> None:
    """Replace half of the keys and codes by those of rows that there are."""
    row = rows.get(KINDS[case.path.split("/")[3]])
    if case.path_parameters and row and _is_even(case.path_parameters):
        case.path_parameters = {name: str(getattr(row, name)) for name in case.path_parameters}
    case.body = [_aimed(one, rows) for one in case.body] if isinstance(case.body, list) else _aimed(case.body, rows)


def _aimed(body: Any, rows: dict[str, Any]) -> Any:
    if not isinstance(body, dict) or not _is_even(body):
        return body
    return body | {name: rows[kind].code for name, kind in NAMES.items() if name in body}


def _is_even(value: Any) -> bool:
    return len(repr(value)) % 2 == 0
