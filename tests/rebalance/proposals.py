"""Scenarios and decisions for tests: money that two streams pay three products, and a scenario that moves some of it.

A scenario's rows are written here as its actions would write them; everything after it goes through the actions.
"""

from datetime import date
from decimal import Decimal

from funding.models import Allocation
from portfolio.common import actions
from portfolio.common.models import User
from portfolio.rebalance import basis, decision_actions
from portfolio.rebalance.models import Decision, Elasticity, Scenario, ScenarioLine
from portfolio.rollup.actions import roll_up
from products.catalog.models import Product
from products.value.models import Metric
from tests.factories import (
    make_allocation,
    make_ledger_entry,
    make_metric,
    make_observation,
    make_product,
    make_stream,
    make_user,
    make_valuation,
)

STARTS = date(2026, 4, 1)


def make_scenario(*lines: tuple[Allocation, str | Decimal], by: User | None = None, **given) -> Scenario:
    """Make a scenario in which each of these allocations is paid another amount; its `made_by` is a leader."""
    scenario = Scenario.objects.create(
        **({"name": "Move some", "starts": STARTS, "made_by": by or make_user("leader")} | given)
    )
    for allocation, amount in lines:
        ScenarioLine.objects.create(
            scenario=scenario,
            stream=allocation.stream,
            product=allocation.product,
            base_amount=allocation.monthly_amount,
            monthly_amount=Decimal(amount),
        )
    return scenario


def make_move(**given) -> Scenario:
    """Make a scenario that moves 200 a month from one product to another of the same stream."""
    stream = given.pop("stream", None) or make_stream(code="fees", name="Fees")
    one, two = (
        make_allocation(stream=stream, product=make_product(name=name), monthly_amount=Decimal("1000.00"))
        for name in ("Licences", "Tests")
    )
    return make_scenario((one, "800.00"), (two, "1200.00"), **given)


def make_decision(scenario: Scenario | None = None, *, by: User | None = None, **given) -> Decision:
    """Propose a scenario, by a leader."""
    scenario = scenario or make_move()
    words = {"title": "Move 200 to tests", "why": "Tests return more.", "version": scenario.version}
    return decision_actions.propose(scenario, by=by or make_user("leader"), **(words | given))


def make_approved(scenario: Scenario | None = None, **given) -> Decision:
    """Propose a scenario by a leader, and have a finance partner approve it."""
    decision = make_decision(scenario, **given)
    return decision_actions.approve(decision, by=make_user("finance_partner"))


def paid(decision: Decision, on: date = STARTS) -> list[Decimal]:
    """Return what is paid on a day for each line of a decision, in the order of its lines."""
    return [
        Allocation.objects.known().current(on).get(stream=line.stream, product=line.product).monthly_amount
        for line in decision.lines.order_by("pk")
    ]


# -- With figures ----------------------------------------------------------------------------------------------------

WINDOW, AFTER = (date(2025, 4, 1), date(2026, 4, 1)), date(2027, 4, 1)


def make_figures(**worth) -> tuple[Product, Product, Metric]:
    """Make two products that cost and return 1,000 and 2,000 a month for a year, each given just that; roll them up.

    Their metrics are worth 1 to 4 a unit (lognormal), unless `low` and `high` say otherwise. Each has an elasticity of
    0.2 to 0.6, stated for it. Returns the products, and the metric of the first.
    """
    stream = make_stream(code="fees", name="Fees")
    products, metrics = [], []
    for number, name in ((1, "Licences"), (2, "Tests")):
        product = make_product(code=name.lower(), name=name)
        metric = make_metric(code=f"{name.lower()}-done", product=product, cadence_days=400)
        make_valuation(metric=metric, starts=WINDOW[0], **worth)
        make_allocation(stream=stream, product=product, monthly_amount=Decimal(1000 * number), starts=WINDOW[0])
        record_elasticity(product)
        record_months(product, metric, *WINDOW, cost=12_000 * number, quantity=12_000 * number)
        products.append(product)
        metrics.append(metric)
    basis._kept_figures.cache_clear()  # a run of another test may have had the same key
    roll_up(cause="a test")
    return products[0], products[1], metrics[0]


def make_certain_figures() -> tuple[Product, Product, Metric]:
    """Make the same figures with every worth and elasticity known for certain: 1 a unit, and 0.5."""
    made = make_figures(low=Decimal(1), high=Decimal(1))
    for row in list(Elasticity.objects.known()):
        actions.correct(row, changes={"low": Decimal("0.5"), "high": Decimal("0.5")}, reason="Sure", by=None)
    return made


def record_elasticity(product: Product, low: str = "0.200", high: str = "0.600") -> None:
    """State an elasticity for a product."""
    row = Elasticity(product=product, low=Decimal(low), high=Decimal(high), why="An experiment")
    actions.record(row, by=None)


def record_months(product: Product, metric: Metric, first: date, after: date, *, cost: int, quantity: int) -> None:
    """Record a cost and a quantity over some months."""
    make_ledger_entry(product=product, starts=first, ends=after, amount=Decimal(cost))
    make_observation(metric=metric, starts=first, ends=after, value=Decimal(quantity))


def move(one: Product, amount: str, other: Product, other_amount: str, **given) -> Scenario:
    """Make a scenario that gives two products other amounts a month."""
    lines = [
        (Allocation.objects.known().current(STARTS).get(product=product), wanted)
        for product, wanted in ((one, amount), (other, other_amount))
    ]
    return make_scenario(*lines, **given)
