"""Parts of a team that has grown past what works: which products stay together, and who goes where.

Two steps. First the products, into as few parts as the limit allows, so that as little as possible of what they pull
from each other is cut; no product is cut in two. Then the people, so that as few as possible of the disciplines that
a whole team needs are lacking in a part, and each part has the FTE that its work asks for.

The first step is the balanced minimum cut of a graph, the second a small assignment. Up to `GROUPINGS` ways to group
the products all are looked at; beyond, two beginnings are improved by single moves and swaps until none helps.

Source: Kernighan & Lin, An efficient heuristic procedure for partitioning graphs, Bell System Technical Journal 49
(1970), for moves and swaps; Conway, How do committees invent?, Datamation 14 (1968), for why the cut matters.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import EngineError

#: As many groupings of products are all looked at.
GROUPINGS = 60_000
#: A part of fewer people is no team, where there are enough for more.
LEAST = 3
#: Decimals to which keys are compared, so that the order of additions decides nothing.
DIGITS = 9

Labels = NDArray[np.int64]
Key = tuple[float, ...]


class CannotSplit(EngineError):
    """A team that cannot, or need not, be parted as asked."""


@dataclass(frozen=True)
class Part:
    """A proposed team: indices of products and people, its part of the work, its FTE, and the disciplines it lacks."""

    products: tuple[int, ...]
    people: tuple[int, ...]
    work: float
    fte: float
    lacks: tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """The parts, the largest part of the work first; and how much of the pulls is kept inside them and cut.

    `is_fitting` says that each part's people are in keeping with its work; `is_exhaustive` that every grouping of the
    products was looked at.
    """

    parts: tuple[Part, ...]
    kept: float
    cut: float
    is_fitting: bool
    is_exhaustive: bool


def split(fte: ArrayLike, shares: ArrayLike, pulls: ArrayLike, needed: ArrayLike, limit: int) -> Split:
    """Return the best split of a team into as few parts as its limit allows. The same input gives the same parts.

    Products are grouped by, in this order: no part with more work than `limit` people do, or less than `LEAST` do, at
    the team's people to work; the least pull cut; the most even work. People then by: the fewest lacking disciplines,
    in all and then in any one part; FTE, in all and of each discipline, in keeping with the work.

    Parameters
    ----------
    fte : array_like, shape (N, D)
        What each person does of each discipline, in FTE.
    shares : array_like, shape (P,)
        The share of the team that each product has; where all are 0, all count the same.
    pulls : array_like, shape (P, P)
        How much products pull from each other, symmetric, in any one unit.
    needed : array_like of bool, shape (D,)
        Which disciplines a whole team has.
    limit : int
        The most people that a part may have.

    Raises
    ------
    CannotSplit
        The team is within the limit, or it has fewer products than it would have parts.
    EngineError
        The input has other shapes, is negative or not finite, or the pulls are not symmetric.
    """
    hands, wanted, between, needs = _checked(fte, shares, pulls, needed, limit)
    people, products = len(hands), len(wanted)
    if people <= limit:
        raise CannotSplit(f"{people} people are within the limit of {limit}: there is nothing to split.")
    parts = -(-people // limit)
    if products < parts:
        raise CannotSplit(
            f"{people} people make {parts} parts of at most {limit}, but there {'is' if products == 1 else 'are'} "
            f"only {products} product{'' if products == 1 else 's'} to part, and a product is not cut in two. "
            "Pull services from other teams instead, or let the product become two."
        )
    groups, is_exhaustive = _grouped(wanted, between, people, parts, limit)
    work = _work(groups, wanted, parts)
    places = _placed(hands, needs, work, limit)
    cut = _cut(groups, between)
    made = [
        Part(
            tuple(np.flatnonzero(groups == part).tolist()),
            tuple(np.flatnonzero(places == part).tolist()),
            float(work[part]),
            float(hands[places == part].sum()),
            tuple(np.flatnonzero(needs & (hands[places == part].sum(axis=0) == 0)).tolist()),
        )
        for part in range(parts)
    ]
    made.sort(key=lambda part: (-round(part.work, DIGITS), part.products))
    kept = max(float(between.sum()) / 2 - cut, 0.0)
    return Split(tuple(made), kept, cut, _excess(work, people, limit) == 0, is_exhaustive)


def _checked(
    fte: ArrayLike, shares: ArrayLike, pulls: ArrayLike, needed: ArrayLike, limit: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    hands = np.asarray(fte, dtype=np.float64)
    wanted = np.asarray(shares, dtype=np.float64)
    between = np.asarray(pulls, dtype=np.float64)
    needs = np.asarray(needed, dtype=np.bool_)
    size = wanted.size
    if hands.ndim != 2 or wanted.ndim != 1 or between.shape != (size, size) or needs.shape != hands.shape[1:]:
        raise EngineError(
            f"FTE of shape {hands.shape}, shares {wanted.shape}, pulls {between.shape} and needed {needs.shape} do "
            "not go together: people x disciplines, products, products x products and disciplines are needed."
        )
    if limit < 1:
        raise EngineError(f"A limit of {limit} people leaves nobody in a part; at least 1 is needed.")
    for name, figures in (("FTE", hands), ("shares", wanted), ("pulls", between)):
        if not np.isfinite(figures).all() or (figures < 0).any():
            raise EngineError(f"The {name} must be finite and not negative.")
    if not np.allclose(between, between.T):
        raise EngineError("The pulls must be symmetric: add both directions before asking for a split.")
    between = between.copy()
    np.fill_diagonal(between, 0.0)
    total = float(wanted.sum())
    work: NDArray[np.float64] = wanted / total if total else np.full(size, 1 / max(size, 1))
    return hands, work, between, needs


def _work(groups: Labels, wanted: NDArray[np.float64], parts: int) -> NDArray[np.float64]:
    return np.asarray(np.bincount(groups, weights=wanted, minlength=parts), dtype=np.float64)


def _cut(groups: Labels, between: NDArray[np.float64]) -> float:
    """Return how much of the pulls goes from part to part."""
    return float(between[groups[:, None] != groups[None, :]].sum()) / 2


def _excess(work: NDArray[np.float64], people: int, limit: int) -> float:
    """Return by how many people the parts are too large, or too small, for their work."""
    due = np.round(work * people, DIGITS)
    least = min(LEAST, people // len(work))
    return float(np.maximum(np.floor(due) - limit, 0).sum() + np.maximum(least - np.ceil(due), 0).sum())


# -- Products -------------------------------------------------------------------------------------------------


def _grouped(
    wanted: NDArray[np.float64], between: NDArray[np.float64], people: int, parts: int, limit: int
) -> tuple[Labels, bool]:
    """Return the part of each product, and whether every grouping was looked at."""
    if parts ** (len(wanted) - 1) <= GROUPINGS:
        return _best_of_all(wanted, between, people, parts, limit), True

    def key(groups: Labels) -> Key:
        work = _work(groups, wanted, parts)
        even = float((work**2).sum())
        return _excess(work, people, limit), round(_cut(groups, between), DIGITS), round(even, DIGITS)

    def is_allowed(groups: Labels) -> bool:
        return bool((np.bincount(groups, minlength=parts) > 0).all())

    begun = (_evenly(wanted, parts), _merged(wanted, between, people, parts, limit))
    found = [_improved(groups, parts, key, is_allowed) for groups in begun]
    return min(found, key=lambda groups: (key(groups), groups.tolist())), False


def _best_of_all(
    wanted: NDArray[np.float64], between: NDArray[np.float64], people: int, parts: int, limit: int
) -> Labels:
    """Return the best of every grouping; the first product is in the first part, as parts have no names."""
    every = np.array([(0, *rest) for rest in product(range(parts), repeat=len(wanted) - 1)], dtype=np.int64)
    is_in = every[:, :, None] == np.arange(parts)
    every, is_in = every[is_in.any(axis=1).all(axis=1)], is_in[is_in.any(axis=1).all(axis=1)]
    work = (is_in * wanted[:, None]).sum(axis=1)
    due = np.round(work * people, DIGITS)
    least = min(LEAST, people // parts)
    excess = np.maximum(np.floor(due) - limit, 0).sum(axis=1) + np.maximum(least - np.ceil(due), 0).sum(axis=1)
    cut = np.zeros(len(every))
    for one, other in zip(*np.nonzero(np.triu(between)), strict=True):
        cut += between[one, other] * (every[:, one] != every[:, other])
    even = (work**2).sum(axis=1)
    order = np.lexsort((*every.T[::-1], np.round(even, DIGITS), np.round(cut, DIGITS), excess))
    return every[order[0]]


def _evenly(wanted: NDArray[np.float64], parts: int) -> Labels:
    """Return the products dealt out, the largest first, each to the part with the least work."""
    groups = np.zeros(len(wanted), dtype=np.int64)
    loads = [(0.0, 0, part) for part in range(parts)]
    for index in np.argsort(-wanted, kind="stable"):
        load, count, part = min(loads)
        groups[index] = part
        loads[part] = (load + float(wanted[index]), count + 1, part)
    return groups


def _merged(wanted: NDArray[np.float64], between: NDArray[np.float64], people: int, parts: int, limit: int) -> Labels:
    """Return the products joined one pair of groups after another, those that pull most from each other first."""
    sets = [[index] for index in range(len(wanted))]
    while len(sets) > parts:

        def worth(pair: tuple[list[int], list[int]]) -> tuple[bool, float, float]:
            together = float(wanted[pair[0] + pair[1]].sum())
            fits = round(together * people, DIGITS) < limit + 1
            return not fits, -round(float(between[np.ix_(*pair)].sum()), DIGITS) if fits else 0.0, together

        first, second = min(combinations(sets, 2), key=worth)
        sets.remove(second)
        first.extend(second)
    groups = np.zeros(len(wanted), dtype=np.int64)
    for part, members in enumerate(sets):
        groups[members] = part
    return groups


# -- People ---------------------------------------------------------------------------------------------------


def _placed(hands: NDArray[np.float64], needs: NDArray[np.bool_], work: NDArray[np.float64], limit: int) -> Labels:
    """Return the part of each person."""
    parts = len(work)
    least = min(LEAST, len(hands) // parts)
    due = work[:, None] * hands.sum(axis=0)

    def key(places: Labels) -> Key:
        has = np.zeros_like(due)
        np.add.at(has, places, hands)
        off = abs(has - due).sum() + abs(has.sum(axis=1) - due.sum(axis=1)).sum()
        lacking = (has[:, needs] == 0).sum(axis=1)
        return float(lacking.sum()), float((lacking**2).sum()), round(float(off), DIGITS)

    def is_allowed(places: Labels) -> bool:
        count = np.bincount(places, minlength=parts)
        return bool((count <= limit).all() and (count >= least).all())

    # Those of whom there are fewest first: where a discipline has one person for each part, each part gets one.
    holders = (hands > 0).sum(axis=0)
    rarity = [int(holders[row > 0].min(initial=len(hands))) for row in hands]
    places = np.full(len(hands), -1, dtype=np.int64)
    has = np.zeros_like(due)
    for index in np.argsort(rarity, kind="stable"):
        count = np.bincount(places[places >= 0], minlength=parts)
        left = int((places < 0).sum())
        short = np.maximum(least - count, 0)
        open_to = [part for part in range(parts) if count[part] < limit and (short[part] or short.sum() < left)]
        lacking = [int(((has[part] == 0) & needs & (hands[index] > 0)).sum()) for part in range(parts)]
        room = due.sum(axis=1) - has.sum(axis=1)
        places[index] = min(open_to, key=lambda part: (-lacking[part], -round(float(room[part]), DIGITS), part))
        has[places[index]] += hands[index]
    return _improved(places, parts, key, is_allowed)


# -- Improving ------------------------------------------------------------------------------------------------


def _improved(labels: Labels, parts: int, key: Callable[[Labels], Key], is_allowed: Callable[[Labels], bool]) -> Labels:
    """Return the labels after the best allowed move or swap, again and again until none makes the key smaller."""
    best = key(labels)
    while True:
        allowed = (other for other in _neighbours(labels, parts) if is_allowed(other))
        better = min(((key(other), other.tolist()) for other in allowed), default=None)
        if better is None or better[0] >= best:
            return labels
        best, labels = better[0], np.array(better[1], dtype=np.int64)


def _neighbours(labels: Labels, parts: int) -> Iterator[Labels]:
    """Yield every labelling that is one move, or one swap of two, away."""
    for index, part in product(range(len(labels)), range(parts)):
        if labels[index] != part:
            moved = labels.copy()
            moved[index] = part
            yield moved
    for one, other in combinations(range(len(labels)), 2):
        if labels[one] != labels[other]:
            swapped = labels.copy()
            swapped[[one, other]] = labels[[other, one]]
            yield swapped
