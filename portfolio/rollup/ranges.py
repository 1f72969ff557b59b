"""Ranges of sums over a window: draws of each metric's worth, followed through the network month by month.

A worth is one unknown, so all its months move together, and adding months does not make it more certain. What is
drawn is how far a worth is from the one expected: figures are what they are, and the draws say by how much they may be
off. So a worth that is certain has no range at all, to the cent.

A month's draws depend on nothing but what the month was solved from and on the ranges of its worths. They are kept, as
many as there is room for, by a digest of just that: a roll-up that changed one month follows that month's draws alone,
and what comes out is the same to the bit as if it had followed all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import structlog
from numpy.typing import NDArray

from portfolio.common.months import month_range
from portfolio.engine import uncertainty
from portfolio.engine.draws import Followed, follow
from portfolio.engine.errors import EngineError
from portfolio.rollup.inputs import Cents, Inputs
from portfolio.rollup.panel import Panel
from products.value.models import Valuation

if TYPE_CHECKING:
    from scipy.sparse import csr_array

log = structlog.get_logger(__name__)

SEED = 20_170_331  # what the draws are made from; kept with each run
DRAWS = 2_000
KEPT_BYTES = 256 * 1024 * 1024  # of followed draws, by process: two years of 1,000 products, or three months of 10,000
AT_ONCE = 128  # rows of draws worked on together: a megabyte
QUERIED = 5_000  # keys in one query

Singles = NDArray[np.float32]


# -- worths -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Worths:
    """What is known of the worth of a unit, by valuation, and draws of how far it is from the one expected."""

    ids: NDArray[np.int64]  #: (V,) valuations, ascending
    about: NDArray[np.float64]  #: (V, 3) low, high, and what the spread is multiplied by
    keys: NDArray[np.uint64]  #: (V,) of the metrics' codes
    off: Singles  #: (V, DRAWS)

    def at(self, valuations: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return where valuations stand; all of them must be there."""
        return np.searchsorted(self.ids, valuations)


NO_WORTHS = Worths(np.empty(0, np.int64), np.empty((0, 3)), np.empty(0, np.uint64), np.empty((0, DRAWS), np.float32))
_last_worths = [NO_WORTHS]


def worths(valuations: Iterable[int], overdue: Mapping[int, int], *, keeps: bool = False) -> Worths:
    """Return what is known of valuations: wider for metrics (by id) that are overdue by some days.

    What this process drew and kept the last time is not drawn again.
    """
    wanted = sorted(set(valuations))
    if not wanted:
        return NO_WORTHS
    rows = {}
    columns = ("pk", "low", "high", "metric_id", "metric__code", "metric__cadence_days")
    for start in range(0, len(wanted), QUERIED):
        chosen = Valuation.objects.filter(pk__in=wanted[start : start + QUERIED]).order_by()
        rows.update({row[0]: row[1:] for row in chosen.values_list(*columns)})
    known = [rows[valuation] for valuation in wanted]
    ids = np.array(wanted, np.int64)
    about = np.array(
        [
            (float(low), float(high), uncertainty.widening(overdue.get(metric, 0), cadence))
            for low, high, metric, _, cadence in known
        ]
    )
    # Keyed by the metric's code, so that a worth keeps its draws when others come and go, on every database.
    keys = np.array([uncertainty.stable_key(row[3]) for row in known], np.uint64)
    off = np.empty((len(ids), DRAWS), np.float32)
    drawn = _last_worths[0]
    at = np.minimum(np.searchsorted(drawn.ids, ids), max(len(drawn.ids) - 1, 0))
    is_drawn = np.zeros(len(ids), bool)
    if len(drawn.ids):
        is_drawn = (drawn.ids[at] == ids) & (drawn.keys[at] == keys) & (drawn.about[at] == about).all(axis=1)
        off[is_drawn] = drawn.off[at[is_drawn]]
    missing = np.flatnonzero(~is_drawn)
    for start in range(0, len(missing), 512):
        some = missing[start : start + 512]
        off[some] = _draw(about[some], keys[some].tolist())
    made = Worths(ids, about, keys, off)
    if keeps:
        _last_worths[0] = made
    return made


def _draw(about: NDArray[np.float64], keys: Sequence[int]) -> NDArray[np.float64]:
    low, high, wider = about.T
    draws = uncertainty.worth_draws(low, high, wider, uncertainty.standard_draws(SEED, keys, DRAWS))
    return draws - uncertainty.means(low, high)[:, None]


def overdue_in(known: Inputs | None) -> dict[int, int]:
    """Return by how many days the metrics (by id) of a month are overdue."""
    if known is None:
        return {}
    late = known.measured.overdue > 0
    return dict(zip(known.measured.ids[late].tolist(), known.measured.overdue[late].tolist(), strict=True))


def valuations_in(months: Iterable[Inputs]) -> NDArray[np.int64]:
    """Return the valuations that anything in some months rests on, ascending."""
    used = [known.measured.valuation[_weighs(known)] for known in months]
    return np.unique(np.concatenate([np.empty(0, np.int64), *used]))


def _weighs(known: Inputs) -> NDArray[np.bool_]:
    of = known.measured
    return of.is_valued & (np.nan_to_num(of.weight) != 0)


# -- a month ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class MonthDraws:
    """A month's draws, and the weights they came from."""

    followed: Followed
    weights: "csr_array"  #: (P, V) by product and by the valuations it uses
    valuations: NDArray[np.int64]  #: (V,) ids

    @property
    def size(self) -> int:
        """Bytes of its draws."""
        return self.followed.per_dollar.nbytes


class _Kept:
    """Draws by the digest of what they were made from. Threads share it.

    Whoever has gone through the months of a window asks to `forget` the others: those are older versions of the same
    months. Beyond the room for them draws are not kept: to drop the oldest would drop each before it is used again.
    """

    def __init__(self, room: int):
        self.room, self.used = room, 0
        self.draws: dict[bytes, MonthDraws] = {}
        self.lock = Lock()

    def put(self, key: bytes, made: MonthDraws) -> None:
        with self.lock:
            if key not in self.draws and self.used + made.size <= self.room:
                self.draws[key] = made
                self.used += made.size

    def forget(self, keys: set[bytes]) -> None:
        """Keep the draws of these keys alone."""
        with self.lock:
            self.draws = {key: made for key, made in self.draws.items() if key in keys}
            self.used = sum(made.size for made in self.draws.values())


_kept = _Kept(KEPT_BYTES)
_digests: WeakKeyDictionary[Inputs, bytes] = WeakKeyDictionary()


def digest_of(known: Inputs) -> bytes:
    """Return what a month's flows and draws depend on, but for the worths, as a digest."""
    digest = _digests.get(known)
    if digest is None:
        of, weighs = known.measured, _weighs(known)
        parts = (known.products, known.cost, known.value, known.suppliers, known.consumers, known.share)
        made = blake2b(digest_size=16)
        for column in (*parts, of.product[weighs], of.valuation[weighs], of.weight[weighs]):
            made.update(len(column).to_bytes(8, "little") + np.ascontiguousarray(column).tobytes())
        digest = _digests[known] = made.digest()
    return digest


def weights_of(known: Inputs) -> tuple["csr_array", NDArray[np.int64]]:
    """Return what a month would be worth by product if a unit were worth 1, (P, V), and the V valuations it uses."""
    from scipy.sparse import csr_array

    of, weighs = known.measured, _weighs(known)
    valuations, column = np.unique(of.valuation[weighs], return_inverse=True)
    entries = (of.weight[weighs], (of.product[weighs], column))
    return csr_array(entries, shape=(len(known.products), len(valuations))), valuations


def _key(known: Inputs, worth: Worths) -> bytes:
    """Return the digest of all that a month's draws are made from."""
    at = worth.at(np.unique(known.measured.valuation[_weighs(known)]))
    about = np.ascontiguousarray(worth.about[at]).tobytes() + worth.keys[at].tobytes()
    return digest_of(known) + blake2b(about, digest_size=16).digest()


def month_draws(known: Inputs, worth: Worths, *, keeps: bool = False) -> tuple[bytes, MonthDraws | None]:
    """Return a month's draws, and the digest they are kept by; None where nothing in it has a worth."""
    weights, valuations = weights_of(known)
    if not valuations.size:
        return b"", None
    at, key = worth.at(valuations), _key(known, worth)
    if (kept := _kept.draws.get(key)) is not None:
        return key, kept
    off = worth.off if len(at) == len(worth.ids) else worth.off[at]
    single = weights.astype(np.float32)
    try:
        followed = follow(
            known.cost.astype(np.float64),
            lambda start, stop: single @ np.ascontiguousarray(off[:, start:stop]),
            known.shares(),
            DRAWS,
        )
    except EngineError as error:
        # The month itself was solved; its figures stay, and add nothing to the spread.
        log.warning("month without draws", month=f"{known.month:%Y-%m}", message=str(error))
        return b"", None
    made = MonthDraws(followed, weights, valuations)
    if keeps:
        _kept.put(key, made)
    return key, made


# -- windows --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Ranges:
    """By how many cents sums over a window may be off: 5th and 95th percentile, (N, 2), of groups and then products.

    `has_...` says where there is any uncertainty at all.
    """

    own: Cents
    credited: Cents
    reached: Cents  #: (P, 2), of products alone
    has_own: NDArray[np.bool_]
    has_credited: NDArray[np.bool_]
    has_reached: NDArray[np.bool_]


def ranges(
    panel: Panel, firsts: Mapping[str, date], last: date, groups: "csr_array", *, keeps: bool = False
) -> dict[str, Ranges]:
    """Return the ranges over windows (by name and first month) that all end with `last`.

    `groups` has shape (G, P): 1 where a product belongs to a group. Months that are blocked add nothing to the spread.
    Who `keeps` has the next time in mind: the draws of these months stay in the process, and no others.
    """
    from scipy.sparse import csr_array

    months = [
        month
        for month in reversed(list(month_range(min(firsts.values()), last)))
        if month in panel.inputs and month not in panel.blocked
    ]
    worth = worths(
        valuations_in(panel.inputs[month] for month in months).tolist(),
        overdue_in(panel.inputs.get(last)),
        keeps=keeps,
    )
    made_from = _digest_of_windows(panel, months, firsts, groups, worth)
    if made_from in _last_ranges:
        return _last_ranges[made_from]
    size = len(panel.products)
    reached, credited = np.zeros((size, DRAWS), np.float32), np.zeros((size, DRAWS), np.float32)
    weights = csr_array((size, len(worth.ids)))
    # Latest first, and each window ends here: one pass, and every sum in the same order whatever was kept.
    made: dict[str, Ranges] = {}
    used: set[bytes] = set()
    for first in sorted(set(firsts.values()), reverse=True):
        while months and months[0] >= first:
            known = panel.inputs[months.pop(0)]
            key, draws = month_draws(known, worth, keeps=keeps)
            if draws is None:
                continue
            used.add(key)
            at = panel.positions(known)
            _add(reached, credited, at, draws.followed)
            entries = draws.weights.tocoo()
            weights = weights + csr_array(
                (entries.data, (at[entries.row], worth.at(draws.valuations)[entries.col])), shape=weights.shape
            )
        found = _ends(reached, credited, weights, worth, groups)
        made |= {name: found for name, begin in firsts.items() if begin == first}
    if keeps:
        _kept.forget(used)
        _last_ranges.clear()
        _last_ranges[made_from] = made
    return made


# The last ones asked for with the next time in mind: a fact of a month that is in no window leaves them as they were.
_last_ranges: dict[bytes, dict[str, Ranges]] = {}


def _digest_of_windows(
    panel: Panel, months: list[date], firsts: Mapping[str, date], groups: "csr_array", worth: Worths
) -> bytes:
    made = blake2b(repr((sorted(firsts.items()), months)).encode(), digest_size=16)
    for column in (panel.products, groups.indptr, groups.indices):
        made.update(np.ascontiguousarray(column, dtype=np.int64).tobytes())
    for month in months:
        made.update(_key(panel.inputs[month], worth))
    return made.digest()


def _add(reached: Singles, credited: Singles, at: NDArray[np.intp], followed: Followed) -> None:
    loaded, own = followed.loaded_cost.astype(np.float32), followed.own_cost.astype(np.float32)
    for start in range(0, len(at), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        per_dollar, to = followed.per_dollar[rows], at[rows]
        # Neighbours mostly are neighbours there too: then they are added in place.
        places = slice(int(to[0]), int(to[-1]) + 1) if to[-1] - to[0] == len(to) - 1 else to
        reached[places] += per_dollar * loaded[rows, None]
        credited[places] += per_dollar * own[rows, None]


def _ends(reached: Singles, credited: Singles, weights: "csr_array", worth: Worths, groups: "csr_array") -> Ranges:
    size, count = reached.shape[0], groups.shape[0]
    ends = {
        name: np.zeros((rows, 2))
        for name, rows in (("own", count + size), ("credited", count + size), ("reached", size))
    }
    single, member = weights.astype(np.float32), groups.astype(np.float32)
    together, own = np.zeros((count, DRAWS)), np.empty((count, DRAWS))
    for start in range(0, size, AT_ONCE):
        stop = min(start + AT_ONCE, size)
        ends["reached"][start:stop] = uncertainty.ends(reached[start:stop].copy())
        ends["credited"][count + start : count + stop] = uncertainty.ends(credited[start:stop].copy())
        within = member[:, start:stop]
        if within.nnz:
            together += within @ credited[start:stop]
        rows = start + np.flatnonzero(np.diff(single.indptr[start : stop + 1]))
        if rows.size:
            ends["own"][count + rows] = uncertainty.ends(single[rows] @ worth.off)
    ends["credited"][:count] = uncertainty.ends(together)
    by_group = groups @ weights
    for start in range(0, DRAWS, AT_ONCE):
        own[:, start : start + AT_ONCE] = by_group @ worth.off[:, start : start + AT_ONCE].astype(np.float64)
    ends["own"][:count] = uncertainty.ends(own)
    has = {f"has_{name}": (figures != 0).any(axis=1) for name, figures in ends.items()}
    return Ranges(**{name: np.rint(figures * 100).astype(np.int64) for name, figures in ends.items()}, **has)
