"""Whatever is written and corrected, in whatever order: refreshes end where a full roll-up would."""

from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from funding.models import LedgerEntry
from portfolio.common import actions as rows
from portfolio.common.months import add_months
from portfolio.network.models import Link, Usage
from portfolio.rollup import actions, standings
from portfolio.rollup.facts import known
from portfolio.rollup.invariants import check_all
from portfolio.rollup.models import BlockedMonth, ProductMonth, SolvedMonth, Standing
from portfolio.rollup.snapshots import solved_months
from products.catalog.models import Assignment
from products.health.models import Impact
from products.value.models import Observation, Valuation
from teams.models import Membership, Rate
from tests.factories import (
    make_assignment,
    make_discipline,
    make_impact,
    make_incident,
    make_ledger_entry,
    make_link,
    make_membership,
    make_metric,
    make_observation,
    make_person,
    make_product,
    make_rate,
    make_team,
    make_usage,
    make_valuation,
    make_value_stream,
)

pytestmark = pytest.mark.django_db

FIRST = date(2015, 1, 1)
FIGURES = {
    ProductMonth: None,
    BlockedMonth: ("month", "message"),
    Standing: None,
}


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2016, 6, 30)


def everything() -> dict[str, list[tuple]]:
    """Return all figures, without the keys and stamps of the rows they are in."""
    found = {}
    for model, columns in FIGURES.items():
        names = columns or [
            field.attname for field in model._meta.concrete_fields if field.name not in {"id", "run", "blocked_at"}
        ]
        found[model.__name__] = sorted(model.objects.values_list(*names), key=str)
    found["SolvedMonth"] = [in_words(solved) for solved in solved_months(every_month()).values()]
    return found


def every_month() -> list[date]:
    """Return the months that were worked out."""
    return list(SolvedMonth.objects.exclude(digest="").order_by("month").values_list("month", flat=True))


def in_words(solved) -> dict[str, str]:
    """Return all that is kept of a month, as text; but for the engine's own error, which rests on the way there."""
    parts = {"": solved.inputs, "metric.": solved.inputs.measured}
    if solved.results is not None:
        parts["result."] = solved.results
    return {
        prefix + one.name: str(getattr(part, one.name).tolist())
        for prefix, part in parts.items()
        for one in fields(part)
        if isinstance(getattr(part, one.name), np.ndarray)
    }


class History:
    """A random organisation and what happens to it, repeatable from a seed."""

    def __init__(self, seed: int):
        self.random = Random(seed)
        streams = [make_value_stream(), make_value_stream()]
        self.products = [make_product(value_stream=self.random.choice(streams)) for _ in range(5)]
        self.metrics = [make_metric(product=product) for product in self.products[:3]]
        self.metrics.append(make_metric(product=self.products[3], behaviour="level", cadence_days=10))
        self.incident = make_incident()
        self.teams = [make_team(), make_team()]
        self.people = [make_person() for _ in range(4)]
        self.disciplines = [make_discipline(), make_discipline()]

    def day(self) -> date:
        return FIRST + timedelta(days=self.random.randrange(600))

    def month(self) -> date:
        return add_months(FIRST, self.random.randrange(19))

    def amount(self, most: int = 100_000) -> Decimal:
        return Decimal(self.random.randrange(most)) / 100

    def product(self):
        return self.random.choice(self.products)

    def happen(self) -> None:
        """Do one thing; one that breaks a rule is refused, as it would be for a user, and changes nothing."""
        happenings = [
            self.spend,
            self.spend,
            self.observe,
            self.observe,
            self.lose,
            self.value,
            self.link,
            self.use,
            self.staff,
            self.assign,
            self.pay,
            self.change_mind,
            self.change_mind,
            self.change_mind,
        ]
        try:
            self.random.choice(happenings)()
        except ValidationError:
            pass

    def spend(self) -> None:
        starts = self.day()
        make_ledger_entry(
            product=self.product(),
            starts=starts,
            ends=starts + timedelta(days=self.random.choice([1, 1, 30, 365])),
            amount=self.amount() - 100,
            includes_labour=self.random.random() < 0.2,
        )

    def observe(self) -> None:
        metric, starts = self.random.choice(self.metrics), self.day()
        days = self.random.choice([1, 7, 90]) if metric.behaviour == "flow" else 1
        make_observation(metric=metric, starts=starts, ends=starts + timedelta(days=days), value=self.amount())

    def lose(self) -> None:
        starts = self.day()
        make_impact(
            incident=self.incident,
            metric=self.random.choice(self.metrics),
            starts=starts,
            ends=starts + timedelta(days=self.random.choice([1, 1, 45])),
            lost=self.amount(),
            late=self.amount(),
            late_share=Decimal("0.333333"),
            is_in_figures=self.random.random() < 0.2,
        )

    def value(self) -> None:
        metric, low, starts = self.random.choice(self.metrics), self.amount(500), self.month()
        make_valuation(
            metric=metric,
            low=low,
            high=low + self.amount(500),
            baseline=Decimal(50) if metric.behaviour == "level" else None,
            evidence=self.random.choice(["measured", "estimated", "asserted"]),
            starts=starts,
            ends=self.random.choice([None, add_months(starts, 6)]),
        )

    def link(self) -> None:
        supplier, consumer = self.random.sample(self.products, 2)
        make_link(supplier=supplier, consumer=consumer, share=self.amount(40), starts=self.month())

    def use(self) -> None:
        supplier, consumer = self.random.sample([*self.products, None], 2)
        if supplier:
            make_usage(supplier=supplier, consumer=consumer, month=self.month(), quantity=self.amount())

    def staff(self) -> None:
        make_membership(
            person=self.random.choice(self.people),
            team=self.random.choice(self.teams),
            discipline=self.random.choice(self.disciplines),
            fte=self.random.choice([Decimal("0.5"), Decimal("1")]),
            starts=self.day(),
        )

    def assign(self) -> None:
        make_assignment(
            team=self.random.choice(self.teams), product=self.product(), share=self.amount(60), starts=self.day()
        )

    def pay(self) -> None:
        make_rate(discipline=self.random.choice(self.disciplines), monthly_amount=self.amount(), starts=self.day())

    def change_mind(self) -> None:
        model = self.random.choice(
            [LedgerEntry, Observation, Impact, Valuation, Link, Usage, Membership, Assignment, Rate]
        )
        standing = list(model.objects.known().order_by("pk"))
        row = self.random.choice(standing) if standing else None
        if row is None:
            return
        changes = {
            LedgerEntry: lambda: {"amount": self.amount(), "product": self.product()},
            Observation: lambda: {"value": self.amount()},
            Impact: lambda: {"lost": self.amount(), "is_in_figures": not row.is_in_figures},
            Valuation: lambda: {"high": row.low + self.amount(300)},
            Link: lambda: {"share": self.amount(30), "ends": None},
            Usage: lambda: {"quantity": self.amount()},
            Membership: lambda: {"ends": row.starts + timedelta(days=100)},
            Assignment: lambda: {"share": self.amount(50)},
            Rate: lambda: {"monthly_amount": self.amount()},
        }[model]()
        if self.random.random() < 0.3:
            rows.retract(row, reason="It never happened", by=None)
        else:
            rows.correct(row, changes=changes, reason="It was wrong", by=None)


@pytest.mark.parametrize("seed", range(2))
def test_refreshes_and_a_full_roll_up_give_the_same_figures(seed):
    history = History(seed)
    for _ in range(5):
        for _ in range(11):
            history.happen()
        actions.refresh_standings()
    refreshed = everything()
    full = actions.roll_up(cause="comparison")
    assert everything() == refreshed
    assert full.has_held
    assert all(outcome["held"] for outcome in check_all().values())


@pytest.mark.parametrize("seed", range(2, 4))
def test_figures_can_be_had_as_they_were_known(seed):
    history = History(seed)
    for _ in range(40):
        history.happen()
    actions.refresh_standings()
    months = [add_months(FIRST, count) for count in range(18)]
    then = standings.stored_panel(months)
    moment = timezone.now()
    for _ in range(40):
        history.happen()
    actions.refresh_standings()
    again = standings.fresh_panel(months, known(moment))
    blocked = {months.index(month) for month in [*then.blocked, *again.blocked]}
    for place in set(range(len(months))) - blocked:
        told = {p: row.tolist() for p, row in zip(then.products.tolist(), then.data[place], strict=True) if row.any()}
        retold = {
            p: row.tolist() for p, row in zip(again.products.tolist(), again.data[place], strict=True) if row.any()
        }
        assert retold == told
