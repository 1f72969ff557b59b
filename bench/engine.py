"""How long one month takes to trace, and 2,000 draws of it to follow, beside what one could use instead.

    python -m bench.engine           1,000, 10,000 and 100,000 products
    python -m bench.engine --quick   1,000 products, fewer runs

Networks are made up from a seed, ten links to a supplier on average, with cycles through most of their products:
few platforms with thousands of consumers (`platforms`), everyone pulling from anyone (`random`), both of which leak
a part of each supplier's cost; and one in which almost everything is passed on, to anyone and along a cycle through
all products (`nearly closed`), where cost goes round for long.

The yardstick of a solve is one product of the sparse matrix and a vector, times as many of them as scipy's BiCGSTAB
needs for the two systems of a month, for cost and for value, to 1e-9: no method of its kind can do with less than that
but by needing fewer. The yardstick of 2,000 draws is 2,000 solves. Times are of the processor, medians of a few runs.

Where bw2calc (the sparse LU of life-cycle assessment) and pymrio (the dense inverse of input-output tables) can be
imported, they solve the same networks, up to the sizes that they can manage. They are no dependencies of Twofold.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.linalg import LinearOperator, bicgstab

from bench.table import Row, duration, plain, times
from portfolio.engine.draws import follow
from portfolio.engine.flows import trace

SEED = 20_170_331
LINKS_EACH = 10
DRAWS = 2_000
KINDS = ("platforms", "random", "nearly closed")
JUDGED = {"solve": 100_000, "draws": 10_000}
LU_MOST = {"platforms": 10_000, "random": 1_000, "nearly closed": 1_000}  # above, its factors take minutes or gigabytes
INVERSE_MOST = 1_000  # above, it takes minutes and gigabytes
Floats = NDArray[np.float64]


def rows(quick: bool) -> Iterator[Row]:
    """Measure at sizes growing tenfold; the goals are for 100,000 products, and for the draws of 10,000."""
    for size in [1_000] if quick else [1_000, 10_000, 100_000]:
        for kind in KINDS:
            yield from _rows(kind, size, runs=3 if quick else 7)


def _rows(kind: str, size: int, runs: int) -> Iterator[Row]:
    random = np.random.default_rng([SEED, size])
    shares = network(kind, size, random)
    cost, value = random.lognormal(10, 1.5, size), random.lognormal(10, 1.5, size)
    value[random.random(size) < 0.6] = 0
    named = f"{size:,} products, {shares.nnz:,} links"

    solved = seconds(lambda: trace(cost, value, shares), runs)
    product = seconds(lambda: shares @ cost, 5 * runs)
    counts = products_needed(cost, value, shares)
    yardstick = product * sum(counts)
    yield Row(
        f"network solve, {kind}",
        named,
        duration(solved),
        f"{duration(yardstick)}: {sum(counts)} sparse products",
        times(solved / yardstick),
        "at most 2 x",
        solved <= 2 * yardstick if size == JUDGED["solve"] else None,
        notes=(
            "Network solve: a month's cost and value, checked and with their error proved, to 1e-9 of each product; "
            "beside it only as many sparse products as BiCGSTAB needs for the two systems. CPU time.",
        ),
    )
    yield from _peers(kind, named, cost, shares, solved)
    if size <= JUDGED["draws"]:
        draws = (value[:, None] * random.lognormal(0, 0.5, (size, DRAWS))).astype(np.float32)
        drawn = seconds(lambda: follow(cost, draws, shares, DRAWS), 3)
        yield Row(
            f"ranges: {DRAWS:,} draws, {kind}",
            named,
            duration(drawn),
            f"{duration(DRAWS * solved)}: {DRAWS:,} solves",
            times(drawn / (DRAWS * solved)),
            "at most 0.25 x",
            drawn <= 0.25 * DRAWS * solved if size == JUDGED["draws"] else None,
            notes=(
                "Ranges: draws are followed to three digits at the very worst, mostly six. CPU time of all threads.",
            ),
        )


def network(kind: str, size: int, random: np.random.Generator) -> csr_array:
    """Return shares of `size` products with LINKS_EACH links each."""
    consumer = np.repeat(np.arange(size), LINKS_EACH)
    if kind == "platforms":
        # Towards the first products, cubed: the first percent has a fifth of all links. One in fifty goes anywhere.
        supplier = (random.random(consumer.size) ** 3 * np.maximum(consumer, 1)).astype(np.int64)
        is_stray = random.random(consumer.size) < 0.02
        supplier[is_stray] = random.integers(0, size, is_stray.sum())
    else:
        supplier = random.integers(0, size, consumer.size)
    weight = random.gamma(1.0, size=consumer.size)
    if kind == "nearly closed":  # one link of each is a cycle's, with a fifth of the output
        supplier[::LINKS_EACH] = (consumer[::LINKS_EACH] - 1) % size
        weight[::LINKS_EACH] = (LINKS_EACH - 1) / 4
    is_link = supplier != consumer
    links = (weight[is_link], (supplier[is_link], consumer[is_link]))
    flows = coo_array(links, shape=(size, size)).tocsr()
    totals = flows.sum(axis=1)
    kept = 10 ** random.uniform(-6, -2, size) if kind == "nearly closed" else random.uniform(0.01, 0.5, size)
    shares = csr_array(diags_array((1 - kept) / np.where(totals > 0, totals, 1)) @ flows)
    # As narrow as they can be: so the yardstick's product is as fast as it gets.
    return csr_array((shares.data, shares.indices.astype(np.int32), shares.indptr.astype(np.int32)), shape=shares.shape)


def products_needed(cost: Floats, value: Floats, shares: csr_array) -> tuple[int, int]:
    """Return how many sparse products BiCGSTAB takes for the loaded cost, and for the value per dollar."""
    loaded, for_cost = _counted(shares.T.tocsr(), cost)
    _, for_value = _counted(shares, value / loaded)
    return for_cost, for_value


def _counted(weights: csr_array, right: Floats) -> tuple[Floats, int]:
    count = 0

    def apply(x: Floats) -> Floats:
        nonlocal count
        count += 1
        return x - weights @ x

    operator = LinearOperator(weights.shape, matvec=apply, dtype=np.float64)
    answer, _ = bicgstab(operator, right, rtol=1e-9, maxiter=1_000)
    return answer, count


def seconds(act: Callable[[], Any], runs: int) -> float:
    """Return the median time of the processor."""
    spent = []
    for _ in range(runs):
        start = time.process_time()
        act()
        spent.append(time.process_time() - start)
    return statistics.median(spent)


# -- what others do --------------------------------------------------------------------------------------------


def _peers(kind: str, named: str, cost: Floats, shares: csr_array, solved: float) -> Iterator[Row]:
    size = len(cost)
    for name, solve, most in (
        ("bw2calc", by_bw2calc, LU_MOST[kind]),
        ("pymrio", by_pymrio, INVERSE_MOST),
    ):
        if size > most:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                spent = solve(cost, shares)
        except ImportError:
            continue
        yield Row(
            f"the same by {name}, {kind}",
            named,
            duration(spent),
            f"{duration(solved)}: by Twofold",
            times(spent / solved),
            notes=(f"{name} finds the loaded cost alone, once, without checks of what it is given.",),
        )


def by_bw2calc(cost: Floats, shares: csr_array) -> float:
    """Return the seconds of one solve: a demand on the technosphere I - Sᵀ, by sparse LU."""
    import bw2calc  # type: ignore[import-not-found]
    import bw_processing  # type: ignore[import-not-found]

    size = len(cost)
    links = shares.tocoo()
    everyone = np.arange(size)
    package = bw_processing.create_datapackage()
    package.add_persistent_vector(
        matrix="technosphere_matrix",
        indices_array=np.array(
            [*zip(everyone, everyone, strict=True), *zip(links.col, links.row, strict=True)],
            dtype=bw_processing.INDICES_DTYPE,
        ),
        data_array=np.concatenate([np.ones(size), links.data]),
        flip_array=np.concatenate([np.zeros(size, bool), np.ones(links.nnz, bool)]),
    )
    package.add_persistent_vector(
        matrix="biosphere_matrix",
        indices_array=np.array([(size, 0)], dtype=bw_processing.INDICES_DTYPE),
        data_array=np.ones(1),
    )
    lca = bw2calc.LCA(demand=dict(enumerate(cost.tolist())), data_objs=[package])
    lca.load_lci_data()
    lca.build_demand_array()
    start = time.process_time()
    lca.solve_linear_system()
    return time.process_time() - start


def by_pymrio(cost: Floats, shares: csr_array) -> float:
    """Return the seconds of one solve: the inverse of I - Sᵀ, and its product with the cost."""
    import pymrio  # type: ignore[import-not-found]

    coefficients = shares.T.toarray()
    start = time.process_time()
    pymrio.calc_L(coefficients) @ cost
    return time.process_time() - start


def main() -> None:
    """Measure the engine alone and print the table."""
    parser = argparse.ArgumentParser(description="Time the engine on made-up networks.")
    parser.add_argument("--quick", action="store_true", help="1,000 products, fewer runs")
    print(plain(list(rows(parser.parse_args().quick))))


if __name__ == "__main__":
    main()
