"""How soon somebody who moves money sees what it would do, and how soon the best split is found.

    python -m bench studio

A scenario of every product of a site, one line each, and a tenth of them changed. What is timed is what a request does
between its query and its page: the study of the lines, the effects on figures, network, guardrails and teams; for a
suggestion the best split as well, and what each rule costs. The goal of effects is a second at 1,000 products.
"""

import statistics
import time
from collections.abc import Callable, Iterator

from bench.generator import QUICK, Size
from bench.services import apart
from bench.sites import Bench
from bench.table import Row, duration

JUDGED = 1_000  # products
GOAL = 1.0  # seconds
RUNS = 7


def rows(bench: Bench) -> Iterator[Row]:
    """Measure both; the goal is for 1,000 products."""
    for size in [QUICK] if bench.is_quick else [Size(1_000)]:
        site = bench.site(size)
        site.roll_up()
        bench.say(f"a scenario of {size.products:,} products")
        effects, suggestion = apart(site.environment, measure, 2 if bench.is_quick else RUNS)
        for what, seconds in (("effects of a scenario", effects), ("suggested split", suggestion)):
            is_judged = size.products == JUDGED and what == "effects of a scenario"
            yield Row(
                what,
                f"{size.products:,} products",
                duration(seconds),
                goal=f"at most {GOAL:g} s" if is_judged else "",
                is_met=seconds <= GOAL if is_judged else None,
            )


# -- in a process of its own, where Django is set up -----------------------------------------------------------------


def measure(runs: int) -> tuple[float, float]:
    """Return the median seconds of working out effects, and of a suggestion; what is made for it is taken back."""
    from django.db import transaction

    with transaction.atomic():
        scenario = _scenario()
        from portfolio.rebalance import panel, studio
        from portfolio.rebalance.suggest import suggest
        from portfolio.rollup import reading

        asked = reading.asked()
        effects = _median(lambda: panel.read(studio.study(scenario), asked), runs)
        suggestion = _median(lambda: suggest(studio.study(scenario), asked), runs)
        transaction.set_rollback(True)
    return effects, suggestion


def _scenario():
    from decimal import Decimal

    from bench.services import TODAY
    from funding.models import Allocation, FundingStream
    from portfolio.common.models import Grant, User
    from portfolio.rebalance import scenario_actions as actions
    from portfolio.rebalance.models import Elasticity
    from products.catalog.models import Product, Stage

    leader = User.objects.create_user("bench-leader")
    Grant.objects.create(user=leader, role="leader")
    first = TODAY.replace(day=1)
    stream = FundingStream.objects.order_by("pk").first()
    Allocation.objects.all().delete()
    Allocation.objects.bulk_create(
        Allocation(stream=stream, product=product, monthly_amount=Decimal(10_000 + product.pk % 977), starts=first)
        for product in Product.objects.order_by("pk")
    )
    Elasticity.objects.bulk_create(
        Elasticity(stage=stage, low=Decimal("0.100"), high=Decimal("0.600"), why="A measurement") for stage in Stage
    )
    scenario = actions.begin_scenario(name="A measurement", starts=TODAY, by=leader)
    changes = {line.pk: {"monthly_amount": line.monthly_amount * 2} for line in scenario.lines.order_by("pk")[::10]}
    return actions.edit(scenario, version=1, changes=changes, by=leader).scenario


def _median(act: Callable[[], object], runs: int) -> float:
    act()  # the first reader of a run works out what the others find
    taken = []
    for _ in range(runs):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
