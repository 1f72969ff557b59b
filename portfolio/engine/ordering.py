"""What items return for the effort they take, in which order they return most, and what is asked of how much capacity.

Value over effort, highest first, loses least while everything waits (Smith 1956, Various optimizers for single-stage
production, Naval Research Logistics Quarterly 3). What others wait for is weighed with them (Sidney 1975, Decomposition
algorithms for single-machine sequencing with precedence relations, Operations Research 23(2)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import EngineError, in_words
from .uncertainty import percentiles, standard_draws, tie_groups, worth_draws

Array = NDArray[np.float64]

DRAWS = 1_000


@dataclass(frozen=True)
class Spread:
    """Figures with their 90 % ranges, shape (N,): `mean`, `low` and `high`; NaN where there is none."""

    mean: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Priorities:
    """What N items are worth.

    Attributes
    ----------
    value : Spread
        A month, once they are there: gain × worth.
    own : Spread
        Value a month for each unit of effort; NaN without a value.
    score : Spread
        The same of the item alone or with all that it unlocks, whichever is more; NaN where neither has a value.
    is_with_others : ndarray of bool, shape (N,)
        The score is that of the item with what it unlocks.
    rank : ndarray of int, shape (N,)
        By score, equal where ranges overlap (`uncertainty.tie_groups`); 0 without a score.
    """

    value: Spread
    own: Spread
    score: Spread
    is_with_others: NDArray[np.bool_]
    rank: NDArray[np.int64]


def spread_of(draws: ArrayLike) -> Spread:
    """Return the mean and the 90 % range of each row of draws, shape (N, D)."""
    array = np.asarray(draws, dtype=np.float64)
    if not array.shape[0]:
        return Spread(*(np.empty(0) for _ in range(3)))
    low, _, high = percentiles(array, axis=1)
    return Spread(array.mean(axis=1), low, high)


def value_draws(
    start: ArrayLike, low: ArrayLike, high: ArrayLike, sign: ArrayLike, worth: Array, seed: int, keys: Sequence[int]
) -> Array:
    """Return draws of what promises are worth a month, shape (N, D): sign × (to - from) × worth.

    Parameters
    ----------
    start, low, high : array_like, shape (N,)
        From where, and the 90 % range of to where.
    sign : array_like, shape (N,)
        1 where higher is better, -1 where lower is.
    worth : ndarray, shape (N, D)
        Draws of what a unit is worth; rows of the same metric are the same.
    seed, keys :
        As for `uncertainty.standard_draws`: a key for each promise.
    """
    start, sign = np.asarray(start, dtype=np.float64), np.asarray(sign, dtype=np.float64)
    ends = worth_draws(low, high, 1.0, standard_draws(seed, keys, worth.shape[1]))
    if start.shape != ends.shape[:1] or sign.shape != start.shape or worth.shape != ends.shape:
        raise EngineError(
            f"from {start.shape}, sign {sign.shape}, to {ends.shape} and worth {worth.shape} do not fit together: "
            "(N,), (N,), (N, D) and (N, D) are needed."
        )
    return sign[:, None] * (ends - start[:, None]) * worth


def priorities(value: ArrayLike, effort: ArrayLike, unlocks: Sequence[Sequence[int]]) -> Priorities:
    """Return what items return for their effort, alone and with all that they unlock.

    With others, the sum of values over the sum of efforts, draw by draw, of the item and of all open items that wait
    for it, directly or not, and that have a value or lead to one.

    Parameters
    ----------
    value, effort : array_like, shape (N, D)
        Draws; a row of `value` is NaN where the item has none. Efforts are above 0.
    unlocks : N sequences of int
        Which items wait for each, directly or not.
    """
    value, effort = np.asarray(value, dtype=np.float64), np.asarray(effort, dtype=np.float64)
    if value.ndim != 2 or effort.shape != value.shape or len(unlocks) != len(value):
        raise EngineError(
            f"value {value.shape}, effort {effort.shape} and {len(unlocks)} lists of what is unlocked do not fit "
            "together: (N, D), (N, D) and N are needed."
        )
    bad = np.flatnonzero(~(effort > 0).all(axis=1))
    if bad.size:
        raise EngineError(f"The efforts of items {in_words(bad)} are not above 0. Say what they take at least.")
    has_value = ~np.isnan(value).any(axis=1)
    leads = np.array([has_value[one] or has_value[list(after)].any() for one, after in enumerate(unlocks)], dtype=bool)
    worth = np.where(has_value[:, None], value, 0.0)
    own = spread_of(np.where(has_value[:, None], value, np.nan) / effort)
    score = Spread(own.mean.copy(), own.low.copy(), own.high.copy())
    is_with_others = np.zeros(len(value), dtype=bool)
    for one, after in enumerate(unlocks):
        among = [one, *(other for other in after if leads[other])]
        if len(among) == 1 or not leads[one]:
            continue
        together = spread_of((worth[among].sum(axis=0) / effort[among].sum(axis=0))[None])
        if not has_value[one] or together.mean[0] > own.mean[one]:
            score.mean[one], score.low[one], score.high[one] = together.mean[0], together.low[0], together.high[0]
            is_with_others[one] = True
    return Priorities(
        value=spread_of(np.where(has_value[:, None], value, np.nan)),
        own=own,
        score=score,
        is_with_others=is_with_others,
        rank=tie_groups(score.mean, score.low, score.high),
    )


def order_of(score: ArrayLike, needs: Mapping[int, Sequence[int]]) -> list[int]:
    """Return items in order: the highest score first, but none before what it needs; equal ones as they are.

    Parameters
    ----------
    score : array_like, shape (N,)
        NaN comes last.
    needs : mapping of int to ints
        What each waits for, among the N; others are passed over.

    Raises EngineError where items wait for each other in a loop.
    """
    score = np.asarray(score, dtype=np.float64)
    ranked = sorted(range(score.size), key=lambda one: (np.isnan(score[one]), -np.nan_to_num(score[one]), one))
    left = {one: {need for need in needs.get(one, ()) if 0 <= need < score.size} for one in ranked}
    found: list[int] = []
    while left:
        ready = next((one for one in ranked if one in left and not left[one]), None)
        if ready is None:
            raise EngineError(f"Items {in_words(sorted(left))} wait for each other in a loop. Take one need away.")
        found.append(ready)
        del left[ready]
        for waiting in left.values():
            waiting.discard(ready)
    return found


def demand(low: ArrayLike, high: ArrayLike, seed: int, keys: Sequence[int], count: int = DRAWS) -> Array:
    """Return draws of how much effort items take, shape (N, count), from their 90 % ranges, above 0."""
    low = np.asarray(low, dtype=np.float64)
    if not (low > 0).all():
        raise EngineError(f"The efforts of items {in_words(np.flatnonzero(~(low > 0)))} are not above 0.")
    return worth_draws(low, high, 1.0, standard_draws(seed, keys, count))


def load_of(effort: ArrayLike, capacity: float) -> tuple[float, float, float] | None:
    """Return demand over capacity: mean, 5th and 95th percentile of the sum over items; None without capacity.

    Parameters
    ----------
    effort : array_like, shape (N, D)
        Draws of efforts; one draw of all items is one way that things may go.
    capacity : float
        In the same unit, at least 0.
    """
    effort = np.asarray(effort, dtype=np.float64)
    if effort.ndim != 2 or not capacity >= 0:
        raise EngineError(f"Efforts {effort.shape} need two dimensions, and a capacity of {capacity} at least 0.")
    if capacity == 0:
        return None
    found = spread_of(effort.sum(axis=0)[None] / capacity)
    return float(found.mean[0]), float(found.low[0]), float(found.high[0])


def chance_over(effort: ArrayLike, capacity: float) -> float:
    """Return the part of the draws in which items take more than there is; efforts as for `load_of`."""
    return float((np.asarray(effort, dtype=np.float64).sum(axis=0) > capacity).mean())


def longest_chain(effort: Mapping[int, float], needs: Mapping[int, Sequence[int]], goals: Sequence[int]) -> list[int]:
    """Return the chain of items that takes most effort before one of the goals is there, first to last.

    `effort` is above 0 for each item that counts; `needs` says what each waits for. Empty without goals.

    Raises EngineError where items wait for each other in a loop.

    Source: Kelley & Walker (1959), Critical-path planning and scheduling, for the longest path through what waits.
    """
    longest: dict[int, tuple[float, list[int]]] = {}
    entered: set[int] = set()
    waiting = [goal for goal in goals if goal in effort]
    while waiting:
        one = waiting[-1]
        if one in longest:
            waiting.pop()
            continue
        before = [need for need in needs.get(one, ()) if need in effort]
        open_needs = [need for need in before if need not in longest]
        if open_needs:
            if one in entered:
                raise EngineError(f"Item {one} waits for itself in a loop. Take one need away.")
            entered.add(one)
            waiting += open_needs
            continue
        length, chain = max((longest[need] for need in before), key=lambda found: found[0], default=(0.0, []))
        longest[one] = (length + effort[one], [*chain, one])
        waiting.pop()
    found = max((longest[goal] for goal in goals if goal in longest), key=lambda one: one[0], default=(0.0, []))
    return found[1]
