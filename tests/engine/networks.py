"""Random networks, and the same answers by plain dense algebra."""

import numpy as np
from scipy import sparse


def shares_of(size, links):
    """Return shares from {(supplier, consumer): share}."""
    suppliers, consumers = [pair[0] for pair in links], [pair[1] for pair in links]
    return sparse.csr_array((list(links.values()), (suppliers, consumers)), shape=(size, size), dtype=float)


def random_shares(size, links_each, random, *, low=0.2, high=0.95):
    """Return shares with cycles: each supplier passes on between `low` and `high` to `links_each` others."""
    supplier = np.repeat(np.arange(size), links_each)
    consumer = random.integers(0, size, supplier.size)
    is_link = supplier != consumer
    weight = random.gamma(1.0, size=is_link.sum()) + 1e-3
    flows = sparse.csr_array((weight, (supplier[is_link], consumer[is_link])), shape=(size, size))
    totals = flows.sum(axis=1)
    scale = random.uniform(low, high, size) / np.where(totals > 0, totals, 1)
    return sparse.csr_array(sparse.diags_array(scale) @ flows)


def ring(shares):
    """Return one long cycle: each product passes its share on to the next, the last to the first."""
    size = len(shares)
    return sparse.csr_array((shares, (np.arange(size), (np.arange(size) + 1) % size)), shape=(size, size))


def dense(cost, value, shares):
    """Return C, F, T and K by dense algebra, word for word from the equations, one column of value."""
    S = shares.toarray()
    eye = np.eye(len(cost))
    floored = np.maximum(cost, 0)
    C, floored_loaded = np.linalg.solve(eye - S.T, cost), np.linalg.solve(eye - S.T, floored)
    with np.errstate(divide="ignore", invalid="ignore"):
        F = np.where(floored_loaded > 0, S * floored_loaded[:, None] / floored_loaded, 0.0)
        own = np.where(floored_loaded > 0, floored / floored_loaded, 1.0)
    T = np.linalg.solve(eye - F, value)
    return C, F, T, T * own
