"""Why a figure moved between a window and the same one a month earlier, taken apart in four steps."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from portfolio.common.months import add_months
from portfolio.engine.errors import EngineError
from portfolio.engine.flows import trace
from portfolio.rollup.inputs import Cents, Inputs
from portfolio.rollup.panel import COST, CREDITED, Panel
from portfolio.rollup.ranges import digest_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Movement:
    """Why the credited value per dollar moved since the same window a month earlier; (P,) sums in cents.

    Each stage has cost and credited value: uncorrected, then as known now, then with the new month's value in place
    of the old one's, then its network, then its cost.
    """

    cost: tuple[Cents, ...]
    credited: tuple[Cents, ...]


def movement(panel: Panel, uncorrected: Panel | None, first: date, last: date) -> Movement:
    """Take the step from the window a month earlier to this one apart. `panel` needs the inputs of both ends."""
    before = panel.total(add_months(first, -1), add_months(last, -1))
    after = panel.total(first, last)
    original = before
    if uncorrected is not None and len(uncorrected.products):
        original = before.copy()
        at = np.searchsorted(uncorrected.products, panel.products)
        at = np.clip(at, 0, len(uncorrected.products) - 1)
        is_there = uncorrected.products[at] == panel.products
        for place, month in enumerate(uncorrected.months):
            if add_months(first, -1) <= month <= add_months(last, -1):
                now = panel.data[panel.months.index(month)]
                original += np.where(is_there[:, None], uncorrected.data[place][at], 0) - now
    dropped, added = panel.inputs.get(add_months(first, -1)), panel.inputs.get(last)
    stages = _swap(panel.products, dropped, added) if dropped and added else None
    if stages is None:  # one of the two months is blocked: what moved cannot be told apart
        with_value = with_network = before[:, CREDITED]
    else:
        with_value = before[:, CREDITED] + stages[0]
        with_network = before[:, CREDITED] + stages[1]
    return Movement(
        cost=(original[:, COST], before[:, COST], before[:, COST], before[:, COST], after[:, COST]),
        credited=(original[:, CREDITED], before[:, CREDITED], with_value, with_network, after[:, CREDITED]),
    )


# By the month that came in: what it changed in place of another, which most roll-ups leave as it was.
_swapped: WeakKeyDictionary[Inputs, dict[bytes, tuple[Cents, Cents] | None]] = WeakKeyDictionary()


def _swap(products: NDArray[np.int64], dropped: Inputs, added: Inputs) -> tuple[Cents, Cents] | None:
    """Return how credited value changes when the new month's value, then also its network, replace the old one's."""
    kept = _swapped.setdefault(added, {})
    key = digest_of(dropped) + products.tobytes()
    if key not in kept:
        if len(kept) >= 4:  # a window each, and one that has moved on
            kept.clear()
        kept[key] = _swapped_in(products, dropped, added)
    return kept[key]


def _swapped_in(products: NDArray[np.int64], dropped: Inputs, added: Inputs) -> tuple[Cents, Cents] | None:
    def spread(month: Inputs, column: Cents) -> Floats:
        full = np.zeros(len(products))
        full[np.searchsorted(products, month.products)] = column
        return full

    def network(month: Inputs) -> "csr_array":
        from scipy.sparse import csr_array

        at = np.searchsorted(products, month.products)
        size = len(products)
        return csr_array((month.share, (at[month.suppliers], at[month.consumers])), shape=(size, size))

    old_cost, old_network = spread(dropped, dropped.cost), network(dropped)
    old_value, new_value = spread(dropped, dropped.value), spread(added, added.value)
    try:
        base = trace(old_cost, np.column_stack([old_value, new_value]), old_network).credited_value
        moved = trace(old_cost, new_value, network(added)).credited_value
    except EngineError:
        return None
    return (np.rint(base[:, 1] - base[:, 0]).astype(np.int64), np.rint(moved - base[:, 0]).astype(np.int64))
