"""Parts of a displayed total, in whole cents that add up to it."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import EngineError


def to_cents(amounts: ArrayLike, total_cents: int) -> NDArray[np.int64]:
    """Return `amounts` as whole cents that sum to `total_cents`, each within a cent of its amount.

    Largest remainder: every amount is rounded down, and the cents still missing go to those that lost most
    (the earlier one on a tie). An amount that is whole cents already is the last to be touched.

    Parameters
    ----------
    amounts : array_like, shape (N,)
        In cents, not yet whole; negative ones too.
    total_cents : int
        The total as displayed, in cents: at most one cent from the sum of the amounts (and their rounding as floats,
        a billionth of them).

    Raises
    ------
    EngineError
        The amounts are not finite numbers, or do not make that total.

    Source: Hamilton's method of apportionment; Balinski & Young, Fair Representation (2001), chapter 2.
    """
    exact = np.asarray(amounts, dtype=np.float64)
    if exact.ndim != 1:
        raise EngineError(f"amounts has shape {exact.shape}, but a plain row of amounts, shape (N,), is needed.")
    size = float(np.abs(exact).sum())
    if not size <= 2**53:
        raise EngineError("Every amount must be a finite number, and all of them together below 90 trillion.")
    exact = np.round(exact, 6)  # 0.29 * 100 is 28.999999999999996
    total = float(exact.sum())
    if abs(total - total_cents) > 1 + 1e-9 * size:
        raise EngineError(
            f"{exact.size} amounts that sum to {total:.2f} cents cannot be shown as parts of {total_cents}: "
            "the two must be within a cent of each other. Take the total from the same figures as the parts."
        )
    cents = np.floor(exact).astype(np.int64)
    missing = int(total_cents) - int(cents.sum())
    if exact.size == 0:
        if missing:
            raise EngineError(f"No amounts cannot make {total_cents} cents. Show no total where there are no parts.")
        return cents
    order = np.argsort(-(exact - cents), kind="stable")
    everyone, few = divmod(missing, exact.size)
    cents += everyone
    cents[order[:few]] += 1
    return cents
