"""The lists of this room as files."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests import factories as make
from tests.files import columns, lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


@pytest.mark.parametrize("asked", [{}, {"sort": "-late"}, {"sort": "seen"}, {"valued": "false"}, {"overdue": "true"}])
def test_the_file_of_the_metrics_has_the_rows_of_the_page_in_their_order(reader, asked):
    for number, name in enumerate(("Taxed", "Called", "Waited")):
        metric = make.make_metric(name=name)
        make.make_observation(metric=metric, starts=make.START - timedelta(days=900 * number))
    make.make_valuation(metric=metric)

    shown = [row.code for row in reader.get("/metrics/", asked).context["page"]]
    found = [line["code"] for line in lines(reader.get("/metrics/", asked | {"format": "csv"}))]

    assert found == shown
    assert shown


@pytest.mark.parametrize(
    "asked", [{}, {"sort": "value"}, {"sort": "-metric"}, {"product": "tax"}, {"to": "2026-01-02"}]
)
def test_the_file_of_the_observations_has_the_rows_of_the_page_in_their_order(reader, asked):
    metric = make.make_metric(product=make.make_product(code="tax"))
    for number in range(5):
        make.make_observation(
            metric=metric if number % 2 else make.make_metric(),
            starts=make.START + timedelta(days=number),
            value=Decimal(100 - number) / 8,
        )

    shown = [
        (row.metric.code, f"{row.starts}", f"{row.ends}", row.value, row.metric.unit)
        for row in reader.get("/metrics/observations/", asked).context["page"]
    ]
    file = reader.get("/metrics/observations/", asked | {"format": "csv"})
    found = columns(file, "metric", "starts", "ends", "value", "unit")

    assert [(*line[:3], Decimal(line[3]), line[4]) for line in found] == shown
    assert shown


def test_valuations_have_their_range_exactly(reader):
    make.make_valuation(
        low=Decimal("0.000001"), high=Decimal("999999999.999999"), metric=make.make_metric(code="calls")
    )

    found = columns(
        reader.get("/metrics/valuations/", {"format": "csv"}), "metric", "low", "high", "currency", "evidence"
    )

    assert list(found) == [("calls", "0.000001", "999999999.999999", "USD", "asserted")]


def test_the_api_gives_confirmations_with_the_metric_they_are_about(reader):
    valuation = make.make_valuation(metric=make.make_metric(code="calls"))
    make.make_confirmation(valuation=valuation, comment="-1 from me")

    found = columns(reader.get("/api/v1/confirmations/", {"format": "csv"}), "valuation", "metric", "comment")

    assert list(found) == [(str(valuation.pk), "calls", "'-1 from me")]
