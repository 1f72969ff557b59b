"""What people and programs send by mistake or in malice: refused in words, never a failure.

Every field of every writing call, and every parameter of every list, is given each of these.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator

from portfolio.common.models import User
from portfolio.config.api import router
from tests.access.world import World

pytestmark = pytest.mark.django_db

#: As they stand in JSON, so that what JSON can say and Python's `json` would not is among them.
HOSTILE = [
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udfff\\ud800"',
    '"\\u202e\\u200b"',
    '""',
    '" "',
    '"NaN"',
    '"Infinity"',
    '"-0"',
    '"1e400"',
    '"1E1000000000"',
    '"0.00000000000000000000000001"',
    '"99999999999999999999999999999999"',
    '"٣"',
    "9223372036854775808",
    "-170141183460469231731687303715884105728",
    "1e308",
    "1e-320",
    "true",
    "null",
    "[]",
    "[null]",
    "{}",
    '"0000-00-00"',
    '"0001-01-01"',
    '"9999-12-31"',
    '"2026-02-30"',
    '"2026-02-01T00:00:00Z"',
    '"99999-01-01"',
    f'"{"x" * 100_000}"',
    f'"{"9" * 5_000}"',
]
RAW = [
    b"",
    b"\xff\xfe",
    b"\x00",
    b"null",
    b"[]",
    b"[[[[",
    b'"text"',
    b"NaN",
    b'{"a": NaN}',
    b'{"name": Infinity}',
    b"[" * 100_000,
    b"{" * 100,
    b'{"a": ' * 10_000,
    b'{"name": 1' + b"0" * 5_000 + b"}",
    b'{"name": "\\ud83d"}',
]
IN_ADDRESS = [
    "%00", "a%00b", "%ff", "%ed%a0%80", "%F0%9F%92%A9", "", "%20", "NaN", "1e400", "9" * 400, "-1", "0", "null",
    "0000-00-00", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00%2B14:00",
    "9999-12-31T23:59:59-14:00", "99999-01", "0000-01", "9999-12", "0001-01", "2026-13", "2016-04-31", ",", ",,,",
    "%27", "%25", "x" * 5_000, "%E2%80%AE", "1,2", "[]", "true",
]  # fmt: skip
#: Of these, the ones that some check of the shape lets through.
LOOKS_RIGHT = ["%00", "9" * 400, "9999-12-31", "0001-01-01T00:00:00%2B14:00", "9999-12"]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """Rows of each kind, made once; what a test changes is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture
def root(world, client):
    client.force_login(User.objects.create_superuser("root"))
    client.raise_request_exception = False
    return client


def refused(response) -> bool:
    return response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR


ROUTES = [(prefix, viewset) for prefix, viewset, _ in router.registry]
SERIALIZERS = {prefix: viewset.serializer_class for prefix, viewset in ROUTES}
WRITTEN = [(prefix, viewset.queryset.model._meta.label_lower) for prefix, viewset in ROUTES if prefix != "standings"]
#: Those that take a new row with fields of its own; decisions come of scenarios, see below.
WITH_FIELDS = [
    (prefix, viewset.queryset.model._meta.label_lower)
    for prefix, viewset in ROUTES
    if hasattr(viewset, "create") and prefix != "rollup-runs"
]


def send(client, method, address, body):
    data = body if isinstance(body, bytes) else body.encode()
    return client.generic(method, address, data, content_type="application/json")


def with_fields(body: dict, names: list[str], value: str) -> str:
    """Return the body in JSON, with a value as it stands in some of its fields."""
    return json.dumps(body | dict.fromkeys(names, "@@")).replace('"@@"', value)


def change_of(world, prefix, kind):
    """Return how a row is changed: the method, the address, and a right body."""
    row = world.rows.get(kind)
    if row is None:  # of what is said for good
        return "POST", f"/api/v1/{prefix}/", world.new(kind)
    if hasattr(row, "code"):
        return "PATCH", f"/api/v1/{prefix}/{row.code}/", {}
    return "POST", f"/api/v1/{prefix}/{row.pk}/correct/", {"reason": "It was wrong."}


@pytest.mark.parametrize(("prefix", "kind"), WITH_FIELDS)
def test_no_value_of_a_field_makes_the_server_fail(root, world, prefix, kind):
    """In all fields at once, so that each refuses it; then in those that each would take it, all else right."""
    serializer = SERIALIZERS[prefix]
    names = [name for name, field in serializer().get_fields().items() if not field.read_only]
    right = world.new(kind)
    method, address, change = change_of(world, prefix, kind)
    wrong = []
    for value in HOSTILE:
        everywhere = with_fields(change, [*names, "reason"], value)
        calls = [("POST", f"/api/v1/{prefix}/", everywhere), (method, address, everywhere)]
        taken = [name for name in names if serializer(data=json.loads(with_fields(right, [name], value))).is_valid()]
        if taken:
            calls.append(("POST", f"/api/v1/{prefix}/", with_fields(right, taken, value)))
            calls.append((method, address, with_fields(change, taken, value)))
        wrong += [f"{call[0]} {call[1]} {call[2][:300]}" for call in calls if not refused(send(root, *call))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("verb", ["approve", "decline", "withdraw", "apply", "revert"])
def test_nothing_said_of_a_decision_makes_the_server_fail(root, world, verb):
    decision = world.rows["rebalance.decision"]
    address = f"/api/v1/decisions/{decision.pk}/{verb}/"
    tag = root.get(f"/api/v1/decisions/{decision.pk}/").headers["ETag"]
    for value in HOSTILE:
        body = with_fields({}, ["comment", "why", "reason", "starts"], value).encode()
        for version in (tag, '"nothing"', value):
            said = root.generic("POST", address, body, content_type="application/json", headers={"If-Match": version})
            assert refused(said), (value, version)


@pytest.mark.parametrize(("prefix", "kind"), WRITTEN)
def test_no_body_makes_the_server_fail(root, world, prefix, kind):
    wrong = [body[:60] for body in RAW if not refused(send(root, "POST", f"/api/v1/{prefix}/", body))]
    assert not wrong


def parameters() -> list[tuple[str, list[str]]]:
    """Return the address of every list with the names of what can be asked of it."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    found = []
    for path, item in schema["paths"].items():
        names = [one["name"] for one in item.get("get", {}).get("parameters", []) if one["in"] == "query"]
        if names:
            found.append((path, names))
    return found


@pytest.mark.parametrize(("path", "names"), parameters())
def test_no_parameter_makes_the_server_fail(root, path, names):
    """All at once, so that each is refused; then each alone with those that look right at first sight."""
    queries = ["&".join(f"{name}={value}" for name in names) for value in IN_ADDRESS]
    queries += [f"{name}={value}" for name in names for value in LOOKS_RIGHT]
    wrong = [query[:200] for query in queries if not refused(root.generic("GET", path, QUERY_STRING=query))]
    assert not wrong, f"{path}\n" + "\n".join(wrong)


@pytest.mark.parametrize("prefix", [prefix for prefix, _ in ROUTES])
def test_no_address_makes_the_server_fail(root, prefix):
    for value in IN_ADDRESS:
        response = root.generic("GET", f"/api/v1/{prefix}/{value}/".replace("%25", "%2525"))
        assert refused(response), value


def test_a_refusal_is_a_problem_document_that_names_the_field(root, world):
    response = send(
        root, "POST", "/api/v1/products/", with_fields(world.new("catalog.product"), ["name"], '"a\\u0000b"')
    )

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response.headers["Content-Type"] == "application/problem+json"
    assert [error["attr"] for error in response.json()["errors"]] == ["name"]


@pytest.mark.parametrize("value", ['"\\ud800"', "NaN", "[" * 5_000])
def test_what_is_no_json_is_refused_in_words(root, world, value):
    response = send(root, "POST", "/api/v1/products/", with_fields(world.new("catalog.product"), ["purpose"], value))

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response.json()["detail"].startswith("The body is not JSON in UTF-8")


def test_a_body_beyond_measure_is_not_read(root, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000

    response = send(root, "POST", "/api/v1/products/", json.dumps({"name": "x" * 1_000}))

    assert response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "1,000 bytes" in response.json()["detail"]


def test_a_percent_sign_in_a_wrong_parameter_is_told_as_it_is(root):
    response = root.get("/api/v1/links/", {"known": "100%"})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response.json()["errors"][0]["attr"] == "known"
    assert "'100%'" in response.json()["errors"][0]["detail"]


def test_a_moment_beyond_the_calendar_is_refused_in_words(root):
    response = root.get("/api/v1/links/", {"known": "0001-01-01T00:00:00+14:00"})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert "out of reach" in response.json()["errors"][0]["detail"]
