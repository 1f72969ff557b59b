"""Scenarios and decisions for tests: money that two streams pay three products, and a scenario that moves some of it.

A scenario's rows are written here as its actions would write them; everything after it goes through the actions.
"""

from datetime import date
from decimal import Decimal

from funding.models import Allocation
from portfolio.common.models import User
from portfolio.rebalance import decision_actions
from portfolio.rebalance.models import Decision, Scenario, ScenarioLine
from tests.factories import make_allocation, make_product, make_stream, make_user

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
