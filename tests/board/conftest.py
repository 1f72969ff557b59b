"""A day that stands still, someone signed in, and a small network with figures that a head can check."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache

from portfolio.rollup import actions
from products.catalog.models import Product
from products.value.models import Metric
from tests.factories import (
    make_ledger_entry,
    make_link,
    make_metric,
    make_observation,
    make_product,
    make_user,
    make_valuation,
    make_value_stream,
)

JANUARY, FEBRUARY, MARCH = date(2016, 1, 1), date(2016, 2, 1), date(2016, 3, 1)


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2016, 3, 31)
    cache.clear()


@pytest.fixture
def reader(client, db):
    """A client that is signed in and may read."""
    client.force_login(make_user())
    return client


def make_worth(product, quantity="100", on=JANUARY, low="2", high="2", **given) -> Metric:
    """Make a metric of a product with one observation and a worth."""
    metric = make_metric(product=product, **given)
    make_observation(metric=metric, starts=on, value=Decimal(quantity))
    make_valuation(metric=metric, low=Decimal(low), high=Decimal(high), starts=JANUARY)
    return metric


def make_earning(spend="100.00", quantity="100", on=JANUARY, **given) -> Product:
    """Make a product that spent something and did something worth 2 a time."""
    product = make_product(**given)
    make_ledger_entry(product=product, starts=on, amount=Decimal(spend))
    make_worth(product, quantity, on)
    return product


@dataclass
class Network:
    """A platform of 100 that passes half on to a service of 50, whose customers have 200 of value."""

    platform: Product
    tax: Product


@pytest.fixture
def network(db) -> Network:
    stream = make_value_stream(code="motoring", name="Motoring")
    platform = make_product(code="platform", name="Sign-in", kind="platform", stage="grow")
    tax = make_product(code="tax", name="Vehicle tax", value_stream=stream, stage="sustain")
    make_ledger_entry(product=platform, starts=JANUARY, amount=Decimal("100.00"), reference="P-1")
    make_ledger_entry(product=tax, starts=JANUARY, amount=Decimal("50.00"), reference="T-1")
    make_link(supplier=platform, consumer=tax, share=Decimal("0.5"), starts=JANUARY)
    make_worth(tax)
    actions.refresh_standings()
    return Network(platform, tax)
