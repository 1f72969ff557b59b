"""The API of value."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from products.value.models import Confirmation, Metric, Observation
from tests.factories import (
    make_confirmation,
    make_metric,
    make_observation,
    make_product,
    make_user,
    make_valuation,
)

pytestmark = pytest.mark.django_db

PATHS = {
    "metrics": make_metric,
    "observations": lambda: make_observation(by=make_user("leader")),
    "valuations": lambda: make_confirmation(valuation=make_valuation(by=make_user("leader"))),
    "confirmations": make_confirmation,
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


@pytest.mark.parametrize("path", PATHS)
def test_a_list_has_the_same_number_of_queries_at_1_and_at_20_rows(
    api, path, django_assert_num_queries, django_assert_max_num_queries
):
    PATHS[path]()
    with django_assert_max_num_queries(4) as first:
        api.get(f"/api/v1/{path}/")
    for _ in range(19):
        PATHS[path]()
    with django_assert_num_queries(len(first)):
        answer = api.get(f"/api/v1/{path}/")
    assert len(answer.json()["results"]) == 20


@pytest.mark.parametrize("path", PATHS)
def test_who_is_not_signed_in_reads_nothing(path):
    assert APIClient().get(f"/api/v1/{path}/").status_code == 401


def test_a_metric_is_added_and_changed_by_code(api):
    make_product(code="tax")
    fact = {"code": "taxed", "name": "Taxed", "product": "tax", "behaviour": "flow", "unit": "taxes", "target": "9.5"}
    answer = api.post("/api/v1/metrics/", fact)
    assert answer.status_code == 201
    assert (answer.json()["product"], answer.json()["target"]) == ("tax", "9.5000")
    assert api.patch("/api/v1/metrics/taxed/", {"name": "Taxed online"}).json()["name"] == "Taxed online"
    make_observation(metric=Metric.objects.get())
    answer = api.patch("/api/v1/metrics/taxed/", {"unit": "cars"})
    assert answer.status_code == 400
    assert "cannot change any more" in str(_errors(answer))


def test_an_observation_is_recorded_corrected_and_retracted(api):
    make_metric(code="taxed")
    fact = {"metric": "taxed", "starts": "2026-03-01", "ends": "2026-04-01", "value": "12.5"}
    answer = api.post("/api/v1/observations/", fact)
    assert answer.status_code == 201
    first = Observation.objects.get()
    assert answer.json()["recorded_by"] == api.user.username
    before = timezone.now()
    answer = api.post(f"/api/v1/observations/{first.pk}/correct/", {"value": "13", "reason": "Misread"})
    assert (answer.status_code, answer.json()["corrects"], answer.json()["value"]) == (201, first.pk, "13.0000")
    (now,) = api.get("/api/v1/observations/").json()["results"]
    (then,) = api.get("/api/v1/observations/", {"known": before.isoformat()}).json()["results"]
    assert (now["value"], then["value"]) == ("13.0000", "12.5000")
    assert api.post(f"/api/v1/observations/{first.pk}/correct/", {"value": "1", "reason": "x"}).status_code == 409
    assert api.post(f"/api/v1/observations/{now['id']}/retract/", {"reason": "Never"}).status_code == 200
    assert api.get("/api/v1/observations/").json()["results"] == []


@pytest.mark.parametrize(
    ("given", "attr"),
    [
        ({"metric": "nothing"}, "metric"),
        ({"value": "1.00005"}, "value"),
        ({"ends": "2026-03-01"}, "ends"),
        ({"starts": "soon"}, "starts"),
    ],
)
def test_an_error_names_its_field(api, given, attr):
    make_metric(code="taxed")
    fact = {"metric": "taxed", "starts": "2026-03-01", "ends": "2026-04-01", "value": "12.5"}
    answer = api.post("/api/v1/observations/", fact | given)
    assert answer.status_code == 400
    assert attr in _errors(answer)


def test_a_valuation_lists_who_confirmed_it(api):
    metric = make_metric(code="taxed")
    answer = api.post(
        "/api/v1/valuations/",
        {"metric": "taxed", "low": "1.5", "high": "4", "currency": "USD", "evidence": "measured",
         "asserted_by": "Ada", "source": "Study", "starts": "2026-03-01"},
    )  # fmt: skip
    assert answer.status_code == 201
    assert answer.json()["confirmations"] == []
    other = make_user("finance_partner")
    make_confirmation(valuation=metric.valuations.get(), by=other, comment="Sound")
    (row,) = api.get("/api/v1/valuations/", {"confirmed": "true"}).json()["results"]
    (given,) = row["confirmations"]
    assert (given["recorded_by"], given["comment"]) == (other.username, "Sound")
    assert (row["low"], row["high"]) == ("1.500000", "4.000000")


def test_a_confirmation_is_given_and_taken_back(api):
    valuation = make_valuation()
    answer = api.post("/api/v1/confirmations/", {"valuation": valuation.pk, "comment": "Read it"})
    assert answer.status_code == 201
    assert Confirmation.objects.get().recorded_by == api.user
    again = api.post("/api/v1/confirmations/", {"valuation": valuation.pk})
    assert again.status_code == 400
    assert "already confirmed" in str(again.json())
    pk = answer.json()["id"]
    assert api.post(f"/api/v1/confirmations/{pk}/retract/", {"reason": "Misread"}).status_code == 200
    assert api.get("/api/v1/valuations/").json()["results"][0]["confirmations"] == []


def test_ones_own_valuation_cannot_be_confirmed(api):
    valuation = make_valuation(by=api.user)
    answer = api.post("/api/v1/confirmations/", {"valuation": valuation.pk})
    assert "someone else has to confirm" in _errors(answer)["valuation"]


@pytest.mark.parametrize("valuation", [10**30, -1, "x", None, True, "\x00"])
def test_a_valuation_that_is_not_there_cannot_be_confirmed(api, valuation):
    assert api.post("/api/v1/confirmations/", {"valuation": valuation}).status_code == 400


@pytest.mark.parametrize(
    ("path", "query", "count"),
    [
        ("metrics", {"valued": "true"}, 1),
        ("metrics", {"overdue": "true"}, 1),
        ("observations", {"metric": "a,b"}, 2),
        ("observations", {"from": "2026-02-01"}, 1),
        ("valuations", {"evidence": "measured"}, 0),
        ("confirmations", {"metric": "a"}, 1),
        ("confirmations", {"by": "nobody"}, 0),
    ],
)
def test_lists_are_filtered_as_the_pages_are(api, settings, path, query, count):
    settings.TWOFOLD_TODAY = date(2026, 3, 15)
    a, b = make_metric(code="a"), make_metric(code="b")
    make_observation(metric=a, starts=date(2026, 1, 1))
    make_observation(metric=b, starts=date(2026, 3, 1))
    make_confirmation(valuation=make_valuation(metric=a))
    assert len(api.get(f"/api/v1/{path}/", query).json()["results"]) == count


@pytest.mark.parametrize("query", [{"valuation": "1e400"}, {"valuation": "99999999999999999999"}, {"valuation": "x"}])
def test_a_filter_that_makes_no_sense_is_refused(api, query):
    assert api.get("/api/v1/confirmations/", query).status_code == 400


def test_an_owner_writes_their_own_product_only():
    mine, other = make_metric(), make_metric()
    client = APIClient()
    client.force_authenticate(make_user("product_owner", product=mine.product))
    fact = {"starts": "2026-03-01", "ends": "2026-03-02", "value": "1"}
    assert client.post("/api/v1/observations/", fact | {"metric": mine.code}).status_code == 201
    assert client.post("/api/v1/observations/", fact | {"metric": other.code}).status_code == 403
    assert Observation.objects.get().value == Decimal("1")
