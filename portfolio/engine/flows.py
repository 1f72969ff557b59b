"""Follow cost one way through the network of products and value the other way."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
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
    own_fractions : ndarray, shape (P,)
        c⁺[j] / C⁺[j], the part of j's loaded cost that is its own; 1 for a product with no loaded cost.
        With the column sums of F it makes 1.
    floored_loaded_cost : ndarray, shape (P,)
        C⁺, the loaded cost from costs with negatives set to zero.
    network : csr_array, shape (P, P)
        S, as it was traced.
    """

    loaded_cost: Array
    retained_cost: Array
    reached_value: Array
    credited_value: Array
    own_fractions: Array
    floored_loaded_cost: Array
    network: csr_array = field(repr=False)

    @cached_property
    def source_fractions(self) -> csr_array:
        """F[i, j] = S[i, j] C⁺[i] / C⁺[j], the part of j's loaded cost that came through i, shape (P, P).

        From costs with negatives set to zero; no entry where C⁺ is zero at either end.
        """
        fractions = self.network.copy()
        supplier = np.repeat(np.arange(fractions.shape[0]), np.diff(fractions.indptr))
        paid = fractions.data * self.floored_loaded_cost[supplier]
        payer = self.floored_loaded_cost[fractions.indices]
        fractions.data = np.divide(paid, payer, out=np.zeros_like(paid), where=payer > 0)
        if not fractions.data.all():
            fractions.eliminate_zeros()
        return fractions


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
    direct, made = _checked(cost, value)
    network, pulled, sums = checked_shares(shares, len(direct))
    kept = _kept(network, sums)
    refuse_closed_loops(network, sums)

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
        own_fractions=own,
        floored_loaded_cost=floored_loaded,
        network=network,
    )


def _kept(network: csr_array, sums: Array) -> Array:
    """Return 1 - sum_j S[i, j], exactly zero where all is passed on but for the rounding of the sum."""
    kept = 1 - sums
    count = np.diff(network.indptr)
    # Extended precision where it shows: where cost goes round a million times, what leaves is a millionth of a share.
    fine = np.flatnonzero((kept < 1e-4 * count) & (count > 0))
    if fine.size:
        rows = network if fine.size == len(kept) else network[fine]
        kept[fine] = (1 - np.add.reduceat(rows.data.astype(np.longdouble), rows.indptr[:-1])).astype(np.float64)
        kept[np.abs(kept) <= 1e-15 * np.maximum(count, 1)] = 0.0
    return kept


def refuse_closed_loops(network: csr_array, sums: Array) -> None:
    """Raise ClosedLoop for every strongly connected set whose members all keep and send out less than 1e-9."""
    stuck = np.flatnonzero(_inescapable(network, sums))
    if not stuck.size:
        return
    from scipy.sparse.csgraph import connected_components

    inner = network[stuck][:, stuck]
    inner.data[inner.data <= SHARE_TOLERANCE] = 0.0  # a link this thin is no way out
    inner.eliminate_zeros()
    count, member = connected_components(inner, directed=True, connection="strong")
    supplier = np.repeat(np.arange(stuck.size), np.diff(inner.indptr))
    is_inside = member[supplier] == member[inner.indices]
    inside = np.bincount(supplier[is_inside], weights=inner.data[is_inside], minlength=stuck.size)
    is_open = np.zeros(count, dtype=bool)
    is_open[member[inside < 1 - SHARE_TOLERANCE]] = True
    loops: dict[int, list[int]] = {}
    for place in np.flatnonzero(~is_open[member]):
        loops.setdefault(int(member[place]), []).append(int(stuck[place]))
    if loops:
        raise ClosedLoop(sorted(loops.values()))


def _inescapable(network: csr_array, sums: Array) -> NDArray[np.bool_]:
    """Return who may be in a closed loop: passes on all of its output, and all of it to others of whom that is true.

    Members of a closed loop send at most 1e-9 out of it, so none is lost by dropping, over and over, whoever sends
    more to those who were dropped. It ends early: after some rounds the search among those left is cheap enough.
    """
    stuck = sums >= 1 - SHARE_TOLERANCE
    for _ in range(8):
        if not stuck.any():
            break
        stays = stuck & (network @ (~stuck).astype(np.float64) <= 2 * SHARE_TOLERANCE)
        if stays.sum() == stuck.sum():
            break
        stuck = stays
    return stuck


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


def _checked(cost: ArrayLike, value: ArrayLike) -> tuple[Array, Array]:
    """Return cost and value as float arrays that are safe to solve, or raise EngineError."""
    direct, made = checked_cost(cost), _numbers("value", value)
    size = direct.shape[0]
    if made.ndim not in (1, 2) or made.shape[0] != size:
        raise EngineError(
            f"value has shape {made.shape}, but cost has {size} products: value must have shape ({size},), "
            f"or ({size}, K) for K draws."
        )
    is_bad = ~np.all(np.isfinite(made.reshape(size, made.size // max(size, 1))), axis=1)
    _refuse_where("value", is_bad, "is not a finite number", "Leave out or mend those figures.")
    return direct, made


def checked_cost(cost: ArrayLike) -> Array:
    """Return cost as an array of float, or raise EngineError."""
    direct = _numbers("cost", cost)
    if direct.ndim != 1:
        raise EngineError(f"cost has shape {direct.shape}, but one figure for each product, shape (P,), is needed.")
    _refuse_where("cost", ~np.isfinite(direct), "is not a finite number", "Leave out or mend those figures.")
    return direct


def _numbers(name: str, figures: ArrayLike) -> Array:
    array = np.asarray(figures)
    if array.dtype.kind not in "biuf":
        raise EngineError(
            f"{name} holds {array.dtype} where plain numbers are needed: turn it into an array of float first."
        )
    return array.astype(np.float64)


def checked_shares(shares: Any, size: int) -> tuple[csr_array, csr_array, Array]:
    """Return S, its transpose, and the sums of the rows of S, all safe to solve; or raise EngineError.

    What is handed in is left as it was, but S may share its memory.
    """
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
    given = csr_array(shares)
    # A product of a matrix and a vector takes as long as its numbers take to arrive, and half of them are indices.
    index = np.int32 if max(given.nnz, size) < 2**31 else np.int64
    network = csr_array(
        (
            given.data.astype(np.float64, copy=False),
            given.indices.astype(index, copy=False),
            given.indptr.astype(index, copy=False),
        ),
        shape=(size, size),
    )
    pulled = network.T.tocsr()
    if not pulled.has_canonical_format:  # repeated links; the transpose is in order, so that it takes one look
        network = network.copy()
        network.sum_duplicates()
        pulled = network.T.tocsr()
    if network.nnz and not (network.data.min() > 0 and network.data.max() < np.inf):
        remedy = "The share of a supplier's output that a consumer used is between 0 and 1."
        _refuse_links(network, ~np.isfinite(network.data), "is not a finite number", remedy)
        _refuse_links(network, network.data < 0, "is negative", remedy)
        network = network.copy()
        network.eliminate_zeros()
        pulled = network.T.tocsr()
    own = np.flatnonzero(network.diagonal())
    if own.size:
        raise EngineError(
            f"Products {in_words(own)} use their own output: what a product uses itself is part of its cost already. "
            "Remove those links, and measure the shares of the others against what leaves the product."
        )
    sums = _row_sums(network)
    over = np.flatnonzero(sums > 1 + SHARE_TOLERANCE)
    if over.size:
        raise EngineError(
            f"Products {in_words(over)} pass on more than all of their output (the first one {sums[over[0]]:.9g}): "
            "the shares of each supplier must sum to at most 1. Lower the shares of its consumers."
        )
    if (sums > 1).any():  # a rounding over 1: all of it, shared in the same proportion
        network = csr_array(
            (network.data / np.repeat(np.maximum(sums, 1.0), np.diff(network.indptr)), network.indices, network.indptr),
            shape=(size, size),
        )
        pulled, sums = network.T.tocsr(), _row_sums(network)
    return network, pulled, sums


def _row_sums(network: csr_array) -> Array:
    sums = np.zeros(network.shape[0])
    filled = np.flatnonzero(np.diff(network.indptr))
    if filled.size:
        sums[filled] = np.add.reduceat(network.data, network.indptr[filled])
    return sums


def _refuse_where(name: str, is_bad: NDArray[np.bool_], what: str, remedy: str) -> None:
    bad = np.flatnonzero(is_bad)
    if bad.size:
        raise EngineError(f"The {name} of {bad.size} of {is_bad.size} products {what} ({in_words(bad)}). {remedy}")


def _refuse_links(network: csr_array, is_bad: NDArray[np.bool_], what: str, remedy: str) -> None:
    bad = np.flatnonzero(is_bad)
    if bad.size:
        supplier = np.repeat(np.arange(network.shape[0]), np.diff(network.indptr))
        first = ", ".join(f"({supplier[k]}, {network.indices[k]})" for k in bad[:5])
        raise EngineError(
            f"The share of {bad.size} of {network.nnz} links {what} (supplier, consumer: {first}). {remedy}"
        )
