"""Whose money went into what each product cost, and so what value is credited to any set of products."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .solver import System

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]


def origins(cost: ArrayLike, shares: csr_array, inside: ArrayLike) -> Array:
    """Return the part of each product's loaded cost that came out of the own money of each of K sets, shape (P, K).

    With w the result and v any value made, w.T @ v is the value credited to each set: the adjoint of `trace`. For
    with T = v + F T and K = T c⁺/C⁺, the sum of K over a set is v · (1 - F)⁻ᵀ (c⁺/C⁺ within the set, else 0), and
    multiplying that by C⁺ gives the loaded cost from the set's own cost alone. One solve a set, whatever the number
    of values, where following values through the network takes a column each.

    Parameters
    ----------
    cost : array_like, shape (P,)
        c, direct cost; negatives count as zero, as they do where value is credited.
    shares : csr_array, shape (P, P)
        S, which `trace` has accepted: no closed loop, rows that sum to at most 1.
    inside : array_like of bool, shape (P, K)
        Whether a product is in each set. A product with no loaded cost keeps its own value: 1 in its own sets.

    Raises
    ------
    Unsolved
        So little leaves a loop that 1e-9 cannot be reached.

    Source: as `trace`; Miller & Blair, Input-Output Analysis (2nd ed., 2009), chapter 6, for the multipliers.
    """
    member = np.asarray(inside, dtype=bool)
    floored = np.maximum(np.asarray(cost, dtype=np.float64), 0.0)
    system = System(shares.T.tocsr(), onward=shares)
    # One at a time: a few single solves are iterated, where several at once would be worth a dense LU.
    whole = system.solve(floored)
    parts = [system.solve(np.where(within, floored, 0.0)) for within in member.T]
    fractions = [
        np.divide(part, whole, out=within.astype(np.float64), where=whole > 0)
        for part, within in zip(parts, member.T, strict=True)
    ]
    return np.column_stack(fractions) if fractions else np.empty((len(floored), 0))
