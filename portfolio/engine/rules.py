"""Rules of a split of money: floors and ceilings of products, bounds on nested groups, and which of them conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import EngineError, RebalancingError, in_words

Array = NDArray[np.float64]
Places = NDArray[np.intp]
Kind = Literal["budget", "floor", "ceiling", "kept", "least", "most"]

ROUNDING = 1e-12  # relative: sums of bounds that differ by less do not conflict, and sums are kept to it


@dataclass(frozen=True)
class Group:
    """Products whose money together must lie between `least` and `most`; `members` are their indices."""

    name: str
    members: Any
    least: float = 0.0
    most: float = np.inf


@dataclass(frozen=True)
class Rule:
    """One rule in a conflict: its kind, the index of its product or group (None for the budget), and its amount.

    `kept` is the rule that a product without a basis keeps its money.
    """

    kind: Kind
    index: int | None
    amount: float
    name: str

    def __str__(self) -> str:
        amount = f"{self.amount:,.10g}"
        if self.kind == "budget":
            return f"the budget of {amount}"
        if self.kind == "kept":
            return f"the money that {self.name} keeps for want of a basis ({amount})"
        return f"the {self.kind} of {self.name} ({amount})"


class Infeasible(EngineError):
    """No split keeps all rules. `rules` holds those that conflict: without any one of them, the others can be kept."""

    def __init__(self, many: Sequence[Rule], against: Rule, *, is_too_much: bool):
        self.rules: tuple[Rule, ...] = (*many, against)
        shown = [str(rule) for rule in many[:10]]
        if len(many) > 10:
            shown.append(f"{len(many) - 10} more")
        listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
        total = sum(rule.amount for rule in many)
        off = f"{abs(total - against.amount):,.10g}"
        subject = (
            f"{listed} is" if len(many) == 1 else f"{listed} come to {total:,.10g}{'' if is_too_much else ' at most'},"
        )
        remedy = "Lower one of the former or raise" if is_too_much else "Raise one of the former or lower"
        side = "above" if is_too_much else "below"
        super().__init__(f"No split keeps these rules together: {subject} {off} {side} {against}. {remedy} the latter.")


class Tree:
    """Nested groups over P products, below the whole: node 0 is the whole, and a parent comes before its children.

    Attributes
    ----------
    home : ndarray of int, shape (P,)
        The innermost node each product is in.
    parent, depth : ndarray of int, shape (N,)
        Of each node; the whole has depth 0.
    least, most : ndarray, shape (N,)
        The bounds of each node; both are the budget for the whole.
    group : ndarray of int, shape (N,)
        Which of the given groups a node is; -1 for the whole.
    """

    def __init__(self, groups: Sequence[Group], size: int, budget: float):
        self.names = ["the whole"]
        self.home = np.zeros(size, dtype=np.intp)
        members = [_members(group, size) for group in groups]
        self.group = np.array([-1, *sorted(range(len(groups)), key=lambda g: -members[g].size)], dtype=np.intp)
        self.parent = np.zeros(len(groups) + 1, dtype=np.intp)
        self.depth = np.zeros(len(groups) + 1, dtype=np.intp)
        for node, g in enumerate(self.group.tolist()[1:], start=1):
            inside = members[g]
            around = np.unique(self.home[inside])
            if around.size > 1:
                for other in around[around > 0].tolist():
                    if not np.isin(inside, members[self.group[other]]).all():
                        self._refuse_crossing(groups[self.group[other]], groups[g])
            self.parent[node] = around[0] if around.size else 0
            self.depth[node] = self.depth[self.parent[node]] + 1
            self.home[inside] = node
            self.names.append(groups[g].name)
        self.least = np.array([budget, *(float(groups[g].least) for g in self.group[1:])])
        self.most = np.array([budget, *(float(groups[g].most) for g in self.group[1:])])
        self.size = len(self.parent)

    @staticmethod
    def _refuse_crossing(one: Group, other: Group) -> None:
        raise RebalancingError(
            f"The groups {one.name} and {other.name} cross: they share products, and neither lies inside the other. "
            "Let one hold all of the other, or give them no product in common."
        )

    @cached_property
    def levels(self) -> list[Places]:
        """The nodes of each depth, from the whole down."""
        return [np.flatnonzero(self.depth == depth) for depth in range(int(self.depth.max()) + 1)]

    def totals(self, amounts: Array) -> Array:
        """Return the money in each node, shape (N,)."""
        return self.upward(amounts, np.full(self.size, -np.inf), np.full(self.size, np.inf))

    def upward(self, amounts: Array, least: Array, most: Array) -> Array:
        """Return the sum over each node's products and inner nodes, each of these kept within its bounds."""
        total = np.bincount(self.home, weights=amounts, minlength=self.size).astype(np.float64)
        for level in reversed(self.levels[1:]):
            kept = np.minimum(np.maximum(total[level], least[level]), most[level])
            total += np.bincount(self.parent[level], weights=kept, minlength=self.size)
        return total

    def limits(
        self, low: Array, high: Array, kept: NDArray[np.bool_], names: Sequence[str] | None
    ) -> tuple[Array, ...]:
        """Return the least and the most money that what is inside each node can come to, shape (N,) each.

        `low` and `high` are the bounds of the products, of which those of `kept` products are their own money.
        Raises Infeasible with the rules in conflict where there is no split.
        """
        conflicts = _Conflicts(self, low, high, kept, names)
        crossed = np.flatnonzero(low > high)
        if crossed.size:
            conflicts.refuse_product(int(crossed[0]))
        lowest = self.upward(low, self.least, np.full(self.size, np.inf))
        highest = self.upward(high, np.full(self.size, -np.inf), self.most)
        bottom, top = np.maximum(lowest, self.least), np.minimum(highest, self.most)
        is_off = bottom > top + ROUNDING * np.maximum(np.abs(bottom), np.abs(top))
        if is_off.any():
            nodes = np.flatnonzero(is_off)
            conflicts.refuse_node(int(nodes[np.argmax(self.depth[nodes])]), lowest, highest)
        return lowest, highest


class _Conflicts:
    """Finds which rules conflict at the innermost node where there is a conflict."""

    def __init__(
        self, tree: Tree, low: Array, high: Array, kept: NDArray[np.bool_], names: Sequence[str] | None
    ) -> None:
        self.tree, self.low, self.high, self.kept, self.names = tree, low, high, kept, names

    def refuse_product(self, p: int) -> None:
        raise Infeasible([self._of_product("floor", p)], self._of_product("ceiling", p), is_too_much=True)

    def refuse_node(self, node: int, lowest: Array, highest: Array) -> None:
        tree = self.tree
        if tree.least[node] > tree.most[node]:
            raise Infeasible([self._of_node("least", node)], self._of_node("most", node), is_too_much=True)
        is_too_much = lowest[node] - tree.most[node] >= tree.least[node] - highest[node]
        found = min((self._terms(node, is_too_much, coarse) for coarse in (False, True)), key=len)
        raise Infeasible(found, self._of_node("most" if is_too_much else "least", node), is_too_much=is_too_much)

    def _terms(self, node: int, is_too_much: bool, is_coarse: bool) -> list[Rule]:
        """Return rules on parts of the node, no two on the same product, whose amounts conflict with the node's own.

        Ceilings must cover every product, so all are needed. Of floors the largest do. A bound of an inner node stands
        for all inside it where it is as tight as they are together, and, where `is_coarse`, where it suffices.
        """
        tree = self.tree
        bound, sign = (tree.least, 1.0) if is_too_much else (tree.most, -1.0)
        against = tree.most[node] if is_too_much else tree.least[node]
        held = self.low if is_too_much else self.high
        sums = np.bincount(tree.home, weights=held, minlength=tree.size).astype(np.float64)
        inner = [n for n in range(node + 1, tree.size) if self._is_inside(n, node)]
        is_bound = np.zeros(tree.size, dtype=bool)

        def total(own: Array) -> float:
            came = own.copy()
            for n in reversed(inner):
                came[tree.parent[n]] += bound[n] if is_bound[n] else came[n]
            return float(came[node])

        running = sums.copy()
        for n in reversed(inner):
            is_bound[n] = sign * bound[n] >= sign * running[n]
            running[tree.parent[n]] += bound[n] if is_bound[n] else running[n]
        for n in inner if is_coarse else []:
            if not is_bound[n] and np.isfinite(bound[n]):
                is_bound[n] = True
                is_bound[n] = sign * total(sums) > sign * against + ROUNDING * abs(against)
        is_hidden = np.zeros(tree.size, dtype=bool)  # inside a node whose bound stands for it
        for n in inner:
            is_hidden[n] = is_bound[n] or is_hidden[tree.parent[n]]
        kind: Kind = "least" if is_too_much else "most"
        rules = [
            self._of_node(kind, n)
            for n in inner
            if is_bound[n] and not (tree.parent[n] != node and is_hidden[tree.parent[n]])
        ]
        is_open = np.isin(tree.home, [node, *(n for n in inner if not is_hidden[n])])
        rules += [self._of_product("floor" if is_too_much else "ceiling", int(p)) for p in np.flatnonzero(is_open)]
        if not is_too_much:
            return rules
        rules.sort(key=lambda rule: -rule.amount)
        enough, came = 0, 0.0
        while enough < len(rules) and came <= against + ROUNDING * abs(against):
            came += rules[enough].amount
            enough += 1
        return rules[:enough]

    def _is_inside(self, node: int, outer: int) -> bool:
        while node > outer:
            node = int(self.tree.parent[node])
        return node == outer

    def _of_product(self, kind: Kind, p: int) -> Rule:
        name = self.names[p] if self.names is not None else f"product {p}"
        amount = self.low[p] if kind == "floor" else self.high[p]
        return Rule("kept" if self.kept[p] else kind, p, float(amount), str(name))

    def _of_node(self, kind: Kind, node: int) -> Rule:
        amount = float(self.tree.least[node] if kind == "least" else self.tree.most[node])
        if node == 0:
            return Rule("budget", None, amount, "the whole")
        return Rule(kind, int(self.tree.group[node]), amount, self.tree.names[node])


def _members(group: Group, size: int) -> Places:
    """Return the members of a group as indices, or raise RebalancingError."""
    members = np.asarray(group.members, dtype=np.intp).ravel()
    outside = members[(members < 0) | (members >= size)]
    if outside.size:
        raise RebalancingError(
            f"The group {group.name} has members {in_words(outside)}, but there are {size} products, 0 to {size - 1}."
        )
    if np.unique(members).size != members.size:
        raise RebalancingError(f"The group {group.name} names some of its products twice. Name each one once.")
    if np.isnan(group.least) or np.isnan(group.most) or group.least == np.inf or group.most == -np.inf:
        raise RebalancingError(
            f"The group {group.name} goes from {group.least} to {group.most}: "
            "its least must be a number, and its most a number or infinite."
        )
    return members
