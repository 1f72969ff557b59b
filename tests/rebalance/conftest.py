"""The four products of docs/arithmetic.md, with money allocated to each: a network that a head can check."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache

from portfolio.common import actions as rows
from portfolio.rebalance.models import Elasticity
from portfolio.rollup import actions
from products.catalog.models import Product
from tests import factories as make

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


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2016, 1, 31)
    cache.clear()


def make_elasticity(*, low="0.5", high="0.5", by=None, **given) -> Elasticity:
    row = Elasticity(low=Decimal(low), high=Decimal(high), why="A judgement", **given)
    return rows.record(row, by=by)


@pytest.fixture
def network(db) -> dict[str, Product]:
    """Return the four products by code; `fees` pays each what it costs."""
    services, platforms = make.make_value_stream(code="services"), make.make_value_stream(code="platforms")
    products = {
        code: make.make_product(code=code, value_stream=services if code in VALUES else platforms) for code in COSTS
    }
    stream = make.make_stream(code="fees")
    for code, cost in COSTS.items():
        make.make_ledger_entry(product=products[code], starts=MONTH, amount=Decimal(cost), stream=stream)
        make.make_allocation(stream=stream, product=products[code], monthly_amount=Decimal(cost), starts=MONTH)
    for code, value in VALUES.items():
        metric = make.make_metric(product=products[code])
        make.make_observation(metric=metric, starts=MONTH, value=Decimal(value))
        make.make_valuation(metric=metric, low=Decimal("0.5"), high=Decimal("2"), starts=MONTH)
    for (supplier, consumer), share in SHARES.items():
        make.make_link(supplier=products[supplier], consumer=products[consumer], share=Decimal(share), starts=MONTH)
    actions.refresh_standings()
    return products
