"""Renewals against money: the example of docs/estate.md, what is left out, and that all adds up."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from funding.outlook import scopes
from funding.outlook.periods import Span, period_of
from funding.outlook.reading import read_ahead
from funding.shelf_life import shelf_life
from tests import factories as make
from tests.files import columns

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 15)


@pytest.fixture(autouse=True)
def _of_the_day(settings):
    settings.TWOFOLD_TODAY = DAY


def make_component(name, products, low, high, **given):
    component = make.make_component(
        code=name.lower(), name=name, renewal_low=low and Decimal(low), renewal_high=high and Decimal(high), **given
    )
    for product in products:
        make.make_part(component=component, service=make.make_service(product=product))
    return component


@pytest.fixture
def example():
    """Two products: one has 1,000 a month to spare, the other no money at all."""
    tax, identity = make.make_product(code="tax", name="Tax"), make.make_product(code="identity", name="Identity")
    make.make_allocation(product=tax, monthly_amount=Decimal(10_000))
    make.make_ledger_entry(product=tax, amount=Decimal(9_000), starts=date(2026, 1, 1), ends=date(2026, 2, 1))
    make_component("Database", [tax, identity], "2000", "2000", end_of_support=date(2025, 11, 1))
    make_component("Runtime", [tax], "8000", "18000", end_of_support=date(2026, 8, 1))
    return tax, identity


def test_the_example_of_the_documentation(example):
    found = shelf_life(DAY)
    by_code = {one.product.code: one for one in found.products}
    tax, identity = by_code["tax"].lines, by_code["identity"].lines

    assert [line.headroom for line in tax] == [Decimal(3_000)] * 12
    assert [str(line.due) for line in tax[:4]] == ["1000.00", "0.00", "12370.18", "0.00"]
    assert [str(line.money) for line in tax[:4]] == ["3000.00", "5000.00", "8000.00", "3000.00"]
    assert [str(line.left) for line in tax[:4]] == ["2000.00", "5000.00", "0.00", "3000.00"]
    assert [str(line.covered) for line in tax[:4]] == ["1000.00", "0.00", "8000.00", "0.00"]
    assert [(str(line.gap), str(line.gap_low), str(line.gap_high)) for line in tax[2:3]] == [
        ("4370.18", "0.00", "10000.00")
    ]
    assert [str(line.gap) for line in identity[:2]] == ["1000.00", "0.00"]
    assert [str(line.gap) for line in found.quarters[:4]] == ["1000.00", "0.00", "4370.18", "0.00"]
    total = found.total
    assert (str(total.due), str(total.covered), str(total.gap)) == ("14370.18", "9000.00", "5370.18")
    for name in ("due", "headroom", "covered", "gap", "gap_low", "gap_high"):
        assert getattr(total, name) == sum(getattr(line, name) for line in found.quarters)
        assert getattr(total, name) == sum(getattr(one.total, name) for one in found.products)
    assert [one.product.code for one in found.products] == ["tax", "identity"]
    assert (by_code["tax"].first_gap, found.actual_until) == ("Q3 2026", date(2026, 1, 1))
    # A product chosen by itself shows the same, its part of what it shares included.
    [alone] = shelf_life(DAY, {identity[0].product.pk}).products
    assert alone.lines == identity


def test_the_page_of_documentation_has_the_figures_of_the_example(example):
    page = (Path(__file__).parents[2] / "docs" / "estate.md").read_text()
    [tax] = [one for one in shelf_life(DAY).products if one.product.code == "tax"]
    for line in tax.lines[:4]:
        amounts = (line.due, line.headroom, line.money, line.covered, line.gap, line.left)
        assert f"| {line.name} | {' | '.join(f'{amount:,.2f}' for amount in amounts)} |" in page


def test_the_item_that_renews_it_says_who_pays_and_what_cannot_be_counted_is_named(example):
    tax, identity = example
    roadmap = make.make_roadmap(products=[identity])
    item = make.make_item(roadmap=roadmap, product=identity, kind="obsolescence", metric=None)
    make_component("Library", [tax], "500", "500", end_of_support=date(2026, 5, 1), item=item)
    make_component("Abroad", [tax], "100", "100", end_of_support=date(2026, 5, 1), currency="EUR")
    make_component("Unpriced", [tax], None, None, end_of_support=date(2026, 5, 1))
    make_component("Unused", [], "700", "700", end_of_support=date(2026, 5, 1))
    make_component("Later", [tax], "700", "700", end_of_support=date(2029, 5, 1))

    found = shelf_life(DAY)
    second = {one.product.code: one.lines[1] for one in found.products}
    assert (second["tax"].due, second["identity"].due) == (0, 500)
    assert [row.code for row in found.unpriced] == ["unpriced"]
    assert [row.code for row in found.unused] == ["unused"]
    assert found.without_rate == ["EUR"]
    make.make_exchange_rate(currency="EUR", rate=Decimal("0.5"), ends=date(2026, 3, 1))
    found = shelf_life(DAY)
    assert found.without_rate == []
    assert found.quarters[1].due == 550  # a rate that has ended goes on


def test_what_is_read_ahead_is_what_the_outlook_says(example):
    tax, _ = example
    make.make_commitment(product=tax, amount=Decimal(500), starts=date(2026, 6, 1), ends=date(2026, 6, 2))
    make.make_allocation(product=tax, monthly_amount=Decimal(70), starts=date(2026, 3, 1), ends=date(2026, 9, 1))
    outlook, _ = scopes.of_product(tax, period_of("year", DAY))
    ahead = read_ahead(Span(date(2026, 1, 1), date(2026, 12, 1)), [tax.pk])

    for line in outlook.months:
        assert ahead.allocated.get((tax.pk, line.month), 0) == line.budget * 100
        assert ahead.spent.get((tax.pk, line.month), 0) == line.spent * 100


def test_the_page_the_file_and_the_api_tell_the_same_in_as_many_queries_for_many_products(client, example):
    client.force_login(make.make_user())
    url = reverse("funding:shelf-life")

    def queries() -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    once = queries()
    text = client.get(url).content.decode()
    assert "14,370.18" in text
    rows = list(columns(client.get(url, {"format": "csv"}), "product", "quarter", "gap"))
    assert ("tax", "Q3 2026", "4370.18") in rows
    assert len(rows) == 24
    told = client.get("/api/v1/shelf-life/").json()
    assert told["total"]["gap"] == "5370.18"
    assert [one["product"] for one in told["products"]] == ["tax", "identity"]
    assert client.get("/api/v1/shelf-life/", {"product": "identity"}).json()["total"]["gap"] == "1000.00"
    text = client.get(url, {"product": "tax"}).content.decode()
    assert "What is to be renewed" in text
    assert "Runtime" in text
    assert "Nothing is due for these products" in client.get(url, {"product": "none"}).content.decode()
    for number in range(5):
        product = make.make_product()
        make.make_allocation(product=product)
        make_component(f"More-{number}", [product], "5", "9", end_of_support=date(2027, 1, 1))
    assert queries() == once
