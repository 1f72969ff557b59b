"""The four products of docs/arithmetic.md: every figure on that page, from recorded facts to the board's ratio."""

from datetime import date
from decimal import Decimal

import pytest

from portfolio.rollup import actions
from portfolio.rollup.models import ProductMonth, Standing
from tests.factories import (
    make_ledger_entry,
    make_link,
    make_metric,
    make_observation,
    make_product,
    make_valuation,
)

pytestmark = pytest.mark.django_db

MONTH = date(2016, 1, 1)
COSTS = {"tax": 42, "renewals": 30, "identity": 62, "hosting": 25}
VALUES = {"tax": 200, "renewals": 100}
SHARES = {
    ("identity", "tax"): "0.50",
    ("identity", "renewals"): "0.25",
    ("identity", "hosting"): "0.25",
    ("hosting", "identity"): "0.40",
    ("hosting", "tax"): "0.40",
}


@pytest.fixture
def worked(settings) -> dict[str, ProductMonth]:
    settings.TWOFOLD_TODAY = date(2016, 1, 31)
    products = {code: make_product(code=code) for code in COSTS}
    for code, cost in COSTS.items():
        make_ledger_entry(product=products[code], starts=MONTH, amount=Decimal(cost))
    for code, value in VALUES.items():
        metric = make_metric(product=products[code])
        make_observation(metric=metric, starts=MONTH, value=Decimal(value))
        make_valuation(metric=metric, low=Decimal(1), high=Decimal(1), starts=MONTH)
    for (supplier, consumer), share in SHARES.items():
        make_link(supplier=products[supplier], consumer=products[consumer], share=Decimal(share), starts=MONTH)
    actions.refresh_standings()
    return {row.product.code: row for row in ProductMonth.objects.select_related("product")}


def column(worked: dict[str, ProductMonth], name: str) -> dict[str, Decimal]:
    return {code: getattr(worked[code], name) for code in COSTS}


def money(**amounts: str) -> dict[str, Decimal]:
    return {code: Decimal(amount) for code, amount in amounts.items()}


def test_loaded_cost_solves_the_cycle_exactly(worked):
    assert column(worked, "loaded_cost") == money(tax="100", renewals="50", identity="80", hosting="45")


def test_what_stays_with_customers_sums_to_what_went_in(worked):
    assert column(worked, "retained_cost") == money(tax="100", renewals="50", identity="0", hosting="9")


def test_reached_value_travels_upstream(worked):
    assert column(worked, "reached_value") == money(tax="200", renewals="100", identity="151.11", hosting="70")


def test_credited_value_is_a_partition(worked):
    credited = column(worked, "credited_value")
    assert credited == money(tax="84", renewals="60", identity="117.11", hosting="38.89")
    assert sum(credited.values()) == sum(VALUES.values())


def test_each_dollar_returns_what_the_page_says(worked):
    found = {row.product.code: round(row.credited, 2) for row in Standing.objects.filter(window="t12m").of_products()}
    assert found == {"tax": 2.0, "renewals": 2.0, "identity": 1.89, "hosting": 1.56}
    whole = Standing.objects.get(window="t12m", product=None, value_stream=None)
    assert round(whole.credited, 2) == round(whole.direct, 2) == 1.89
