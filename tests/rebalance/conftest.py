"""The four products of docs/arithmetic.md, with money allocated to each: a network that a head can check."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache

from funding.models import FundingStream
from portfolio.common import actions as rows
from portfolio.rebalance import basis
from portfolio.rebalance.models import Elasticity, Scenario
from portfolio.rollup import actions
from products.catalog.models import Product, ValueStream
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
    basis._kept_figures.cache_clear()  # each test begins its runs at 1 again


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


# -- A portfolio to split the money of ---------------------------------------------------------------------------------

DAY = date(2016, 2, 1)  # from which scenarios would split it


def make_earning(
    code: str, *, spend: str, worth: str, elasticity: str | None = "0.5", stream: FundingStream | None = None, **given
) -> Product:
    """Make a product that is given, and spends, an amount a month, and does something of a certain worth a month."""
    product = make.make_product(code=code, name=code.capitalize(), **given)
    year = {"starts": date(2015, 2, 1), "ends": DAY}
    make.make_allocation(
        stream=stream or make.make_stream(), product=product, monthly_amount=Decimal(spend), starts=date(2015, 2, 1)
    )
    make.make_ledger_entry(product=product, amount=12 * Decimal(spend), **year)
    metric = make.make_metric(product=product)
    make.make_observation(metric=metric, value=12 * Decimal(worth), **year)
    make.make_valuation(metric=metric, low=Decimal(1), high=Decimal(1), starts=date(2015, 1, 1))
    if elasticity:
        make_elasticity(product=product, low=elasticity, high=elasticity)
    return product


@dataclass
class Portfolio:
    """Three services that get and spend 1,000 a month each and return 4, 2 and 1 for one, and one without a basis."""

    top: ValueStream
    driving: ValueStream
    fees: FundingStream
    high: Product
    middle: Product
    low: Product
    unknown: Product


@pytest.fixture
def services(db) -> Portfolio:
    """Return the portfolio, with figures up to its day."""
    top = make.make_value_stream(code="everything", name="Everything")
    driving = make.make_value_stream(code="driving", name="Driving", parent=top)
    fees = make.make_stream(code="fees", name="Fees")
    made = Portfolio(
        top,
        driving,
        fees,
        high=make_earning("high", spend="1000", worth="4000", stream=fees, value_stream=driving),
        middle=make_earning("middle", spend="1000", worth="2000", stream=fees, value_stream=driving),
        low=make_earning("low", spend="1000", worth="1000", stream=fees, value_stream=top),
        unknown=make_earning("unknown", spend="500", worth="700", stream=fees, value_stream=top, elasticity=None),
    )
    actions.refresh_standings()
    return made


@pytest.fixture
def bold(services) -> Scenario:
    """Return a scenario of the whole portfolio, as it began, by a leader."""
    return make.make_scenario(name="Bold", starts=DAY)
