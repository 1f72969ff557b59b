"""Pages, files and the API of budget, actual and forecast."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from portfolio.common.months import add_months, month_range
from tests import factories as make
from tests.files import lines

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def middle_of_the_year(settings):
    settings.TWOFOLD_TODAY = date(2026, 6, 30)


@pytest.fixture
def reader(client):
    client.force_login(make.make_user())
    return client


@pytest.fixture
def money():
    """A stream that pays two products in one value stream below another."""
    top = make.make_value_stream(code="driving", name="Driving")
    below = make.make_value_stream(code="licences", name="Licences", parent=top)
    stream = make.make_stream(code="fees", name="Fees", category="run")
    for number in range(2):
        product = make.make_product(code=f"tax-{number}", value_stream=below)
        make.make_allocation(stream=stream, product=product, monthly_amount=Decimal(1000))
        for month in month_range(date(2025, 1, 1), date(2026, 6, 1)):
            make.make_ledger_entry(
                product=product, stream=stream, starts=month, ends=add_months(month, 1), account="6100",
                amount=Decimal(900 + month.month), is_capital=bool(number),
            )  # fmt: skip
    make.make_transfer(from_stream=stream, to_stream=make.make_stream(code="levy", name="Levy"), amount=Decimal(50))
    return stream


def test_the_overview_shows_each_table_with_its_total(reader, money):
    shown = reader.get("/funding/overview/").content.decode()
    for words in ("By category", "By funding stream", "By value stream", "Fees", "Levy", "Licences", "Driving", "Run"):
        assert words in shown
    assert "$24,000.00" in shown  # allocated in the whole
    assert "With streams, not with a product" in shown


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "2026"),
        ("?period=quarter&first=2026-05", "Quarter 2 of 2026"),
        ("?window=quarter", "Quarter 2 of 2026"),
        ("?window=fy&first=2025-03", "2025"),
        ("?period=month&first=2026-09", "September 2026"),
    ],
)
def test_the_period_is_in_the_address(reader, money, query, name):
    assert f'<span class="strong">{name}</span>' in reader.get(f"/funding/overview/{query}").content.decode()


@pytest.mark.parametrize("query", ["?first=never", "?known=never", "?period=century"])
def test_a_period_that_makes_no_sense_is_explained_and_no_file_is_made_of_another(reader, money, query):
    page = reader.get(f"/funding/overview/{query}")
    assert page.status_code == 200
    assert "field-error" in page.content.decode()
    assert reader.get(f"/funding/overview/{query}&format=csv").status_code == 400


def test_the_overview_is_empty_at_first(reader):
    assert 'class="empty"' in reader.get("/funding/overview/").content.decode()
    assert 'class="empty"' in reader.get(f"/funding/{make.make_stream(code='new').code}/outlook/").content.decode()


@pytest.mark.parametrize(
    "path", ["/funding/fees/outlook/", "/funding/products/tax-0/outlook/", "/funding/value-streams/driving/outlook/"]
)
def test_an_outlook_shows_figures_causes_and_pictures_with_their_tables(reader, money, path):
    page = reader.get(path)
    shown = page.content.decode()
    for words in ("Budget and spending as they add up", "Where the money goes", "Why budget and spending differ"):
        assert words in shown
    assert "Account 6100" in shown
    burn, waterfall = page.context["burn"], page.context["waterfall"]
    assert len(burn.rows) == 12
    assert len(waterfall.figure["data"][0]["x"]) == len(waterfall.rows)
    # Two bands of two edges, then budget, actual and forecast.
    assert len(burn.figure["data"]) == 7


def test_an_outlook_of_nothing_that_is_there_is_a_404(reader):
    for path in ("none", "products/none", "value-streams/none"):
        assert reader.get(f"/funding/{path}/outlook/").status_code == 404


def test_the_overview_as_a_file_has_each_group_and_the_whole(reader, money):
    rows = lines(reader.get("/funding/overview/?format=csv"))
    assert {row["by"] for row in rows} == {"whole", "category", "stream", "value_stream"}
    whole = next(row for row in rows if row["by"] == "whole")
    assert (whole["from"], whole["to"], whole["actual_until"], whole["budget"]) == (
        "2026-01", "2026-12", "2026-06", "24000.00",
    )  # fmt: skip
    streams = lines(reader.get("/funding/overview/?format=csv&by=stream"))
    assert sum(Decimal(row["budget"]) for row in streams) == 24_000
    assert reader.get("/funding/overview/?format=xlsx").status_code == 200


def test_months_and_causes_of_an_outlook_are_had_as_files(reader, money):
    months = lines(reader.get("/funding/fees/outlook/?format=csv"))
    assert [row["is_actual"] for row in months] == ["yes"] * 6 + ["no"] * 6
    causes = lines(reader.get("/funding/fees/outlook/?format=csv&table=causes"))
    left = sum(Decimal(row["budget"]) - Decimal(row["actual"]) - Decimal(row["forecast"]) for row in months)
    assert sum(Decimal(row["amount"]) for row in causes) == left


def test_pages_ask_as_often_for_many_products_as_for_one(reader, money):
    def count(path: str) -> int:
        reader.get(path)  # how fresh the figures are is kept until they change
        with CaptureQueriesContext(connection) as queries:
            reader.get(path)
        return len(queries)

    paths = ("/funding/overview/", "/funding/fees/outlook/", "/funding/value-streams/driving/outlook/")
    before = [count(path) for path in paths]
    for _ in range(10):
        product = make.make_product(value_stream=make.make_value_stream())
        make.make_allocation(stream=make.make_stream(), product=product)
        make.make_ledger_entry(product=product)
    assert [count(path) for path in paths] == before


# -- The API


@pytest.fixture
def api() -> APIClient:
    client = APIClient()
    client.force_authenticate(make.make_user())
    return client


def test_the_api_gives_an_outlook_with_parts_that_add_up(api, money):
    body = api.get("/api/v1/outlooks/?stream=fees").json()
    assert (body["period"], body["first"], body["last"], body["actual_until"]) == (
        "year",
        "2026-01",
        "2026-12",
        "2026-06",
    )
    numbers = {name: Decimal(body[name]) for name in ("budget", "allocated", "transferred", "carried", "variance")}
    assert numbers["budget"] == numbers["allocated"] + numbers["transferred"] + numbers["carried"] == 23_950
    assert sum(Decimal(cause["amount"]) for cause in body["causes"]) == numbers["variance"]
    assert sum(Decimal(part) for part in body["forecast_by_kind"].values()) == Decimal(body["forecast"])
    assert Decimal(body["range"]["low"]) < Decimal(body["forecast"]) < Decimal(body["range"]["high"])
    assert Decimal(body["capital"]) + Decimal(body["operating"]) == Decimal(body["actual"]) + Decimal(body["forecast"])
    assert len(body["months"]) == 12


@pytest.mark.parametrize("query", ["", "?product=tax-0", "?value_stream=driving&period=quarter&first=2026-05"])
def test_the_api_gives_the_outlook_of_each_scope(api, money, query):
    assert api.get(f"/api/v1/outlooks/{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ("?stream=none", "stream"),
        ("?stream=fees&product=tax-0", "product"),
        ("?period=century", "period"),
        ("?first=never", "first"),
        ("?known=never", "known"),
    ],
)
def test_the_api_says_which_parameter_is_wrong(api, money, query, attr):
    answer = api.get(f"/api/v1/outlooks/{query}")
    assert answer.status_code == 400
    assert attr in {error["attr"] for error in answer.json()["errors"]}
