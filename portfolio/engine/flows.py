"""Follow cost one way through the network of products and value the other way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import ClosedLoop, EngineError, Unsolved, in_words
from .solver import System

if TYPE_CHECKING:
    from scipy.sparse import csr_array, sparray, spmatrix

Array = NDArray[np.float64]

SHARE_TOLERANCE = 1e-9  # shares are kept to 6 decimals; a metered share this close to all is all
BALANCE_TOLERANCE = 1e-9  # how far what comes out may be from what went in, relative


@dataclass(frozen=True)
class Flows:
    """One month of the network: P products, and K draws where `value` had K columns.

    Attributes
    ----------
    loaded_cost : ndarray, shape (P,)
        C, in the currency of the cost; negative where credits outweigh costs.
    retained_cost : ndarray, shape (P,)
        What stays with each product's own customers, (1 - sum_j S[i, j]) C[i]. Sums to the cost.
    reached_value : ndarray, shape (P,) or (P, K)
        T, all value each product took part in. Overlaps between products: never add it up.
    credited_value : ndarray, shape (P,) or (P, K)
        K, what each product's own dollars earned. Sums to the value, over any draw.
    source_fractions : csr_array, shape (P, P)
        F[i, j], the part of j's loaded cost that came through i. From costs with negatives set to zero.
    own_fractions : ndarray, shape (P,)
        c⁺[j] / C⁺[j], the part of j's loaded cost that is its own; 1 for a product with no loaded cost.
        With the column sums of F it makes 1.
    floored_loaded_cost : ndarray, shape (P,)
        C⁺, the loaded cost from costs with negatives set to zero.
    """

    loaded_cost: Array
    retained_cost: Array
    reached_value: Array
    credited_value: Array
    source_fractions: csr_array
    own_fractions: Array
    floored_loaded_cost: Array


@np.errstate(over="ignore", invalid="ignore")  # what is not finite at the end is refused there
def trace(cost: ArrayLike, value: ArrayLike, shares: sparray | spmatrix) -> Flows:
    """Return what each product costs with all that it pulls, and what its dollars return.

    Solves, for P products, exactly whatever the cycles (1e-9 relative for each product):

        C = c + Sᵀ C                     loaded cost (reciprocal allocation)
        F[i, j] = S[i, j] C⁺[i] / C⁺[j]  source fractions, from c⁺ = max(c, 0)
        T = v + F T                      reached value
        K = T c⁺ / C⁺                    credited value; sum(K) = sum(v)

    A product with no loaded cost (C⁺ = 0) was paid for by nobody: it keeps its own value, K = T = v, and none of
    it travels upstream (its column of F is empty, and so is its row).

    Parameters
    ----------
    cost : array_like, shape (P,)
        c, direct cost in one currency. Credits may make it negative.
    value : array_like, shape (P,) or (P, K)
        v, value that reached each product's own customers, in the same currency; a column for each draw.
    shares : scipy sparse array, shape (P, P)
        S, dimensionless: shares[i, j] is the part of supplier i's output that consumer j used. Nonnegative, rows
        sum to at most 1, nothing on the diagonal.

    Raises
    ------
    ClosedLoop
        Products pass all of their cost on to each other and none outside (to within 1e-9 of each).
    Unsolved
        So little leaves a loop that 1e-9 cannot be reached.
    EngineError
        Wrong shapes, figures that are not finite, shares that are negative, of oneself, or more than all.

    Source: Horngren, Datar & Rajan, Cost Accounting (14th ed., 2012), chapter 15, reciprocal method; Miller & Blair,
    Input-Output Analysis (2nd ed., 2009), chapter 2, for the algebra.
    """
    direct, made, network = _checked(cost, value, shares)
    kept = _kept(network)
    _refuse_closed_loops(network)

    pulled = network.T.tocsr()
    upstream = System(pulled, onward=network)
    floored = np.maximum(direct, 0.0)
    floored_loaded = upstream.solve(floored)
    loaded = floored_loaded if (direct >= 0).all() else upstream.solve(direct)
    retained = kept * loaded
    _refuse_imbalance("cost retained", retained, direct)

    # T = C⁺ u turns T = v + F T into u = v / C⁺ + S u. What leaves a loop is exact in S and rounded in F.
    has_cost = floored_loaded > 0
    by_column = (slice(None), *[None] * (made.ndim - 1))
    per_dollar = np.divide(made.T, floored_loaded, out=np.zeros_like(made.T), where=has_cost).T
    own = np.divide(floored, floored_loaded, out=np.ones_like(floored), where=has_cost)
    upstream_value = System(network, onward=pulled).solve(np.ascontiguousarray(per_dollar))
    reached = np.where(has_cost[by_column], upstream_value * floored_loaded[by_column], made)
    credited = reached * own[by_column]
    _refuse_imbalance("value credited", credited, made)
    return Flows(
        loaded_cost=loaded,
        retained_cost=retained,
        reached_value=reached,
        credited_value=credited,
        source_fractions=_source_fractions(network, floored_loaded),
        own_fractions=own,
        floored_loaded_cost=floored_loaded,
    )


def _source_fractions(network: csr_array, floored_loaded: Array) -> csr_array:
    """Return F[i, j] = S[i, j] C⁺[i] / C⁺[j], with no entry where C⁺ is zero at either end."""
    fractions = network.copy()
    supplier = np.repeat(np.arange(network.shape[0]), np.diff(network.indptr))
    paid = network.data * floored_loaded[supplier]
    payer = floored_loaded[network.indices]
    fractions.data = np.divide(paid, payer, out=np.zeros_like(paid), where=payer > 0)
    if not fractions.data.all():
        fractions.eliminate_zeros()
    return fractions


def _kept(network: csr_array) -> Array:
    """Return 1 - sum_j S[i, j], exactly zero where all is passed on but for the rounding of the sum."""
    # Extended precision: where cost goes round a million times, what leaves is a millionth of a share.
    sums = np.zeros(network.shape[0], dtype=np.longdouble)
    filled = np.flatnonzero(np.diff(network.indptr))
    if filled.size:
        sums[filled] = np.add.reduceat(network.data.astype(np.longdouble), network.indptr[filled])
    kept = (1 - sums).astype(np.float64)
    kept[np.abs(kept) <= 1e-15 * np.maximum(np.diff(network.indptr), 1)] = 0.0
    return kept


def _refuse_closed_loops(network: csr_array) -> None:
    """Raise ClosedLoop for every strongly connected set whose members all keep and send out less than 1e-9."""
    if network.nnz == 0:
        return
    from scipy.sparse.csgraph import connected_components

    size = network.shape[0]
    candidate = network.sum(axis=1) >= 1 - SHARE_TOLERANCE
    if not candidate.any():
        return
    strong = network
    if network.data.min() <= SHARE_TOLERANCE:  # a link this thin is no way out
        strong = network.copy()
        strong.data[strong.data <= SHARE_TOLERANCE] = 0.0
        strong.eliminate_zeros()
    count, member = connected_components(strong, directed=True, connection="strong")
    supplier = np.repeat(np.arange(size), np.diff(strong.indptr))
    is_inside = member[supplier] == member[strong.indices]
    inside = np.bincount(supplier[is_inside], weights=strong.data[is_inside], minlength=size)
    is_open = np.zeros(count, dtype=bool)
    is_open[member[inside < 1 - SHARE_TOLERANCE]] = True
    if is_open.all():
        return
    stuck = np.flatnonzero(~is_open[member])
    loops: dict[int, list[int]] = {}
    for product in stuck:
        loops.setdefault(int(member[product]), []).append(int(product))
    raise ClosedLoop(sorted(loops.values()))


def _refuse_imbalance(what: str, parts: Array, whole: Array) -> None:
    """Raise Unsolved unless the parts sum to the whole, in every column."""
    gap = np.abs(parts.sum(axis=0) - whole.sum(axis=0))
    room = BALANCE_TOLERANCE * np.abs(whole).sum(axis=0)
    if not np.isfinite(parts).all() or not np.all(gap <= room):
        raise Unsolved(
            f"The sum of {what} is off by up to {np.max(gap, initial=0.0):.3g} from the sum that went in, "
            f"more than {BALANCE_TOLERANCE:.0e} of it: some products pass on so nearly all of their cost to "
            "each other that rounding shows, or figures are too large to add up. "
            "Let products in the loops with the largest shares keep more for their own customers."
        )


# -- at the door ---------------------------------------------------------------------------------------------


def _checked(cost: ArrayLike, value: ArrayLike, shares: Any) -> tuple[Array, Array, csr_array]:
    """Return cost, value and shares as float arrays that are safe to solve, or raise EngineError."""
    direct, made = _numbers("cost", cost), _numbers("value", value)
    if direct.ndim != 1:
        raise EngineError(f"cost has shape {direct.shape}, but one figure for each product, shape (P,), is needed.")
    size = direct.shape[0]
    if made.ndim not in (1, 2) or made.shape[0] != size:
        raise EngineError(
            f"value has shape {made.shape}, but cost has {size} products: value must have shape ({size},), "
            f"or ({size}, K) for K draws."
        )
    _refuse_where("cost", ~np.isfinite(direct), "is not a finite number", "Leave out or mend those figures.")
    is_bad = ~np.all(np.isfinite(made.reshape(size, made.size // max(size, 1))), axis=1)
    _refuse_where("value", is_bad, "is not a finite number", "Leave out or mend those figures.")
    return direct, made, _checked_shares(shares, size)


def _numbers(name: str, figures: ArrayLike) -> Array:
    array = np.asarray(figures)
    if array.dtype.kind not in "biuf":
        raise EngineError(
            f"{name} holds {array.dtype} where plain numbers are needed: turn it into an array of float first."
        )
    return array.astype(np.float64)


def _checked_shares(shares: Any, size: int) -> csr_array:
    from scipy.sparse import csr_array, issparse

    if not issparse(shares):
        raise EngineError(
            f"shares is a {type(shares).__name__}, but a scipy sparse array is needed: wrap it in "
            "scipy.sparse.csr_array."
        )
    if shares.shape != (size, size):
        raise EngineError(
            f"shares has shape {shares.shape}, but cost has {size} products: shares must have shape ({size}, {size})."
        )
    if shares.dtype.kind not in "biuf":
        raise EngineError(f"shares holds {shares.dtype} where plain numbers are needed: turn it into float first.")
    network = csr_array(shares, dtype=np.float64, copy=True)
    network.sum_duplicates()
    supplier = np.repeat(np.arange(size), np.diff(network.indptr))
    remedy = "The share of a supplier's output that a consumer used is between 0 and 1."
    _refuse_links(network, supplier, ~np.isfinite(network.data), "is not a finite number", remedy)
    _refuse_links(network, supplier, network.data < 0, "is negative", remedy)
    if network.nnz and not network.data.all():
        network.eliminate_zeros()
        supplier = np.repeat(np.arange(size), np.diff(network.indptr))
    own = supplier[supplier == network.indices]
    if own.size:
        raise EngineError(
            f"Products {in_words(own)} use their own output: what a product uses itself is part of its cost already. "
            "Remove those links, and measure the shares of the others against what leaves the product."
        )
    sums = network.sum(axis=1)
    over = np.flatnonzero(sums > 1 + SHARE_TOLERANCE)
    if over.size:
        raise EngineError(
            f"Products {in_words(over)} pass on more than all of their output (the first one {sums[over[0]]:.9g}): "
            "the shares of each supplier must sum to at most 1. Lower the shares of its consumers."
        )
    if (sums > 1).any():  # a rounding over 1: all of it, shared in the same proportion
        network.data /= np.maximum(sums, 1.0)[supplier]
    return network


def _refuse_where(name: str, is_bad: NDArray[np.bool_], what: str, remedy: str) -> None:
    bad = np.flatnonzero(is_bad)
    if bad.size:
        raise EngineError(f"The {name} of {bad.size} of {is_bad.size} products {what} ({in_words(bad)}). {remedy}")


def _refuse_links(
    network: csr_array, supplier: NDArray[np.intp], is_bad: NDArray[np.bool_], what: str, remedy: str
) -> None:
    bad = np.flatnonzero(is_bad)
    if bad.size:
        first = ", ".join(f"({supplier[k]}, {network.indices[k]})" for k in bad[:5])
        raise EngineError(
            f"The share of {bad.size} of {network.nnz} links {what} (supplier, consumer: {first}). {remedy}"
        )
