"""Follow many draws of what was made through one month at once, to the digits that a range is read to.

A 90 % range is read to three digits and comes from 2,000 draws, so that its ends are themselves good to a percent or
two. `flows.trace` promises nine digits of each column; here a draw is followed to `TOLERANCE` of the size that the
figure has over all draws, in float32 where that suffices, and what is left over is measured before it is handed back.

All draws go through the same network, so they share one polynomial: a few steps of GMRES for one typical column find
where the spectrum of I - S lies, and the roots of its residual polynomial, one sparse product each, do for every
column what they did for that one. There are no inner products, so columns do not know of each other: a column comes
out the same to the bit whatever block it was in and whatever thread took it.

Source: Nachtigal, Reichel & Trefethen (1992), A hybrid GMRES algorithm for nonsymmetric linear systems, SIAM J. Matrix
Anal. Appl. 13(3), for the polynomial; Bai, Hu & Reichel (1994), A Newton basis GMRES implementation, IMA J. Numer.
Anal. 14(4), for the order of its roots.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import EngineError, Unsolved
from .flows import checked_cost, checked_shares, refuse_closed_loops
from .krylov import dots, norms
from .solver import System, lower_bound

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]
Columns = Callable[[int, int], Floats]

PROVED = 1e-3  # and how far at most, which takes the worst of everything together: rounding, and the slowest way round
TOLERANCE = 1e-5  # how far a draw may be off, relative to the size of its product's figure over all draws
AIM = 4e-6  # what the polynomial is made for
MOSTLY = 0.9  # of the products supply others
MOST_SWEEPS = 12  # after them
MOST_STEPS = 60  # sparse products a column; a network that needs more is solved by `solver.System`
BLOCK_BYTES = 1_300_000  # of one block of columns, so that what a step touches stays in the cache
MOST_THREADS = 4


@dataclass(frozen=True)
class Followed:
    """K draws of one month of P products, as value per dollar: products of it and a cost are what is wanted.

    Attributes
    ----------
    per_dollar : ndarray of float32, shape (P, K)
        u, the value that a dollar of the product's loaded cost reached; of a product with no loaded cost its own value.
    loaded_cost : ndarray, shape (P,)
        C⁺, from costs with negatives set to zero; 1 for a product with no loaded cost. Reached value is C⁺ u.
    own_cost : ndarray, shape (P,)
        c⁺; 1 for a product with no loaded cost. Credited value is c⁺ u, and sums to the value in every draw.
    """

    per_dollar: NDArray[np.float32]
    loaded_cost: Array
    own_cost: Array


def follow(cost: ArrayLike, value: Columns | Floats, shares: Any, count: int, threads: int | None = None) -> Followed:
    """Return where `count` draws of value went, as `flows.trace` would, but to `TOLERANCE` and many times faster.

    Solves u = v / C⁺ + S u for every draw of v. The same draws give the same bits, whatever the number of threads.

    Parameters
    ----------
    cost : array_like, shape (P,)
        c, direct cost. Credits may make it negative.
    value : ndarray of float, shape (P, K), or a function
        v, a column for each draw; or what returns its columns from one number to before another, so that all of them
        need never be there at once.
    shares : scipy sparse array, shape (P, P)
        S, as `trace` takes it, without closed loops.
    count : int
        K.
    threads : int, optional
        How many blocks are worked on at once; by default as many as there are cores, up to `MOST_THREADS`.

    Raises
    ------
    Unsolved
        Credited value does not sum to value in every draw, to `TOLERANCE`.
    EngineError
        As `trace`.
    """
    direct = checked_cost(cost)
    if callable(value):
        columns = value
    else:
        given = np.asarray(value)
        if given.shape != (direct.size, count):
            raise EngineError(
                f"value has shape {given.shape}, but ({direct.size}, {count}) is needed: a row for each product, a "
                "column for each draw."
            )
        columns = lambda start, stop: given[:, start:stop]  # noqa: E731
    network, pulled, sums = checked_shares(shares, direct.size)
    refuse_closed_loops(network, sums)
    floored = np.maximum(direct, 0.0)
    loaded = System(pulled, onward=network).solve(floored)
    has_cost = loaded > 0
    followed = Followed(
        np.empty((direct.size, count), np.float32),
        np.where(has_cost, loaded, 1.0),
        np.where(has_cost, floored, 1.0),
    )
    if direct.size and count:
        _Month(network, has_cost, columns, followed).fill(threads or usable_cores())
    return followed


def usable_cores() -> int:
    """Return how many cores this process may use, `MOST_THREADS` at the most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_THREADS, cores)


class _Month:
    """u = b + S u for all draws of a month, over its suppliers alone.

    Who supplies nobody reaches its own value and no more, u = b, and so does who was paid for by nobody. What is left
    over are the unknowns, and the links to the others are added to their right-hand side once.
    """

    def __init__(self, network: csr_array, has_cost: NDArray[np.bool_], columns: Columns, followed: Followed):
        self.columns, self.followed = columns, followed
        self.count = followed.per_dollar.shape[1]
        is_unknown = (np.diff(network.indptr) > 0) & has_cost
        if has_cost.all() and is_unknown.sum() > MOSTLY * is_unknown.size:
            is_unknown[:] = True  # to leave out a few would cost more than it saves
        self.unknown, self.known = np.flatnonzero(is_unknown), np.flatnonzero(~is_unknown)
        rows = network[self.unknown] if self.known.size else network
        self.weights = rows[:, self.unknown] if self.known.size else network
        self.outward = rows[:, self.known]  # to those whose figure is known
        self.single = self.weights.astype(np.float32), self.outward.astype(np.float32)
        self.per_loaded = (1 / followed.loaded_cost).astype(np.float32)[:, None]
        # Costs as parts of all cost, to add up what is credited in single precision too.
        self.own, self.loaded = (
            (each / followed.loaded_cost.sum()).astype(np.float32) for each in (followed.own_cost, followed.loaded_cost)
        )
        self.steps: list[Step] = []
        self.doubled: list[Step] = []

    def fill(self, threads: int) -> None:
        """Work out all draws, block by block."""
        width = max(8, BLOCK_BYTES // (4 * max(self.unknown.size, 1)))
        blocks = [(start, min(start + width, self.count)) for start in range(0, self.count, width)]
        if self.weights.nnz:
            start, stop = blocks[0]
            right = self._right(self._doubled(self.columns(start, stop)), self.outward)
            roots = polynomial_roots(self.weights, np.abs(right).mean(axis=1), AIM, MOST_STEPS)
            if roots.size:
                self.steps = steps_of(self.single[0], roots)
                self.doubled = steps_of(self.weights, roots)
        if threads == 1 or len(blocks) == 1:
            for block in blocks:
                self._fill_block(*block)
            return
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda block: self._fill_block(*block), blocks))

    @np.errstate(over="ignore", invalid="ignore")  # what is not finite at the end is refused there
    def _fill_block(self, start: int, stop: int) -> None:
        made = self.columns(start, stop)
        scaled = made.astype(np.float32, copy=False) * self.per_loaded
        for solved in self._solved(scaled, made):
            if self.known.size:
                answer = scaled.copy()
                answer[self.unknown] = solved
            else:
                answer = np.asarray(solved, dtype=np.float32)
            if self._is_balanced(scaled, answer):
                self.followed.per_dollar[:, start:stop] = answer
                return
        raise Unsolved(
            f"The sum of value credited in a draw is off by more than {TOLERANCE:.0e} of the sum that went in, or "
            "draws are no finite numbers: some products pass on so nearly all of their cost to each other that "
            "rounding shows, or a range is too wide. Let products in the loops with the largest shares keep more "
            "for their own customers, and narrow the widest ranges."
        )

    def _doubled(self, made: Floats) -> Floats:
        """Return columns of v as v / C⁺ in double precision."""
        return made / self.followed.loaded_cost[:, None]

    def _right(self, scaled: Floats, outward: csr_array) -> Floats:
        right = scaled[self.unknown] if self.known.size else scaled
        return right + outward @ scaled[self.known] if outward.nnz else right

    def _solved(self, scaled: Floats, made: Floats) -> Iterator[Floats]:
        """Yield the unknown figures of some columns, each time better and at a higher price."""
        if not self.weights.nnz:
            yield self._right(scaled, self.single[1])
            return
        if self.steps:
            right = self._right(scaled, self.single[1])
            low, _, count = lower_bound(self.weights, np.abs(right).mean(axis=1, dtype=np.float64))
            if count:
                if (answer := _stepped(self.steps, self.single[0], right, low, count)) is not None:
                    yield answer
                # Cost that goes round for long costs digits: it is worth more of them before it is worth the proof.
                right = self._right(self._doubled(made), self.outward)
                if (answer := _stepped(self.doubled, self.weights, right, low, count)) is not None:
                    yield answer
                    left = right + self.weights @ answer - answer
                    if (more := _stepped(self.doubled, self.weights, left, low, count)) is not None:
                        yield answer + more
        right = self._right(self._doubled(made), self.outward)
        yield self.sturdy.solve(np.ascontiguousarray(right, dtype=np.float64))

    @cached_property
    def sturdy(self) -> System:
        """The same network, to nine digits."""
        return System(self.weights, onward=self.weights.T.tocsr())

    def _is_balanced(self, scaled: Floats, answer: Floats) -> bool:
        """Whether credited value sums to value in every column."""
        gap, room = np.abs(self.own @ answer - self.loaded @ scaled), self.loaded @ np.abs(scaled)
        return bool((gap <= TOLERANCE * room).all())


# -- a polynomial for all columns ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One factor of the polynomial, or two that belong to a pair of complex roots.

    The residual comes in multiplied by `scale`, so that it is itself what is added to the answer; `first` makes of it
    the next one, or for a pair what is added, of which `second`, with `carried` times the residual, makes the next.
    """

    scale: float
    first: csr_array
    second: csr_array | None = None
    carried: float = 0.0


def polynomial_roots(weights: csr_array, right: Array, aim: float, most: int) -> NDArray[np.complex128]:
    """Return roots of a polynomial p, p(0) = 1, for which p(I - N) b is about `aim` of b; none if `most` are too few.

    They are the harmonic Ritz values of GMRES for one column that looks like `right` >= 0, each entry in its own size
    and with every second one or so turned round; the upper ones of complex pairs alone, in Leja's order.
    """
    low, _, count = lower_bound(weights, right)
    if not count:
        return np.empty(0, np.complex128)
    yard = np.where(low > 0, low, 1.0)
    typical = np.random.default_rng(0).normal(1.0, 1.0, right.size)
    first = right * typical / yard
    size = norms(first)
    if not 0 < size < np.inf:
        return np.empty(0, np.complex128)
    basis = [first / size]
    hessenberg = np.zeros((most + 1, most))
    for turn in range(most):
        image = basis[-1] - (weights @ (basis[-1] * yard)) / yard
        for place, vector in enumerate(basis):
            hessenberg[place, turn] = dots(vector, image)
            image -= hessenberg[place, turn] * vector
        hessenberg[turn + 1, turn] = norms(image)
        square = hessenberg[: turn + 1, : turn + 1]
        if not np.isfinite(hessenberg[turn + 1, turn]):
            break
        is_over = hessenberg[turn + 1, turn] <= 1e-12
        target = np.zeros(turn + 2)
        target[0] = 1.0
        fitted = np.linalg.lstsq(hessenberg[: turn + 2, : turn + 1], target, rcond=None)[0]
        if is_over or norms(target - hessenberg[: turn + 2, : turn + 1] @ fitted) <= aim:
            last = np.zeros(turn + 1)
            last[-1] = hessenberg[turn + 1, turn] ** 2
            harmonic = square.copy()
            harmonic[:, -1] += np.linalg.solve(square.T, last)
            return in_lejas_order(np.linalg.eigvals(harmonic))
        basis.append(image / hessenberg[turn + 1, turn])
    return np.empty(0, np.complex128)


def in_lejas_order(roots: NDArray[Any]) -> NDArray[np.complex128]:
    """Return roots, of complex pairs the upper one alone, each as far as can be from those before it."""
    left = [complex(root) for root in roots if root.imag >= 0]
    ordered: list[complex] = []
    while left:
        taken = [each for root in ordered for each in ({root, root.conjugate()})]
        far = [sum(np.log(max(abs(root - each), 1e-300)) for each in taken) if taken else abs(root) for root in left]
        ordered.append(left.pop(int(np.argmax(far))))
    return np.array(ordered, np.complex128)


def steps_of(weights: csr_array, roots: NDArray[np.complex128]) -> list[Step]:
    """Return the factors of the polynomial with these roots, each a sparse product, in the precision of `weights`."""
    from scipy.sparse import csr_array, eye_array

    pattern = csr_array(weights + eye_array(weights.shape[0], dtype=weights.dtype, format="csr"))
    row = np.repeat(np.arange(weights.shape[0]), np.diff(pattern.indptr))
    is_diagonal = row == pattern.indices
    links = np.where(is_diagonal, 0.0, pattern.data.astype(np.float64))

    def combined(of_unit: float, of_links: float) -> csr_array:
        data = np.where(is_diagonal, of_unit, of_links * links).astype(weights.dtype)
        return csr_array((data, pattern.indices, pattern.indptr), shape=pattern.shape)

    scales = [1 / root.real if root.imag == 0 else 1 / abs(root) ** 2 for root in roots]
    steps = []
    for root, scale, onward in zip(roots, scales, [*scales[1:], 1.0], strict=True):
        if root.imag == 0:
            steps.append(Step(scale, combined(onward * (root.real - 1), onward)))
        else:
            # q = (2 a - A) r / |θ|², and then r - A q, with A = 1 - N.
            made = combined(2 * root.real - 1, 1.0)
            steps.append(Step(scale, made, combined(-onward, onward), onward / scale))
    return steps


def _stepped(steps: list[Step], weights: csr_array, right: Floats, low: Array, count: int) -> Floats | None:
    """Return x = b + N x after the steps and some sweeps, or None where its error is not proved to be in `PROVED`."""
    residual = right * right.dtype.type(steps[0].scale)
    answer = np.zeros_like(right)
    for step in steps:
        if step.second is None:
            answer += residual
            residual = step.first @ residual
        else:
            aimed = step.first @ residual
            answer += aimed
            residual *= residual.dtype.type(step.carried)
            residual += step.second @ aimed
    # What is left over lies where the typical column had least, and a few sweeps spread it.
    per_low = 1 / np.where(low > 0, low, np.inf)
    at_first = 0.0
    for turn in range(MOST_SWEEPS):
        swept = weights @ answer
        swept += right
        np.subtract(swept, answer, out=answer)
        worst = float((np.abs(answer, out=answer).max(axis=1) * per_low).max()) * count
        if worst <= PROVED:
            return swept
        at_first = at_first or worst
        if turn == 3 and not worst < at_first / 2:  # it is rounding, and stays
            return None
        answer = swept
    return None
