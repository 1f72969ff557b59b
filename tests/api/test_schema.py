"""The API's description: valid, complete, and a page that people can read."""

from io import StringIO

import jsonschema
import pytest
from django.core.management import call_command
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from portfolio.common import actions
from portfolio.config.api import router
from portfolio.config.reference import groups
from tests import factories as make
from tests.access.world import World


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(schema):
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def test_the_schema_is_valid_and_without_a_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_every_route_is_described(schema):
    described = {path.removeprefix("/api/v1/").split("/")[0] for path in schema["paths"]}

    assert described == {prefix for prefix, _, _ in router.registry}


def test_every_call_says_what_it_does_who_may_and_how_it_fails(schema):
    for name, operation in operations(schema):
        assert operation.get("description"), name
        assert operation["security"] == [{"token": []}, {"cookieAuth": []}], name
        problem = operation["responses"]["default"]["content"]["application/problem+json"]
        assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}, name


def test_a_correction_takes_any_of_the_rows_fields_and_needs_a_reason(schema):
    described = schema["components"]["schemas"]["CorrectLedgerEntryRequest"]

    assert described["required"] == ["reason"]
    assert {"amount", "starts", "ends", "product"} < set(described["properties"])
    assert "recorded_at" not in described["properties"]


def test_a_retraction_takes_a_reason_alone(schema):
    described = schema["components"]["schemas"]["ReasonRequest"]

    assert set(described["properties"]) == {"reason"}


def test_what_is_filled_in_by_the_recording_is_not_taken(schema):
    for name, described in schema["components"]["schemas"].items():
        if name.endswith("Request") and not name.startswith(("Correct", "Reason")):
            assert not {"id", "recorded_at", "recorded_by", "reason"} & set(described.get("properties", {})), name


@pytest.mark.django_db
def test_the_page_shows_every_call(client, schema):
    client.force_login(make.make_user())

    page = client.get(reverse("api"))

    assert page.status_code == 200
    shown = {f"{call.method} {call.path}" for group in groups() for call in group.calls}
    assert shown == {name for name, _ in operations(schema)}
    text = page.content.decode()
    assert all(f"</b> {name.split()[1]}</code>" in text for name in shown)


@pytest.mark.django_db
def test_the_page_says_what_a_correction_takes(client):
    call = next(
        call for group in groups() for call in group.calls if call.path == "/api/v1/ledger-entries/{id}/correct/"
    )

    assert next(one for one in call.body if one.name == "reason").is_required
    assert not next(one for one in call.body if one.name == "amount").is_required
    assert {name for name, _ in call.answers} == {"201"}


@pytest.mark.django_db
def test_the_schema_is_read_by_who_is_signed_in(client):
    assert client.get(reverse("schema")).status_code == 401
    assert client.get(reverse("api")).status_code == 302

    client.force_login(make.make_user())

    assert client.get(reverse("schema")).status_code == 200


def as_json_schema(given):
    """Return a piece of an OpenAPI 3.0 schema as JSON Schema, which says in another way that null is allowed."""
    if isinstance(given, list):
        return [as_json_schema(one) for one in given]
    if not isinstance(given, dict):
        return given
    plain = {name: as_json_schema(one) for name, one in given.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if given.get("nullable") is True else plain


@pytest.fixture
def corrected(db):
    """The rows of each kind, each recorded one corrected once."""
    world = World()
    for kind in ("value.confirmation", "network.usage", "network.link", "funding.ledgerentry", "teams.rate"):
        world.rows[kind] = actions.correct(world.rows[kind], changes={}, reason="Misread.", by=None)
    return world


#: Lists that need to be told of what.
ASKED = {"agreement": "?roadmap=ahead", "differences": "?roadmap=ahead"}


@pytest.mark.parametrize(("prefix", "viewset"), [(prefix, viewset) for prefix, viewset, _ in router.registry])
def test_what_is_answered_is_what_is_described(client, corrected, schema, prefix, viewset):
    client.force_login(make.User.objects.create_superuser("root"))
    described = as_json_schema(schema)

    def check(path, address):
        content = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        answer = client.get(address)
        assert answer.status_code == 200
        jsonschema.validate(answer.json(), described | as_json_schema(content))
        return answer.json()

    has_list = hasattr(viewset, "list")
    shown = check(f"/api/v1/{prefix}/", f"/api/v1/{prefix}/{ASKED.get(prefix, '')}") if has_list else {}
    row = corrected.rows.get(viewset.queryset.model._meta.label_lower)
    if row and hasattr(viewset, "retrieve"):
        assert not has_list or shown["results"]
        name = viewset.lookup_field if viewset.lookup_field == "code" else "id"
        check(f"/api/v1/{prefix}/{{{name}}}/", f"/api/v1/{prefix}/{getattr(row, name)}/")
        if hasattr(row, "corrects_id") and row.corrects_id:
            check(f"/api/v1/{prefix}/{{{name}}}/", f"/api/v1/{prefix}/{row.corrects_id}/")
