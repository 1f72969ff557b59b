"""Random portfolios to split money over: bounds and nested groups that some split keeps, and hypothesis strategies."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from portfolio.engine.rebalancing import Group, best_split


@dataclass
class Portfolio:
    """A split to find, and `kept`, one that keeps all rules."""

    current: np.ndarray
    value: np.ndarray
    elasticity: np.ndarray
    floor: np.ndarray
    ceiling: np.ndarray
    kept: np.ndarray
    groups: list[Group] = field(default_factory=list)

    @property
    def budget(self) -> float:
        return float(self.kept.sum())

    @property
    def basis(self) -> np.ndarray:
        return ~np.isnan(self.elasticity) & (self.value > 0) & (self.current > 0)

    def split(self, **changes):
        asked = {
            "current": self.current,
            "value": self.value,
            "elasticity": self.elasticity,
            "floor": self.floor,
            "ceiling": self.ceiling,
            "budget": self.budget,
            "groups": self.groups,
        }
        return best_split(**(asked | changes))


def portfolio(seed, size, *, digits=4.0, with_groups=True, without_basis=0.1):
    """Return a portfolio whose spend spans `digits` powers of ten."""
    random = np.random.default_rng(seed)
    current = 10 ** random.uniform(0, digits, size)
    value = current * random.lognormal(0.5, 0.7, size)
    elasticity = random.uniform(0.01, 0.99, size)
    elasticity[random.random(size) < without_basis] = np.nan
    value[random.random(size) < without_basis] *= -0.1
    floor = np.where(random.random(size) < 0.3, 0.0, current * random.uniform(0.2, 1, size))
    ceiling = np.where(random.random(size) < 0.3, np.inf, current * random.uniform(1, 3, size))
    is_held = random.random(size) < 0.1
    ceiling[is_held] = floor[is_held]
    basis = ~np.isnan(elasticity) & (value > 0)
    low = np.where(basis, floor, current)
    high = np.where(basis, np.minimum(ceiling, floor + 2 * current), current)
    kept = low + (high - low) * random.random(size)
    groups = nested(random, kept) if with_groups else []
    return Portfolio(current, value, elasticity, floor, ceiling, kept, groups)


def nested(random, kept, deepest=3):
    """Return nested groups whose bounds `kept` keeps, some of them tightly."""
    groups = []

    def add(members, depth):
        money = kept[members].sum()
        least, most = money * random.choice([0, 0.7, 1]), money * random.choice([1, 1.2, 3])
        groups.append(Group(f"group {len(groups)}", members, least, most if random.random() < 0.8 else np.inf))
        if members.size > 1 and depth < deepest:
            cut = int(random.integers(1, members.size))
            for part in (members[:cut], members[cut:]):
                if random.random() < 0.8:
                    add(part, depth + 1)

    places = random.permutation(kept.size)
    cut = int(random.integers(0, kept.size + 1))
    for part in (places[:cut], places[cut:]):
        if part.size:
            add(part, 1)
    return groups


def portfolios(most=25, **options):
    """Return a strategy for portfolios of up to `most` products."""
    return st.builds(
        lambda seed, size: portfolio(seed, size, **options), st.integers(0, 2**32 - 1), st.integers(1, most)
    )
