"""Up to four scenarios beside each other and beside leaving it as it is: where they differ, and which are tied."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from portfolio.engine.gains import gains
from portfolio.rebalance import panel, studio
from portfolio.rebalance.models import Scenario
from portfolio.rebalance.panel import Panel
from portfolio.rebalance.studio import ZERO, Study
from portfolio.rollup import reading

MOST = 4
ROWS_SHOWN = 100


@dataclass
class Column:
    """One scenario, what it would do, and how it stands beside the others."""

    scenario: Scenario
    study: Study
    panel: Panel
    is_best: bool = False
    is_tied: bool = False  #: with the best


@dataclass(frozen=True)
class AmountRow:
    """What something gets a month in the base currency: as it is, and in each scenario (None where it has no part)."""

    name: str
    now: Decimal
    amounts: tuple[Decimal | None, ...]

    @property
    def spread(self) -> Decimal:
        """By how much the scenarios, and leaving it as it is, are apart at most."""
        given = [self.now, *(amount for amount in self.amounts if amount is not None)]
        return max(given) - min(given)


@dataclass
class Comparison:
    """All of it; rows only where amounts differ, those that differ most first."""

    columns: list[Column]
    streams: list[AmountRow]
    products: list[AmountRow]
    is_left_best: bool = False
    is_left_tied: bool = False

    @property
    def has_ties(self) -> bool:
        """Whether more than one of them, leaving it as it is included, may be the best."""
        return self.is_left_tied + sum(column.is_tied for column in self.columns) > 1

    @property
    def shown(self) -> list[AmountRow]:
        """The products that are shown."""
        return self.products[:ROWS_SHOWN]

    @property
    def verdict(self) -> str:
        """Which is expected to be worth most, in a sentence; ties are told as ties."""
        if all(column.panel.effects is None for column in self.columns):
            return self.columns[0].panel.problem
        left = "leaving it as it is"
        best = next((column.scenario.name for column in self.columns if column.is_best), left)
        tied = [column.scenario.name for column in self.columns if column.is_tied and not column.is_best]
        if self.is_left_tied and not self.is_left_best:
            tied.append(left)
        best = f"{best[0].upper()}{best[1:]}"
        if not tied:
            return f"{best} is expected to be worth most, and is worth more than the others as far as can be told."
        names = tied[0] if len(tied) == 1 else f"{', '.join(tied[:-1])} and {tied[-1]}"
        return f"{best} is expected to be worth most, and cannot be told apart from {names}."

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""

        def rows(of: list[AmountRow]) -> list[dict[str, Any]]:
            return [
                {"name": row.name, "now": str(row.now), "amounts": [_text(amount) for amount in row.amounts]}
                for row in of
            ]

        return {
            "verdict": self.verdict,
            "leaving_it_as_it_is": {"is_best": self.is_left_best, "is_tied": self.is_left_tied},
            "scenarios": [
                {
                    "id": column.scenario.pk,
                    "name": column.scenario.name,
                    "version": column.scenario.version,
                    "is_best": column.is_best,
                    "is_tied": column.is_tied,
                    "effects": column.panel.as_json(),
                }
                for column in self.columns
            ],
            "value_streams": rows(self.streams),
            "products": rows(self.products),
        }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def compare(scenarios: Sequence[Scenario], asked: reading.Asked | None) -> Comparison:
    """Compare scenarios, each on its own day; the queries grow with their number alone."""
    at = asked.at if asked else None
    columns = []
    for scenario in scenarios:
        found = studio.study(scenario, at=at)
        columns.append(Column(scenario, found, panel.read(found, asked)))
    comparison = Comparison(columns, _amounts(columns, by_stream=True), _amounts(columns, by_stream=False))
    _weigh(comparison)
    return comparison


def _amounts(columns: Sequence[Column], *, by_stream: bool) -> list[AmountRow]:
    names: dict[int, str] = {}
    now: dict[int, Decimal] = {}
    given: dict[int, list[Decimal | None]] = {}
    for number, column in enumerate(columns):
        began: dict[int, Decimal] = {}
        for row in column.study.rows:
            thing = row.line.product.value_stream if by_stream else row.line.product
            names[thing.pk] = thing.name
            amounts = given.setdefault(thing.pk, [None] * len(columns))
            amounts[number] = (amounts[number] or ZERO) + row.proposed
            began[thing.pk] = began.get(thing.pk, ZERO) + row.now
        now = began | now
    rows = [AmountRow(names[key], now[key], tuple(amounts)) for key, amounts in given.items()]
    return sorted((row for row in rows if row.spread), key=lambda row: (-row.spread, row.name))


def _weigh(comparison: Comparison) -> None:
    """Say which is expected to be worth most, and which cannot be told apart from it, on the draws of the first."""
    ground = comparison.columns[0].panel.basis
    if ground is None:
        return
    splits = []
    for column in comparison.columns:
        given = ground.spend.copy()
        theirs = column.panel.basis
        if theirs is not None and column.panel.amounts is not None:
            for key, amount in zip(theirs.products.tolist(), column.panel.amounts.tolist(), strict=True):
                if (place := ground.place_of(key)) is not None:
                    given[place] = amount
        splits.append(given)
    exponents = np.where(ground.has_basis, ground.elasticity_draws(), np.nan)
    found = gains(ground.spend, ground.value_draws(), exponents, np.stack(splits))
    comparison.is_left_best, comparison.is_left_tied = found.best == 0, bool(found.is_tied[0])
    for number, column in enumerate(comparison.columns, start=1):
        column.is_best, column.is_tied = found.best == number, bool(found.is_tied[number])
