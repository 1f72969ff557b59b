"""The best split of a scenario's money under the guardrails, in words: to take or to leave.

Locked lines, products outside of the scenario and products without a basis keep their money. What a product gets is
shared among its streams as it is now. Rules that cannot be said of whole products are held against the result.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from funding import guardrails
from portfolio.common import formats
from portfolio.common.errors import TwofoldError
from portfolio.common.money import CENT, base_currency
from portfolio.engine.crossing import best_split_crossing
from portfolio.engine.errors import EngineError
from portfolio.engine.gains import Gains, gains
from portfolio.engine.rebalancing import Split, best_split
from portfolio.engine.rules import Group, Infeasible, Rule
from portfolio.rebalance import panel
from portfolio.rebalance.basis import Basis
from portfolio.rebalance.panel import Panel
from portfolio.rebalance.studio import Row, Study
from portfolio.rollup import reading

Floats = NDArray[np.float64]
MOST_PRICED = 12  # rules that are priced one by one, by solving without each


class CannotSuggest(TwofoldError):
    """No split can be suggested; the message says which rules conflict, or what is missing."""


@dataclass(frozen=True)
class Price:
    """What a rule that binds costs: how much more the best split would be worth a month without it."""

    name: str
    cost: float  #: value a month
    margin: float  #: value for one more unit of room
    words: str


@dataclass(frozen=True)
class Candidate:
    """One of the splits that were weighed against each other."""

    name: str
    gain: float
    low: float
    high: float
    probability: float
    is_best: bool
    is_tied: bool


@dataclass
class Suggestion:
    """A suggested split, and what to know before it is taken."""

    study: Study  #: the scenario with the suggested amounts, on paper
    panel: Panel  #: what they would do
    changes: dict[int, Decimal]  #: by line: only those that differ from what the scenario has
    candidates: list[Candidate]
    prices: list[Price]
    common_return: float  #: what one more unit of budget would bring
    kept: int  #: products that keep their money for want of a basis
    locked: int  #: lines that are locked
    unmapped: list[str] = field(default_factory=list)
    digest: str = ""

    @property
    def rows(self) -> list[Row]:
        """The rows that it would change, largest change first; `was` is what the scenario has."""
        rows = [row for row in self.study.rows if row.line.pk in self.changes]
        return sorted(rows, key=lambda row: -abs(row.line.monthly_amount - row.was) * row.rate)

    @property
    def verdict(self) -> str:
        """What to make of it, in a sentence."""
        best = next(one for one in self.candidates if one.is_best)
        tied = [one.name for one in self.candidates if one.is_tied and not one.is_best]
        if best.name == LEFT:
            return "Nothing that the rules allow is expected to be worth more than leaving it as it is."
        if LEFT in tied:
            return f"{best.name} is expected to be worth most, and cannot be told apart from leaving it as it is."
        if tied:
            other = tied[0][0].lower() + tied[0][1:]
            return f"{best.name} is expected to be worth most, and cannot be told apart from {other}."
        return f"{best.name} is worth more than the others, as far as can be told."

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "digest": self.digest,
            "verdict": self.verdict,
            "lines": [
                {"line": row.line.pk, "monthly_amount": str(row.line.monthly_amount), "was": str(row.was)}
                for row in self.rows
            ],
            "shadow_prices": {
                "budget": self.common_return,
                "guardrails": [
                    {"name": one.name, "costs": one.cost, "margin": one.margin, "words": one.words}
                    for one in self.prices
                ],
            },
            "candidates": [vars(one) for one in self.candidates],
            "kept_for_want_of_a_basis": self.kept,
            "locked": self.locked,
            "not_taken_into_account": self.unmapped,
            "effects": self.panel.as_json(),
        }


LEFT, CURRENT, BEST = "Leaving it as it is", "The scenario as it stands", "The suggested split"


@dataclass(frozen=True, eq=False)
class _Problem:
    """What the engine is asked; P products of the basis."""

    ground: Basis
    given: Floats  #: (P,) what the scenario has
    current: Floats
    elasticity: Floats
    fixed: NDArray[np.bool_]
    locked: Floats  #: (P,) money on locked lines
    budget: float  #: of the whole portfolio
    frame: guardrails.SplitFrame

    def bounds(self, frame: guardrails.SplitFrame) -> tuple[Floats, Floats, list[Group], guardrails.Bounds]:
        """Return floors, ceilings and groups over the basis's products, (P,), and the rules they come from."""
        found = guardrails.as_bounds(frame, self.budget)
        places = np.array([-1 if at is None else at for at in map(self.ground.place_of, frame.product_ids.tolist())])
        inside = places >= 0
        floor, ceiling = np.zeros(len(self.given)), np.full(len(self.given), np.inf)
        floor[places[inside]], ceiling[places[inside]] = found.floor[inside], found.ceiling[inside]
        floor = np.where(self.fixed, self.given, np.maximum(floor, self.locked))
        ceiling = np.where(self.fixed, self.given, ceiling)
        groups = [
            Group(one.name, places[one.members][places[one.members] >= 0], one.least, one.most)
            for one in found.groups
        ]  # fmt: skip
        return floor, ceiling, [one for one in groups if len(one.members)], found

    def solve(self, frame: guardrails.SplitFrame) -> "_Solved":
        """Return the best split under a frame's rules; groups that cross each other are kept as well."""
        floor, ceiling, groups, found = self.bounds(frame)
        nested, crossing = _nested(groups, len(self.given))
        names = [row.name for row in self.ground.rows]
        asked = (self.current, self.ground.credited, self.elasticity, floor, ceiling, self.budget, nested)
        unmapped = [rule.name for rule in found.unmapped]
        if not crossing:
            split = best_split(*asked, names=names)
            rooms = np.maximum(split.shadow_prices.least, split.shadow_prices.most)
            return _Solved(split, found, dict(zip((one.name for one in nested), rooms, strict=True)), unmapped)
        crossed = best_split_crossing(*asked, crossing=crossing, names=names)
        prices = crossed.split.shadow_prices
        rooms = np.concatenate(
            [np.maximum(prices.least, prices.most), np.maximum(crossed.least, crossed.most)], dtype=np.float64
        )
        of_group = dict(zip((one.name for one in [*nested, *crossing]), rooms, strict=True))
        return _Solved(crossed.split, found, of_group, unmapped)


@dataclass(frozen=True, eq=False)
class _Solved:
    """The best split, the rules as bounds, what one more unit of room in each group would bring, and what was left."""

    split: Split
    bounds: guardrails.Bounds
    of_group: Mapping[str, float]
    unmapped: list[str]


def suggest(found: Study, asked: reading.Asked | None) -> Suggestion:
    """Return the best split of a scenario's budget under the guardrails of its day, beside the others that there are.

    Raises CannotSuggest where there are no figures, nothing can move, or rules conflict: then it names the smallest set
    of them that does.
    """
    now = panel.read(found, asked)
    if now.basis is None or now.amounts is None:
        raise CannotSuggest(now.problem)
    problem = _problem(found, now.basis, now.amounts)
    if problem.fixed.all():
        raise CannotSuggest(
            "Nothing can be moved: every line is locked, or its product has no basis. Unlock lines, or state "
            "elasticities, for products or by stage."
        )
    try:
        solved = problem.solve(problem.frame)
    except Infeasible as error:
        raise CannotSuggest(_conflict(error, problem)) from error
    except EngineError as error:
        raise CannotSuggest(str(error)) from error
    changes = _to_lines(found, problem, solved.split.amounts)
    suggested = found.with_amounts(changes)
    changes = {key: amount for key, amount in changes.items() if amount != found.by_key[key].line.monthly_amount}
    effect = panel.read(suggested, asked)
    weighed = _weigh(now, effect)
    free = ~problem.fixed
    return Suggestion(
        study=suggested,
        panel=effect,
        changes=changes,
        candidates=weighed,
        prices=_prices(problem, solved),
        common_return=solved.split.shadow_prices.budget,
        kept=int((~now.basis.has_basis & _in_scope(found, now.basis)).sum()),
        locked=sum(row.line.is_locked for row in found.rows),
        unmapped=solved.unmapped,
        digest=_digest(found, changes, int(free.sum())),
    )


def _in_scope(found: Study, ground: Basis) -> NDArray[np.bool_]:
    inside = np.zeros(len(ground.rows), np.bool_)
    for row in found.rows:
        if (place := ground.place_of(row.line.product_id)) is not None:
            inside[place] = True
    return inside


def _problem(found: Study, ground: Basis, given: Floats) -> _Problem:
    frame, _ = panel.split_frame(found)
    locked, free = np.zeros(len(given)), np.zeros(len(given), np.bool_)
    outside = 0.0  # money of lines whose product the basis does not know
    for row in found.rows:
        place, amount = ground.place_of(row.line.product_id), float(row.line.monthly_amount) * float(row.rate)
        if place is None:
            outside += amount
        elif row.line.is_locked:
            locked[place] += amount
        else:
            free[place] = True
    # Streams that pay a product besides, whose lines are not in the scenario, go on as they do.
    of_lines = np.zeros(len(given))
    for row in found.rows:
        if (place := ground.place_of(row.line.product_id)) is not None:
            of_lines[place] += float(row.line.monthly_amount) * float(row.rate)
    locked += np.maximum(given - of_lines, 0.0)
    fixed = ~free | ~ground.has_basis
    inside = _in_scope(found, ground)
    budget = float(given[~inside].sum() + (given[inside] - of_lines[inside]).sum() + float(found.budget) - outside)
    return _Problem(
        ground=ground,
        given=given,
        # A product without a basis keeps what the scenario gives it, which is not always what it has today.
        current=np.where(fixed & ~ground.has_basis, given, ground.spend),
        elasticity=np.where(ground.has_basis, ground.middle, np.nan),
        fixed=fixed,
        locked=locked,
        budget=budget,
        frame=frame,
    )


def _nested(groups: Sequence[Group], size: int) -> tuple[list[Group], list[Group]]:
    """Return the groups that lie inside each other or apart, and those that cross one of them."""
    chosen: list[tuple[Group, NDArray[np.bool_]]] = []
    crossing = []
    for group in groups:
        inside = np.zeros(size, np.bool_)
        inside[group.members] = True
        if all(
            not (both := inside & other).any() or (both == inside).all() or (both == other).all()
            for _, other in chosen
        ):  # fmt: skip
            chosen.append((group, inside))
        else:
            crossing.append(group)
    return [group for group, _ in chosen], crossing


# -- From products to lines --------------------------------------------------------------------------------------------


def _to_lines(found: Study, problem: _Problem, amounts: Floats) -> dict[int, Decimal]:
    """Return what each line that may move would get, to the cent of its currency.

    A product's streams share what is not locked in the parts they pay now. Cents go to those that lost most in
    rounding, so that the lines come to no more than the budget.
    """
    of_product: dict[int, list[Row]] = {}
    for row in found.rows:
        place = problem.ground.place_of(row.line.product_id)
        if place is not None and not problem.fixed[place] and not row.line.is_locked:
            of_product.setdefault(place, []).append(row)
    exact: list[tuple[Row, float]] = []
    for place, rows in of_product.items():
        money = max(float(amounts[place]) - float(problem.locked[place]), 0.0)
        parts = [float(row.line.monthly_amount) * float(row.rate) for row in rows]
        total = sum(parts)
        shares = [part / total for part in parts] if total > 0 else [1 / len(rows)] * len(rows)
        exact += [(row, money * share) for row, share in zip(rows, shares, strict=True)]
    given = {row.line.pk: (Decimal(repr(money)) / row.rate).quantize(CENT, ROUND_DOWN) for row, money in exact}
    # What is left over, in whole cents, from the one that lost most on.
    left = sum(money - float(given[row.line.pk] * row.rate) for row, money in exact)
    lost = sorted(exact, key=lambda one: float(given[one[0].line.pk] * one[0].rate) - one[1])
    for row, _ in lost:
        cent = float(CENT * row.rate)
        if left + 1e-6 < cent:
            continue
        given[row.line.pk] += CENT
        left -= cent
    return given


# -- In words ----------------------------------------------------------------------------------------------------------


def _weigh(now: Panel, best: Panel) -> list[Candidate]:
    """Return leaving it as it is, the scenario and the suggestion with what each would gain over the first."""
    if now.effects is None or best.effects is None:
        return []
    ground = now.effects.basis
    weighed = [(CURRENT, now.effects), (BEST, best.effects)]
    if np.array_equal(now.effects.after.spend, ground.spend):
        weighed = weighed[1:]
    exponents = np.where(ground.has_basis, ground.elasticity_draws(), np.nan)
    splits = np.stack([effect.after.spend for _, effect in weighed])
    found: Gains = gains(ground.spend, ground.value_draws(), exponents, splits)
    left = Candidate(LEFT, 0.0, 0.0, 0.0, 0.0, found.best == 0, bool(found.is_tied[0]))
    return [left] + [
        Candidate(
            name,
            effect.gain,
            effect.gain_low,
            effect.gain_high,
            effect.probability,
            number == found.best,
            bool(found.is_tied[number]),
        )
        for number, (name, effect) in enumerate(weighed, start=1)
    ]


def _prices(problem: _Problem, solved: _Solved) -> list[Price]:
    """Return what each rule that binds costs, the dearest first: the best split without it, less the one with it."""
    margins = _margins(problem, solved)
    ranked = sorted(margins.items(), key=lambda one: -one[1])[:MOST_PRICED]
    prices = []
    for key, margin in ranked:
        rule = next(one for one in problem.frame.rules if one.pk == key)
        without = replace(problem.frame, rules=[one for one in problem.frame.rules if one.pk != key])
        try:
            cost = max(problem.solve(without).split.value - solved.split.value, 0.0)
        except EngineError:
            continue
        currency = base_currency()
        words = (
            f"“{rule.name}” costs {formats.money_short(cost, currency)} a month: so much more the best split would be "
            f"worth without it. One more {currency} of room brings {formats.money(margin, currency)}."
        )
        prices.append(Price(rule.name, cost, margin, words))
    return sorted(prices, key=lambda one: -one.cost)


def _margins(problem: _Problem, solved: _Solved) -> dict[int, float]:
    """Return what one more unit of room would gain, of each guardrail that binds, by its key: the most, where it sets
    several bounds."""
    found = solved.bounds
    margins: dict[int, float] = {}

    def take(rule: Any, margin: float) -> None:
        if rule is not None and margin > 1e-9:
            margins[rule.pk] = max(margins.get(rule.pk, 0.0), float(margin))

    prices = solved.split.shadow_prices
    for group in found.groups:
        take(group.rule, solved.of_group.get(group.name, 0.0))
    for index, product in enumerate(problem.frame.product_ids.tolist()):
        place = problem.ground.place_of(product)
        if place is None or problem.fixed[place]:
            continue
        if found.floor[index] >= problem.locked[place]:
            take(found.floor_rule(index), prices.floor[place])
        take(found.ceiling_rule(index), prices.ceiling[place])
    return margins


def _conflict(error: Infeasible, problem: _Problem) -> str:
    """Return which rules conflict, each by its name and amount, and what to do about it."""
    _, _, _, found = problem.bounds(problem.frame)
    index_of = {product: index for index, product in enumerate(problem.frame.product_ids.tolist())}
    told = list(dict.fromkeys(_told(rule, problem, found, index_of) for rule in error.rules))
    listed = told[0] if len(told) == 1 else f"{'; '.join(told[:-1])}; and {told[-1]}"
    return (
        f"No split keeps all of these at once: {listed}. Without any one of them the others can be kept: change the "
        "budget or a lock, or ask for a waiver."
    )


def _told(rule: Rule, problem: _Problem, found: guardrails.Bounds, index_of: Mapping[int, int]) -> str:
    amount = formats.money_short(rule.amount, base_currency())
    if rule.kind == "budget":
        return f"the budget of {amount} a month"
    if rule.kind in ("least", "most"):
        word = "at least" if rule.kind == "least" else "at most"
        return f"“{rule.name}” ({word} {amount} a month)"
    place = int(rule.index or 0)
    name = problem.ground.rows[place].name
    if rule.kind == "kept" or problem.fixed[place]:
        return f"what {name} keeps ({amount} a month: locked, outside of the scenario, or without a basis)"
    index = index_of.get(int(problem.ground.products[place]))
    if rule.kind == "floor":
        behind = found.floor_rule(index) if index is not None else None
        if behind is None or found.floor[index or 0] < problem.locked[place]:
            return f"the locked lines of {name} ({amount} a month)"
        return f"“{behind.name}” ({name} at least {amount} a month)"
    behind = found.ceiling_rule(index) if index is not None else None
    return f"“{behind.name if behind else 'a ceiling'}” ({name} at most {amount} a month)"


def _digest(found: Study, changes: Mapping[int, Decimal], free: int) -> str:
    told = json.dumps(
        [found.scenario.pk, found.scenario.version, free, sorted((k, str(v)) for k, v in changes.items())]
    )
    return hashlib.sha256(told.encode()).hexdigest()[:32]
