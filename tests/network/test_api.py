"""The API of the network."""

from datetime import date
from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from portfolio.network.models import Link, Usage
from tests.factories import make_link, make_product, make_usage, make_user

pytestmark = pytest.mark.django_db

MAKERS = {
    "links": lambda: make_link(by=make_user("leader")),
    "usage": lambda: make_usage(consumer=make_product(), by=make_user("leader")),
}


@pytest.fixture
def api() -> APIClient:
    """A caller who is a leader."""
    client = APIClient()
    client.user = make_user("leader")
    client.force_authenticate(client.user)
    return client


def _errors(answer) -> dict[str, str]:
    assert answer["Content-Type"].startswith("application/problem+json")
    return {error["attr"]: error["detail"] for error in answer.json()["errors"]}


@pytest.mark.parametrize("path", MAKERS)
def test_a_list_has_the_same_number_of_queries_at_1_and_at_20_rows(
    api, path, django_assert_num_queries, django_assert_max_num_queries
):
    MAKERS[path]()
    with django_assert_max_num_queries(4) as first:
        api.get(f"/api/v1/{path}/")
    for _ in range(19):
        MAKERS[path]()
    with django_assert_num_queries(len(first)):
        answer = api.get(f"/api/v1/{path}/")
    assert len(answer.json()["results"]) == 20


def test_a_link_and_its_usage_are_recorded_by_code(api):
    make_product(code="pay")
    make_product(code="tax")
    answer = api.post("/api/v1/links/", {"supplier": "pay", "consumer": "tax", "share": "0.25", "starts": "2026-01-01"})
    assert answer.status_code == 201
    assert answer.json()["share"] == "0.250000"
    answer = api.post("/api/v1/usage/", {"supplier": "pay", "consumer": "tax", "month": "2026-02", "quantity": "12.5"})
    assert answer.status_code == 201
    assert (answer.json()["month"], answer.json()["quantity"]) == ("2026-02", "12.5000")
    assert Usage.objects.get().month == date(2026, 2, 1)
    assert Link.objects.get().recorded_by == api.user


def test_usage_by_customers_outside_has_no_consumer(api):
    make_product(code="pay")
    answer = api.post("/api/v1/usage/", {"supplier": "pay", "month": "2026-02", "quantity": "12.5"})
    assert answer.json()["consumer"] is None


@pytest.mark.parametrize(
    ("path", "given", "field", "words"),
    [
        ("links", {"consumer": "pay"}, "consumer", "cannot pull from itself"),
        ("links", {"share": "1.1"}, "share", "at most 1"),
        ("links", {"starts": "2026-01-02"}, "starts", "is not the first of one"),
        ("links", {"supplier": "nope"}, "supplier", "nope"),
        ("usage", {"month": "2026-13"}, "month", "is not a month"),
        ("usage", {"month": "0001-01"}, "month", "out of reach"),
        ("usage", {"month": None}, "month", "null"),
        ("usage", {"quantity": "-1"}, "quantity", "cannot be negative"),
        ("usage", {}, "consumer", "There is no link"),
    ],
)
def test_an_error_names_its_field(api, path, given, field, words):
    make_product(code="pay")
    make_product(code="tax")
    data = {"supplier": "pay", "consumer": "tax", "share": "0.2", "starts": "2026-01-01"}
    if path == "usage":
        data = {"supplier": "pay", "consumer": "tax", "month": "2026-02", "quantity": "1"}
    answer = api.post(f"/api/v1/{path}/", data | given)
    assert answer.status_code == 400
    assert words in _errors(answer)[field]


def test_shares_beyond_the_whole_are_refused(api):
    link = make_link(share=Decimal("0.9"))
    other = make_product()
    data = {"supplier": link.supplier.code, "consumer": other.code, "share": "0.2", "starts": "2026-01-01"}
    assert "At most 10.00% is left" in _errors(api.post("/api/v1/links/", data))["share"]


def test_usage_is_corrected_and_retracted_by_calls_of_their_own(api):
    usage = make_usage(month=date(2026, 1, 1))
    answer = api.post(f"/api/v1/usage/{usage.pk}/correct/", {"month": "2026-02", "reason": "Wrong month"})
    assert (answer.status_code, answer.json()["month"], answer.json()["corrects"]) == (201, "2026-02", usage.pk)
    again = api.post(f"/api/v1/usage/{usage.pk}/retract/", {"reason": "Twice"})
    assert again.status_code == 409
    done = api.post(f"/api/v1/usage/{answer.json()['id']}/retract/", {"reason": "Never metered"})
    assert done.json()["reason"] == "Never metered"
    assert not Usage.objects.known().exists()


def test_a_link_that_usage_needs_cannot_be_retracted(api):
    make_usage(consumer=make_product())
    answer = api.post(f"/api/v1/links/{Link.objects.get().pk}/retract/", {"reason": "Never agreed"})
    assert answer.status_code == 400
    assert "would have no link" in answer.json()["detail"]


def test_links_are_filtered_as_on_the_page(api):
    wanted = make_link()
    make_link()
    for query in (
        {"product": wanted.consumer.code},
        {"supplier": wanted.supplier.code},
        {"value_stream": wanted.supplier.value_stream.code},
    ):
        rows = api.get("/api/v1/links/", query).json()["results"]
        assert [row["id"] for row in rows] == [wanted.pk], query


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("finance_partner", "links", 403),
        ("team_lead", "links", 403),
        ("team_lead", "usage", 400),
        ("leader", "links", 400),
    ],
)
def test_a_role_writes_what_is_its_own(role, path, status):
    client = APIClient()
    client.force_authenticate(make_user(role))
    assert client.post(f"/api/v1/{path}/", {}).status_code == status
