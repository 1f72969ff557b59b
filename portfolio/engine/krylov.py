"""BiCGSTAB for one column or many side by side, without and with a preconditioner.

Source: van der Vorst (1992), Bi-CGSTAB, SIAM J. Sci. Stat. Comput. 13(2).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PATIENCE = 250  # rounds without the residual having come down by half


def bicgstab(apply: Callable[[Array], Array], right: Array, goal: float, most: int) -> tuple[Array, bool]:
    """Solve A y = `right`, shape (P,) or (P, K), until no entry of the residual is above `goal`.

    Returns y and whether it got there within `most` rounds of two products, while no `PATIENCE` of them went by
    without the residual coming down. `right` is used up.

    Source: van der Vorst (1992), Bi-CGSTAB, SIAM J. Sci. Stat. Comput. 13(2).
    """
    residual, shadow, direction = right, right.copy(), right.copy()
    answer, work = np.zeros_like(right), np.empty_like(right)
    rho = dots(shadow, residual)
    best, best_at, left = np.inf, 0, np.inf
    for turn in range(most):
        image = apply(direction)
        alpha = _ratio(rho, dots(shadow, image))
        residual -= np.multiply(image, alpha, out=work)
        answer += np.multiply(direction, alpha, out=work)
        # A half step seldom ends it: it is looked at only where the last whole one came near.
        if left <= 100 * goal and np.abs(residual, out=work).max() <= goal:
            return answer, True
        image_half = apply(residual)
        omega = _ratio(dots(image_half, residual), dots(image_half, image_half))
        answer += np.multiply(residual, omega, out=work)
        residual -= np.multiply(image_half, omega, out=work)
        left = float(np.abs(residual, out=work).max())
        if left <= goal:
            return answer, True
        if left < best / 2:
            best, best_at = left, turn
        rho_next = dots(shadow, residual)
        beta = _ratio(rho_next * alpha, rho * omega)
        if not np.any(beta) or turn - best_at > PATIENCE:
            break
        direction -= np.multiply(image, omega, out=work)
        direction *= beta
        direction += residual
        rho = rho_next
    return answer, False


def preconditioned_bicgstab(
    apply: Callable[[Array], Array],
    right: Array,
    precondition: Callable[[Array], Array],
    goal: Array,
    most: int,
) -> tuple[Array, bool]:
    """Solve A y = `right`, all columns side by side, until the norm of every residual is down to `goal`.

    Returns y and whether all columns got there within `most` rounds of two products. A column that breaks down
    keeps what it has: the caller takes a fresh residual and starts again.

    Source: van der Vorst (1992), Bi-CGSTAB, SIAM J. Sci. Stat. Comput. 13(2), with right preconditioning.
    """
    answer = np.zeros_like(right)
    residual = right.copy()
    shadow = right.copy()
    direction = right.copy()
    rho = dots(shadow, residual)
    is_done = norms(residual) <= goal
    for _ in range(most):
        aimed = precondition(direction)
        image = apply(aimed)
        alpha = _ratio(rho, dots(shadow, image))
        alpha = np.where(is_done, 0.0, alpha)
        half = residual - alpha * image
        aimed_half = precondition(half)
        image_half = apply(aimed_half)
        omega = _ratio(dots(image_half, half), dots(image_half, image_half))
        omega = np.where(is_done, 0.0, omega)
        answer += alpha * aimed + omega * aimed_half
        residual = np.where(is_done, residual, half - omega * image_half)
        is_done = is_done | (norms(residual) <= goal)
        if np.all(is_done):
            return answer, True
        rho_next = dots(shadow, residual)
        beta = _ratio(rho_next * alpha, rho * omega)
        if not np.any(beta[~is_done] if np.ndim(beta) else beta):
            break
        direction = residual + beta * (direction - omega * image)
        rho = rho_next
    return answer, False


def dots(these: Array, those: Array) -> Array:
    """Return the inner product of each pair of columns, shape () or (K,)."""
    return np.einsum("i...,i...->...", these, those)


def norms(columns: Array) -> Array:
    """Return the Euclidean norm of each column, shape () or (K,)."""
    return np.sqrt(dots(columns, columns))


def _ratio(top: Array, bottom: Array) -> Array:
    """Return top / bottom, and 0 where that is no number: a step of nothing."""
    with np.errstate(all="ignore"):
        ratio = np.asarray(top / bottom)
    return np.where(np.isfinite(ratio), ratio, 0.0)
