"""The API of the catalogue: by code, through the actions, with the same rights as the pages."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from portfolio.common.models import User
from products.catalog.models import Assignment, Insight, Product, ValueStream
from tests import factories as make

pytestmark = pytest.mark.django_db

ROUTES = ["value-streams", "products", "segments", "insights", "assignments"]


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def api() -> APIClient:
    """The API for a leader of the whole portfolio."""
    return client_of(make.make_user("leader"))


def make_rows(count: int) -> None:
    for _ in range(count):
        owner = User.objects.create(username=f"owner-{User.objects.count()}")
        product = make.make_product(owner=owner, value_stream=make.make_value_stream(parent=make.make_value_stream()))
        make.make_insight(product=product, segment=make.make_segment(product=product))
        make.make_assignment(product=product)


@pytest.mark.parametrize("route", ROUTES)
def test_a_list_takes_as_many_queries_for_twenty_rows_as_for_one(api, route):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get(f"/api/v1/{route}/").status_code == 200
        return len(captured)

    make_rows(1)
    queries()
    one = queries()
    make_rows(19)

    assert queries() == one


@pytest.mark.parametrize("route", ROUTES)
def test_the_api_is_for_who_is_signed_in(route):
    assert APIClient().get(f"/api/v1/{route}/").status_code in {401, 403}


def test_rows_are_made_and_named_by_code(api):
    def add(route: str, **fields) -> dict:
        response = api.post(f"/api/v1/{route}/", fields)
        assert response.status_code == 201, response.content
        return response.json()

    owner = make.make_user()
    make.make_team(code="alpha")
    add("value-streams", code="driving", name="Driving", purpose="Keep people on the road.")
    assert add("value-streams", code="licences", name="Licences", parent="driving")["parent"] == "driving"
    product = {"code": "renewals", "name": "Renewals", "value_stream": "licences", "owner": owner.username}
    assert add("products", **product, stage="grow")["owner"] == owner.username
    add("segments", code="drivers", name="Drivers", product="renewals", size=5_500_000, size_basis="Register")
    insight = {"product": "renewals", "segment": "drivers", "said_on": "2026-03-01", "kind": "survey"}
    assert add("insights", **insight, text="Too long", source="Survey")["segment"] == "drivers"
    share = add("assignments", team="alpha", product="renewals", share="0.5", starts="2026-03-01")
    assert share["share"] == "0.500000"


def test_a_product_is_edited_by_code(api):
    make.make_product(code="renewals")
    make.make_value_stream(code="land")

    assert api.patch("/api/v1/products/renewals/", {"stage": "retire"}).json()["stage"] == "retire"
    assert api.patch("/api/v1/products/renewals/", {"value_stream": "land"}).json()["value_stream"] == "land"
    assert api.delete("/api/v1/products/renewals/").status_code == 405
    assert Product.objects.get().history.count() == 3


def test_a_loop_in_the_tree_is_refused_at_the_field(api):
    top = make.make_value_stream(code="top")
    make.make_value_stream(code="below", parent=top)
    response = api.patch("/api/v1/value-streams/top/", {"parent": "below"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == "parent"
    assert ValueStream.objects.get(code="top").parent is None


def test_moves_take_rights_over_both_ends():
    product = make.make_product(code="renewals")
    make.make_value_stream(code="land")
    for user in (
        make.make_user("product_owner", product=product),
        make.make_user("leader", value_stream=product.value_stream),
    ):
        response = client_of(user).patch("/api/v1/products/renewals/", {"value_stream": "land"})
        assert response.status_code == 403
        assert client_of(user).patch("/api/v1/products/renewals/", {"name": "Renewed"}).status_code == 200

    assert Product.objects.get().value_stream == product.value_stream


@pytest.mark.parametrize(
    ("route", "query", "count"),
    [
        ("products", {"value_stream": "driving"}, 2),
        ("products", {"value_stream": "driving,land"}, 3),
        ("products", {"value_stream": "licences"}, 1),
        ("products", {"value_stream": "nothing"}, 0),
        ("products", {"kind": "platform"}, 1),
        ("products", {"search": "regis"}, 1),
        ("value-streams", {"parent": "driving"}, 1),
        ("segments", {"product": "renewals"}, 1),
        ("insights", {"product": "renewals", "kind": "interview"}, 1),
        ("insights", {"said_to": "2020-01-01"}, 0),
        ("assignments", {"product": "renewals", "on": "2026-06-01"}, 1),
        ("assignments", {"product": "register"}, 0),
    ],
)
def test_lists_are_filtered_as_the_pages_are(api, route, query, count):
    driving = make.make_value_stream(code="driving")
    licences = make.make_value_stream(code="licences", parent=driving)
    renewals = make.make_product(code="renewals", value_stream=licences)
    make.make_product(code="tests", value_stream=driving, kind="platform")
    make.make_product(code="register", value_stream=make.make_value_stream(code="land"))
    make.make_insight(product=renewals, segment=make.make_segment(product=renewals))
    make.make_assignment(product=renewals)

    assert len(api.get(f"/api/v1/{route}/", query).json()["results"]) == count


@pytest.mark.parametrize(
    "query", [{"stage": "pilot"}, {"owner": "nobody"}, {"owner": "nul\x00"}, {"search": "nul\x00"}]
)
def test_a_filter_that_is_none_is_refused_in_words(api, query):
    response = api.get("/api/v1/products/", query)

    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == next(iter(query))


def test_an_insight_is_corrected_and_the_old_one_stays_readable(api):
    old = make.make_insight(text="It took too long.")
    before = timezone.now()
    url = f"/api/v1/insights/{old.pk}/"
    response = api.post(f"{url}correct/", {"text": "It took an hour.", "reason": "Transcript"})

    assert response.status_code == 201
    assert response.json()["corrects"] == old.pk
    assert api.get(url).json()["reason"] == "Transcript"
    (then,) = api.get("/api/v1/insights/", {"known": before.isoformat()}).json()["results"]
    assert then["text"] == "It took too long."
    assert Insight.objects.known().get().text == "It took an hour."


def test_a_share_beyond_what_is_left_is_refused_at_the_field(api):
    row = make.make_assignment(share=Decimal("0.75"))
    fact = {"team": row.team.code, "product": make.make_product().code, "starts": "2026-03-01"}
    response = api.post("/api/v1/assignments/", fact | {"share": "0.5"})

    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["attr"] == "share"
    assert "At most 25.00% is left" in error["detail"]
    assert Assignment.objects.count() == 1


def test_errors_name_the_field(api):
    make.make_product(code="renewals")
    fact = {"product": "renewals", "said_on": "2026-03-01", "kind": "survey", "text": "Words", "source": "Survey"}
    for change, attr in (
        ({"product": "nothing"}, "product"),
        ({"segment": make.make_segment().code}, "segment"),
        ({"said_on": "2999-01-01"}, "said_on"),
        ({"kind": "rumour"}, "kind"),
        ({"text": ""}, "text"),
    ):
        response = api.post("/api/v1/insights/", fact | change)
        assert response.status_code == 400, change
        assert response.json()["errors"][0]["attr"] == attr


def test_a_code_is_taken_once(api):
    make.make_product(code="renewals")
    fact = {"code": "renewals", "name": "Other", "value_stream": make.make_value_stream().code}
    response = api.post("/api/v1/products/", fact)

    assert response.status_code == 400
    assert response.json()["errors"][0]["attr"] == "code"


def test_writing_follows_the_role():
    product = make.make_product(code="renewals")
    other = make.make_product(code="register")
    partner = client_of(make.make_user("business_partner", product=product))
    fact = {"said_on": "2026-03-01", "kind": "survey", "text": "Words", "source": "Survey"}

    assert partner.post("/api/v1/insights/", fact | {"product": "renewals"}).status_code == 201
    assert partner.post("/api/v1/insights/", fact | {"product": "register"}).status_code == 403
    row = Insight.objects.get()
    stolen = {"product": other.code, "reason": "Mixed up"}
    assert partner.post(f"/api/v1/insights/{row.pk}/correct/", stolen).status_code == 403
    assert partner.patch("/api/v1/products/renewals/", {"name": "Mine"}).status_code == 403
    assert Insight.objects.known().get().product == product
