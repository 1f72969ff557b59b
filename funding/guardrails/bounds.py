"""Guardrails as an optimiser takes them: a floor and a ceiling for each product, and bounds on groups of products."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from funding.guardrails.frames import Amounts, Indices, Mask, SplitFrame
from funding.models import Bound, Guardrail, GuardrailKind


@dataclass(frozen=True, eq=False)
class GroupBound:
    """What some products together get a month, at least and at most, and the rule that says so."""

    name: str
    members: Indices  #: indices of products
    least: float
    most: float  #: infinite where there is none
    rule: Guardrail


@dataclass(frozen=True, eq=False)
class Bounds:
    """The rules as bounds on what each of P products gets a month, in the base currency.

    Where several rules bound one product the tightest counts; `floor_rules` and `ceiling_rules` say which it is, so
    that a shadow price can be told of its rule. What cannot be said of whole products is in `unmapped`: check it
    once a split is found.
    """

    floor: Amounts  #: (P,)
    ceiling: Amounts  #: (P,) infinite where there is none
    floor_rules: Indices  #: (P,) index in `rules`, -1 where nothing binds
    ceiling_rules: Indices  #: (P,)
    groups: tuple[GroupBound, ...]
    rules: Sequence[Guardrail]
    unmapped: tuple[Guardrail, ...]
    waived: tuple[Guardrail, ...]  #: let go as a whole

    def floor_rule(self, product: int) -> Guardrail | None:
        """Return the rule behind the floor of the product with this index."""
        found = int(self.floor_rules[product])
        return self.rules[found] if found >= 0 else None

    def ceiling_rule(self, product: int) -> Guardrail | None:
        """Return the rule behind the ceiling of the product with this index."""
        found = int(self.ceiling_rules[product])
        return self.rules[found] if found >= 0 else None


def as_bounds(frame: SplitFrame, budget: float | None = None) -> Bounds:
    """Return the rules of a frame as bounds, for a budget a month; without one, for what is allocated now.

    Shares of all money are shares of the budget. A rule that is waived is left out, and so are the products that a
    waiver lets go. Rules on categories and funding streams bind lines: they are bounds where each product is paid by
    such lines alone or by none, and each product's money is spread over its lines as `SplitFrame.spread` does.
    """
    total = frame.total if budget is None else float(budget)
    count = len(frame.product_ids)
    floor, ceiling = np.zeros(count), np.full(count, np.inf)
    floor_rules, ceiling_rules = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    groups, unmapped, waived = [], [], []
    for number, rule in enumerate(frame.rules):
        bound = np.ones(count, np.bool_)
        for _, covered in frame.waivers_of(rule):
            bound &= ~covered
        if not bound.any():
            waived.append(rule)
        elif rule.is_per_product:
            low, high = _of_products(frame, rule, total)
            raised, lowered = bound & (low > floor), bound & (high < ceiling)
            floor[raised], floor_rules[raised] = low[raised], number
            ceiling[lowered], ceiling_rules[lowered] = high[lowered], number
        elif (members := _members(frame, rule)) is None:
            unmapped.append(rule)
        else:
            limit = frame.limit_of(rule, total)
            least, most = (0.0, limit) if rule.bound == Bound.MOST else (limit, np.inf)
            groups.append(GroupBound(rule.name, np.flatnonzero(members), least, most, rule))
    return Bounds(
        floor, ceiling, floor_rules, ceiling_rules, tuple(groups), frame.rules, tuple(unmapped), tuple(waived)
    )


def _of_products(frame: SplitFrame, rule: Guardrail, total: float) -> tuple[Amounts, Amounts]:
    """Return the floor and the ceiling that a rule sets each product: (P,), (P,)."""
    count = len(frame.product_ids)
    low, high = np.zeros(count), np.full(count, np.inf)
    products = frame.products_of(rule)
    if rule.kind == GuardrailKind.TEAM:
        return frame.floor_of(rule), high
    if rule.kind == GuardrailKind.CHANGE:
        began = frame.as_quarter_began
        held, part = products & (began > 0), float(rule.share or 0)
        low[held], high[held] = np.maximum(began[held] * (1 - part), 0), began[held] * (1 + part)
        return low, high
    high[products] = frame.limit_of(rule, total)
    return low, high


def _members(frame: SplitFrame, rule: Guardrail) -> Mask | None:
    """Return the products (P,) whose sum a rule holds; None where some product is paid by its lines in part."""
    if rule.kind in (GuardrailKind.VALUE_STREAM, GuardrailKind.STAGE):
        return frame.products_of(rule)
    count = len(frame.product_ids)
    lines = frame.lines_of(rule)
    inside = np.bincount(frame.line_products[lines], minlength=count) > 0
    outside = np.bincount(frame.line_products[~lines], minlength=count) > 0
    return None if (inside & outside).any() else inside
