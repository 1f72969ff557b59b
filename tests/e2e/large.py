"""A portfolio of a thousand products in the demonstration's clothes: to be run by `manage.py shell`.

Made up from a seed, with a year of figures, money from one of three streams each, links among them, and a leader to
sign in as.
"""

import random
from datetime import date
from decimal import Decimal

from django.db import transaction

from funding.models import Allocation, FundingStream, LedgerEntry
from portfolio.common.models import Grant, User
from portfolio.network.models import Link
from portfolio.rebalance.models import Elasticity
from portfolio.rollup.actions import roll_up
from products.catalog.models import Product, ValueStream
from products.value.models import Metric, Observation, Valuation

PRODUCTS, STREAMS, SEED = 1_000, 20, 7
BEGAN, YEAR, AFTER = date(2015, 4, 1), date(2016, 4, 1), date(2017, 4, 1)


@transaction.atomic
def make_large() -> None:
    """Make all of it, and its figures."""
    chance = random.Random(SEED)
    leader = User.objects.create(username="leader", first_name="Ottoline", last_name="Marchbank-Eze", password="!")
    Grant.objects.create(user=leader, role="leader")
    streams = ValueStream.objects.bulk_create(
        [ValueStream(code=f"stream-{number}", name=f"Stream {number:02}") for number in range(STREAMS)]
    )
    products = Product.objects.bulk_create(
        [
            Product(
                code=f"product-{number}",
                name=f"Product {number:04}",
                value_stream=streams[number % STREAMS],
                stage=("grow", "sustain")[number % 2],
            )
            for number in range(PRODUCTS)
        ]
    )
    payers = FundingStream.objects.bulk_create(
        [FundingStream(code=f"payer-{number}", name=f"Payer {number}", currency="GBP") for number in range(3)]
    )
    spend = [Decimal(chance.randrange(1_000, 200_000)) for _ in products]
    Allocation.objects.bulk_create(
        Allocation(stream=payers[at % 3], product=product, monthly_amount=spend[at], starts=BEGAN)
        for at, product in enumerate(products)
    )
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            reference=f"L-{at}", product=product, stream=payers[at % 3], starts=YEAR, ends=AFTER, currency="GBP",
            amount=12 * spend[at], base_amount=12 * spend[at], includes_labour=True,
        )
        for at, product in enumerate(products)
    )  # fmt: skip
    metrics = Metric.objects.bulk_create(
        Metric(code=f"{product.code}-done", name="Done", product=product, behaviour="flow", unit="times")
        for product in products
    )
    Observation.objects.bulk_create(
        Observation(metric=metric, starts=YEAR, ends=AFTER, value=12 * spend[at] / 100)
        for at, metric in enumerate(metrics)
    )
    Valuation.objects.bulk_create(
        Valuation(
            metric=metric, low=Decimal(chance.randrange(20, 100)), high=Decimal(chance.randrange(100, 400)),
            currency="GBP", evidence="asserted", asserted_by="Nobody", source="Made up", starts=BEGAN,
        )
        for metric in metrics
    )  # fmt: skip
    Link.objects.bulk_create(
        Link(supplier=products[supplier], consumer=products[consumer], share=Decimal("0.05"), starts=BEGAN)
        for supplier in range(PRODUCTS)
        for consumer in chance.sample([at for at in range(PRODUCTS) if at != supplier], 3)
    )
    Elasticity.objects.bulk_create(
        Elasticity(stage=stage, low=Decimal("0.100"), high=Decimal("0.600"), why="Made up")
        for stage in ("grow", "sustain")
    )
    roll_up(cause="A large portfolio")
