"""What a product would return at another spend: `K (x / x0)^e`, and its average and marginal return.

K is the value of a window at the spend x0 of that window, and e the elasticity, 0 < e < 1: one percent more money
brings e percent more value, so each further dollar brings less than the one before. A product without an elasticity
(NaN), without value or without spend has no basis: nothing can be said about it at another spend.

Source: the constant-elasticity response of advertising budgets, as in Hanssens, Parsons & Schultz, Market Response
Models (2nd ed., 2001), chapter 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import EngineError, in_words

Array = NDArray[np.float64]


def has_basis(current: ArrayLike, value: ArrayLike, elasticity: ArrayLike) -> NDArray[np.bool_]:
    """Return which products can be told about at another spend: spend and value above 0, and an elasticity.

    Raises EngineError for figures that are infinite, a spend or value that is NaN, and elasticities outside of 0 to 1.
    Shapes broadcast, so that a leading axis may hold draws.
    """
    current, value, elasticity = _numbers(current, value, elasticity)
    for name, figures in (("current spend", current), ("value", value)):
        if not np.isfinite(figures).all():
            raise EngineError(
                f"The {name} of products {in_words(_where(~np.isfinite(figures)))} is not a finite number. "
                "Leave out or mend those figures."
            )
    is_wrong = (elasticity <= 0) | (elasticity >= 1)
    if is_wrong.any():
        raise EngineError(
            f"The elasticity of products {in_words(_where(is_wrong))} is not between 0 and 1 (the first is "
            f"{elasticity[is_wrong].flat[0]:.6g}). State one above 0 and below 1, or NaN where none is known."
        )
    return (current > 0) & (value > 0) & ~np.isnan(elasticity)


def responses(current: ArrayLike, value: ArrayLike, elasticity: ArrayLike, amounts: ArrayLike) -> Array:
    """Return the value at other amounts of money, shape (P,): `value (amounts / current)^elasticity`.

    A product without a basis keeps its value, whatever the amount: nothing is known to the contrary.

    Parameters
    ----------
    current, value, elasticity, amounts : array_like, shape (P,) or (..., P)
        Spend, the value it returns, elasticities (NaN where none is known), and the other amounts, at least 0. Money
        and value are for one and the same length of time. They broadcast: a leading axis may hold draws.
    """
    basis, current, value, elasticity, amounts = _prepared(current, value, elasticity, amounts)
    ratio = np.where(basis, amounts, 1.0) / np.where(basis, current, 1.0)
    return np.where(basis, value * ratio ** np.where(basis, elasticity, 0.5), value)


def marginal_returns(current: ArrayLike, value: ArrayLike, elasticity: ArrayLike, amounts: ArrayLike) -> Array:
    """Return what one more unit of money would bring at these amounts, shape (P,), in value per unit.

    `e K / x0 (x / x0)^(e - 1)`: e times the average return, and so always below it. This is what to compare when
    money is moved; what a product has returned on average says nothing about the next dollar. NaN where there is no
    basis, infinite where a product has no money at all.
    """
    basis, current, value, elasticity, amounts = _prepared(current, value, elasticity, amounts)
    known, e = np.where(basis, current, 1.0), np.where(basis, elasticity, 0.5)
    with np.errstate(divide="ignore"):
        return np.where(basis, value * e / known * (np.where(basis, amounts, 1.0) / known) ** (e - 1), np.nan)


def average_returns(current: ArrayLike, value: ArrayLike, elasticity: ArrayLike, amounts: ArrayLike) -> Array:
    """Return value per unit of money over all of these amounts, shape (P,); NaN where there is no money.

    It says what the money returns as a whole, not what more of it would: for that see `marginal_returns`.
    """
    value_there = responses(current, value, elasticity, amounts)
    amounts = np.broadcast_to(np.asarray(amounts, dtype=np.float64), value_there.shape)
    return np.divide(value_there, amounts, out=np.full(value_there.shape, np.nan), where=amounts > 0)


def _prepared(
    current: ArrayLike, value: ArrayLike, elasticity: ArrayLike, amounts: ArrayLike
) -> tuple[NDArray[np.bool_], Array, Array, Array, Array]:
    current, value, elasticity, amounts = _numbers(current, value, elasticity, amounts)
    basis = has_basis(current, value, elasticity)
    is_wrong = basis & ~((amounts >= 0) & np.isfinite(amounts))
    if is_wrong.any():
        raise EngineError(
            f"The amounts of products {in_words(_where(is_wrong))} are negative or no finite numbers. "
            "Give each an amount of 0 or more."
        )
    return basis, current, value, elasticity, amounts


def _numbers(*figures: ArrayLike) -> list[Array]:
    arrays = [np.asarray(array, dtype=np.float64) for array in figures]
    try:
        np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        raise EngineError(
            f"Arrays of shapes {', '.join(str(array.shape) for array in arrays)} do not fit together: "
            "one figure for each product, shape (P,), is needed in each."
        ) from None
    return arrays


def _where(is_wrong: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the places along the last axis, once each."""
    return np.unique(np.nonzero(np.atleast_1d(is_wrong))[-1])
