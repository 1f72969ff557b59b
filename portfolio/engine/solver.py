"""Solve x = b + N x for a network, exactly, whatever its cycles, and check it before handing it back.

N is nonnegative and its columns or its rows sum to at most 1 (Sᵀ for costs, S for value per dollar), so I - N is
an M-matrix and the solution for a nonnegative b is nonnegative.

Where cost does not go round for very long, one run of BiCGSTAB is enough, and the error of its answer is bounded by
what is already there. The first k sweeps x <- b + N x add up s = b + N b + ... + N^(k-1) b, for which (I - N)⁻¹ s is at
most k x, since (I - N)⁻¹ N^i b = N^i x is at most x. So where the residual is at most e s in every entry, rounding
included, the answer is within e k of x in every entry (Varga 2000, Matrix Iterative Analysis, chapter 3, for the
comparison). See `System._bounded`.

Networks that this cannot vouch for are solved by three methods, from cheap to sturdy, each used only when the one
before it does not get there:

1. Sweeps. Exact after as many as the network is deep when it has no cycle.
2. BiCGSTAB (van der Vorst 1992) on all columns at once. 20-50 sparse products for a network of any size whose
   cost does not go round for long.
3. LU: dense up to `DENSE` products (and from the start for many columns); above that sparse, complete where
   the network is long and thin, as the cycles are that defeat the other two, and else incomplete, as a
   preconditioner.

Their answers are refined (Higham 2002, Accuracy and Stability of Numerical Algorithms, chapter 12): the residual
is taken in extended precision, the correction solved for, and the answer is accepted only when the last
correction is below `TOLERANCE` of each single entry. Entries are scaled to their own size, so a product of ten
dollars beside one of ten million is held to the same nine digits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import Unsolved
from .krylov import bicgstab, norms, preconditioned_bicgstab

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]
Method = Callable[[Array, Array, Array], tuple[Array, bool]]

TOLERANCE = 1e-10  # largest last correction, relative to the entry; the promise is 1e-9
DENSE = 2_000  # products up to which a dense LU is at hand (32 MB, some 0.1 s)
DENSE_AT_ONCE = 200  # up to here it is as cheap as anything else, and needs no luck
BAND = 50_000_000  # the most entries a complete sparse LU may come to
SWEEPS = 8
MANY_SWEEPS = 96
REDUCTION = 1e-12  # of the residual, by the first turn of an iterative method
CONFIRMATION = 1e-3  # and by the turns after it
BOUND = 8e-10  # of each entry: an answer whose error is proved to be below is taken as it is
EXACT = float(np.finfo(np.longdouble).eps / np.finfo(np.float64).eps)  # how much finer extended precision is here
LEAST_SUMMED, MOST_SUMMED = 3, 16  # terms of the sum that bounds an error
ROUNDS = 1_000  # of BiCGSTAB in one run
FEW = 8  # columns up to which they are iterated, where more of them are worth a dense LU
BLOCK = 250_000  # numbers in one block of columns while iterating: 2 MB, to stay in the cache


class System:
    """x = b + N x, ready for any number of right-hand sides.

    Parameters
    ----------
    weights : csr_array, shape (P, P)
        N: weights[i, j] is the part of x[j] that arrives at i. Nonnegative, spectral radius below 1.
    onward : csr_array, shape (P, P)
        The links of N the other way round, j to i (or more links than that); only where they are counts.
    """

    def __init__(self, weights: csr_array, onward: csr_array):
        self.weights = weights
        self.onward = onward
        self.size = weights.shape[0]

    def solve(self, right: Array) -> Array:
        """Return x for b = `right`, shape (P,) or (P, K). Raises Unsolved where 1e-9 cannot be reached."""
        if right.size == 0 or self.weights.nnz == 0:
            return right.copy()
        is_positive = bool((right >= 0).all())
        single = np.abs(right).mean(axis=1) if right.ndim == 2 else right if is_positive else np.abs(right)
        top = single.max()
        if top == 0:
            return right.copy()
        if (answer := self._bounded(right, single)) is not None:
            return answer
        reached = self._reached(single > 0)
        size = self._solve_scaled(single / top, reached, scale=None)
        if right.ndim == 1:
            if is_positive:
                return size * top
            return self._solve_scaled(right / top, reached, scale=size) * top
        width = max(1, BLOCK // self.size) if not self._is_dense(many=True) else right.shape[1]
        answer = np.empty_like(right)
        for start in range(0, right.shape[1], width):
            columns = slice(start, start + width)
            answer[:, columns] = self._solve_scaled(right[:, columns] / top, reached, scale=size) * top
        return answer

    def _bounded(self, right: Array, single: Array) -> Array | None:
        """Return x if its error is proved to be below `BOUND` of each entry, else None: the sturdy ways are left.

        Each entry is held to the size it has for `single`, which is |b| or its mean over the columns.
        """
        if self._is_dense(many=right.ndim == 2 and right.shape[1] > FEW):
            return None
        low, before, sweeps = lower_bound(self.weights, single)
        if not sweeps:
            return None
        if right.ndim == 1:
            return self._bounded_block(
                right, low, sweeps, start=before if single is right else right, swept=low if single is right else None
            )
        answer = np.empty_like(right)
        # A few columns are as fast one by one; many share each row of the network that is read.
        width = 1 if right.shape[1] <= FEW else max(1, BLOCK // self.size)
        for start in range(0, right.shape[1], width):
            columns = np.ascontiguousarray(right[:, start] if width == 1 else right[:, start : start + width])
            if (block := self._bounded_block(columns, low, sweeps, start=columns)) is None:
                return None
            answer[:, start : start + width] = block[:, None] if width == 1 else block
        return answer

    def _bounded_block(
        self, right: Array, low: Array, sweeps: int, start: Array, swept: Array | None = None
    ) -> Array | None:
        is_signed = bool((right < 0).any())
        answer = start
        yard = np.where(low > 0, low, 1.0)
        if right.ndim == 2:
            yard = yard[:, None]
        per_yard = 1 / yard
        if not np.isfinite(per_yard).all():
            return None
        # A sum of n parts is good to n roundings of their sizes.
        grain = (np.finfo(np.float64).eps / 2) * (np.diff(self.weights.indptr) + 4.0)
        if right.ndim == 2:
            grain = grain[:, None]

        def apply(y: Array) -> Array:
            image = self.weights @ (y * yard)
            image *= per_yard
            return np.subtract(y, image, out=image)

        for turn in range(3):
            if turn or swept is None:
                swept = self.weights @ answer
                swept += right
            residual = swept - answer
            if turn:
                left = float((np.abs(residual) * per_yard).max())
                parts = self.weights @ np.abs(answer) + np.abs(right) if is_signed else swept
                worst = float(((np.abs(residual) + grain * (parts + np.abs(answer))) * per_yard).max())
                if worst * sweeps > BOUND >= left * sweeps and right.ndim == 1:
                    # It may be so, but plain doubles cannot tell.
                    residual = self._residual(right, answer, is_rough=False)
                    worst = float((np.abs(residual) * per_yard).max()) + (worst - left) * EXACT
                if worst * sweeps <= BOUND:
                    return swept  # one sweep more: its error is N times that of `answer`, and so within the bound
                if not np.isfinite(worst):
                    return None
            residual *= per_yard
            step, is_there = bicgstab(apply, residual, BOUND / (2 * sweeps), most=ROUNDS)
            if not is_there:
                return None
            step *= yard
            answer = answer + step
        return None

    def _solve_scaled(self, right: Array, reached: NDArray[np.bool_], scale: Array | None) -> Array:
        """Solve with each entry held to its own size: `scale`, or the solution itself while `right` >= 0."""
        is_dense = self._is_dense(many=right.ndim == 2)
        answer, is_exact = (right, False) if is_dense else self._sweep(right, scale)
        if is_exact:
            return answer
        methods: list[Method] = [] if is_dense else [self._by_krylov] * 3
        methods += [self._by_dense_lu if self.size <= DENSE else self._by_sparse_lu] * 4
        correction = np.inf
        for turn, method in enumerate(methods):
            yard = self._yardstick(answer if scale is None else scale, reached)
            if right.ndim == 2:
                yard = yard[:, None]
            residual = self._residual(right, answer, is_rough=turn == 0) / yard
            # The first turn does the work; the next ones are there to see that it was done.
            goal = CONFIRMATION * norms(residual)
            if turn == 0:
                goal = np.minimum(goal, REDUCTION * norms(right / yard))
            step, is_trusted = method(residual, yard, goal)
            if not np.isfinite(step).all():
                continue
            change = step * yard
            change[~reached] = 0.0  # a pivot of the LU may leave a trace of rounding there
            answer = answer + change
            correction = float(np.abs(step[reached]).max())
            if is_trusted and correction <= TOLERANCE:
                return answer
        raise Unsolved(
            f"After {len(methods)} refinements the figures of {self.size} products still move by {correction:.1e} of "
            f"themselves, more than {TOLERANCE:.0e}: some products pass on so nearly all of their cost "
            "to each other that the little which leaves cannot be told from rounding. "
            "Let products in the loops with the largest shares keep more for their own customers."
        )

    def _sweep(self, right: Array, scale: Array | None) -> tuple[Array, bool]:
        """Return x after sweeps from `right`, and whether it no longer moves at all.

        One column is swept `SWEEPS` times. Many columns are swept on for as long as that promises to end, because
        a sweep is one sparse product and nothing else, where a round of Krylov also passes over ten blocks.
        """
        answer, change_before = right, np.inf
        for turn in range(1, 1 + (SWEEPS if right.ndim == 1 else MANY_SWEEPS)):
            swept = self.weights @ answer
            swept += right
            if turn % SWEEPS == 0 or turn <= 2:
                change = np.abs(swept - answer)
                if not change.any():
                    return answer, True
                if scale is not None and turn % SWEEPS == 0:
                    change_now = float((change.max(axis=1) if right.ndim == 2 else change).sum() / scale.sum())
                    left = MANY_SWEEPS - turn
                    if change_now <= 1e-13 or change_now * (change_now / change_before) ** (left / SWEEPS) > 1e-10:
                        return swept, False
                    change_before = change_now
            answer = swept
        return answer, False

    def _is_dense(self, *, many: bool) -> bool:
        return self.size <= (DENSE if many else DENSE_AT_ONCE)

    def _yardstick(self, size: Array, reached: NDArray[np.bool_]) -> Array:
        """Return a positive size for each entry; one that nothing has arrived at yet gets a middling one."""
        known = size > 0
        middling = float(np.exp(np.log(size[known]).mean())) if known.any() else 1.0
        return np.where(known & reached, size, middling)

    def _reached(self, sources: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which entries anything flows to from `sources`; the others are exactly zero."""
        if sources.all():
            return sources
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import breadth_first_order

        onward = self.onward
        first = np.flatnonzero(sources)
        # One more node that leads to every source, so that one search finds all.
        indices = np.concatenate([onward.indices, first.astype(onward.indices.dtype)])
        indptr = np.concatenate([onward.indptr, [indices.size]]).astype(onward.indptr.dtype)
        graph = csr_array((np.ones(indices.size), indices, indptr), shape=(self.size + 1, self.size + 1))
        found = breadth_first_order(graph, self.size, return_predecessors=False)
        reached = np.zeros(self.size + 1, dtype=bool)
        reached[found] = True
        return reached[:-1]

    def _residual(self, right: Array, answer: Array, *, is_rough: bool) -> Array:
        """Return b + N x - x: for one column in extended precision, where the machine has it and it matters."""
        if is_rough or right.ndim == 2:
            return right + self.weights @ answer - answer
        exact = answer.astype(np.longdouble)
        return (right + self._exact_weights @ exact - exact).astype(np.float64)

    @cached_property
    def _exact_weights(self) -> csr_array:
        return self.weights.astype(np.longdouble)

    # -- methods: solve (I - D⁻¹ N D) y = r, return y and whether it can be relied on -----------------------

    def _scaled(self, yard: Array) -> Callable[[Array], Array]:
        def apply(y: Array) -> Array:
            return y - (self.weights @ (y * yard)) / yard

        return apply

    def _by_krylov(self, right: Array, yard: Array, goal: Array) -> tuple[Array, bool]:
        return preconditioned_bicgstab(self._scaled(yard), right, lambda y: y, goal, most=40)

    def _by_dense_lu(self, right: Array, yard: Array, goal: Array) -> tuple[Array, bool]:
        from scipy.linalg import lu_solve

        return lu_solve(self._dense_lu, right * yard, check_finite=False) / yard, True

    @cached_property
    def _dense_lu(self) -> tuple[Array, NDArray[np.int32]]:
        from scipy.linalg import lu_factor

        return lu_factor(np.eye(self.size) - self.weights.toarray(), overwrite_a=True, check_finite=False)

    def _by_sparse_lu(self, right: Array, yard: Array, goal: Array) -> tuple[Array, bool]:
        if self._sparse_lu is None:
            return np.full_like(right, np.nan), False
        order, factors = self._sparse_lu

        def precondition(y: Array) -> Array:
            solved = np.empty_like(y)
            solved[order] = factors.solve((y * yard)[order])
            return solved / yard

        return preconditioned_bicgstab(self._scaled(yard), right, precondition, goal, most=80)

    @cached_property
    def _sparse_lu(self) -> tuple[NDArray[np.int32], Any] | None:
        """Return an order of the entries and LU factors of I - N in it: complete ones if they stay thin.

        The order is reverse Cuthill-McKee (1969), which lays a long cycle out as a narrow band.
        """
        from scipy.sparse import eye_array
        from scipy.sparse.csgraph import reverse_cuthill_mckee
        from scipy.sparse.linalg import spilu, splu

        order = reverse_cuthill_mckee(self.weights, symmetric_mode=False)
        matrix = (eye_array(self.size) - self.weights).tocsr()[order][:, order].tocsc()
        entries = matrix.tocoo()
        band = int(np.abs(entries.row - entries.col).max())
        # No pivoting: I - N is diagonally dominant, and its factors stay M-matrices.
        options: dict[str, Any] = {"permc_spec": "NATURAL", "diag_pivot_thresh": 0.0}
        try:
            if band * self.size <= BAND:
                return order, splu(matrix, **options)
            return order, spilu(matrix, drop_tol=1e-4, fill_factor=5, **options)
        except RuntimeError:  # SuperLU: the factor is exactly singular
            return None


def lower_bound(weights: csr_array, right: Array) -> tuple[Array, Array, int]:
    """Return s = b + N b + ... + N^(k-1) b for b = `right` >= 0, the sum with a term less, and k.

    k is as small as will do for s to be positive wherever the solution is; 0 where `MOST_SUMMED` do not.
    """
    low, reached = right, int(np.count_nonzero(right))
    for count in range(2, MOST_SUMMED + 1):
        before, low = low, weights @ low
        low += right
        reached, reached_before = int(np.count_nonzero(low)), reached
        if reached == reached_before and count >= LEAST_SUMMED:
            return low, before, count
    return low, low, 0
