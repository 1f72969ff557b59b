"""Exposures by feature flags: dates on the charts of metrics."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from products.value.exposure_marks import exposures_of, marks
from products.value.models import Exposure
from tests.factories import make_exposure, make_metric, make_observation, make_product, make_user

pytestmark = pytest.mark.django_db


def test_an_exposure_is_a_date_on_the_charts_of_its_metrics(client):
    client.force_login(make_user())
    metric = make_metric(code="renewals")
    for month in (1, 2, 3, 4):
        make_observation(metric=metric, starts=date(2026, month, 1), ends=date(2026, month + 1, 1))
    product = metric.product
    make_exposure(product=product, flag="new-form", starts=date(2026, 2, 10), ends=date(2026, 3, 1))
    make_exposure(product=product, flag="new-form", share=Decimal(1), starts=date(2026, 3, 1), ends=date(2026, 3, 20))
    make_exposure(product=product, flag="elsewhere", metric=make_metric(product=product), starts=date(2026, 2, 1))
    make_exposure(product=product, flag="long-ago", starts=date(2025, 1, 1))
    shown = exposures_of(metric)
    assert {row.flag for row in shown} == {"new-form", "long-ago"}
    found = [(mark.on.isoformat(), mark.words) for mark in marks(shown, [date(2026, 1, 1), date(2026, 4, 1)])]
    assert found == [("2026-02-10", "new-form 25%"), ("2026-03-01", "new-form 100%"), ("2026-03-20", "new-form ends")]
    response = client.get(metric.get_absolute_url())
    layout = response.context["chart"].figure["layout"]
    assert [shape["x0"] for shape in layout["shapes"] if shape.get("yref") == "paper"] == [on for on, _ in found]
    assert {words for _, words in found} <= {note["text"] for note in layout["annotations"]}
    assert json.dumps(layout)
    page = response.content.decode()
    assert "What customers had" in page
    assert "Record an exposure" not in page


def test_exposures_are_recorded_and_corrected_by_page_and_api(client):
    product = make_product(code="tax")
    client.force_login(make_user("product_owner", product=product))
    form = {"product": product.pk, "flag": "new-form", "share": "0.25", "starts": "2026-01-01"}
    assert client.post(reverse("value:exposure-add"), form).status_code == 302
    row = Exposure.objects.get()
    assert "already from" in client.post(reverse("value:exposure-add"), form).content.decode()
    other = make_metric().pk
    assert "choose one of" in client.post(reverse("value:exposure-add"), form | {"metric": other}).content.decode()
    changed = form | {"ends": "2026-02-01", "reason": "It closed."}
    assert client.post(reverse("value:exposure-correct", args=[row.pk]), changed).status_code == 302
    body = {"product": "tax", "flag": "new-form", "share": "1", "starts": "2026-02-01"}
    assert client.post("/api/v1/exposures/", body, content_type="application/json").status_code == 201
    rows = client.get("/api/v1/exposures/", {"on": "2026-01-15"}).json()["results"]
    assert [(one["share"], one["ends"]) for one in rows] == [("0.250000", "2026-02-01")]
    listed = client.get(reverse("value:exposure-list"), {"product": "tax"})
    assert len(listed.context["page"]) == 2
