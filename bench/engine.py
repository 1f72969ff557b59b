"""How long one month takes to trace, beside what one could use instead.

    python -m bench.engine           1,000, 10,000 and 100,000 products
    python -m bench.engine --quick   1,000 and 10,000, fewer runs

Networks are made up from a seed: ten links to a supplier on average, few platforms with thousands of consumers
(`platforms`), and everyone pulling from anyone (`random`), which is the harder one for a factorisation. Both have
cycles through most of their products. Times are medians.

`spsolve` is scipy's sparse LU on the very same system, for the loaded cost alone; a trace solves a second system for
the value, checks both, and looks for closed loops first. It is left out above LU_MOST products, where its factors
fill up to gigabytes.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array, eye_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from portfolio.engine.flows import trace

SEED = 20_170_331
LINKS_EACH = 10
LU_MOST = {"platforms": 10_000, "random": 3_000}
DRAWS_MOST = 1_000


def network(kind: str, size: int, random: np.random.Generator) -> csr_array:
    """Return shares of `size` products with LINKS_EACH links each; suppliers pass on between half and nearly all."""
    consumer = np.repeat(np.arange(size), LINKS_EACH)
    if kind == "platforms":
        # Towards the first products, cubed: the first percent has a fifth of all links. One in fifty goes anywhere.
        supplier = (random.random(consumer.size) ** 3 * np.maximum(consumer, 1)).astype(np.int64)
        is_stray = random.random(consumer.size) < 0.02
        supplier[is_stray] = random.integers(0, size, is_stray.sum())
    else:
        supplier = random.integers(0, size, consumer.size)
    is_link = supplier != consumer
    supplier, consumer = supplier[is_link], consumer[is_link]
    flows = coo_array((random.gamma(1.0, size=supplier.size), (supplier, consumer)), shape=(size, size)).tocsr()
    totals = flows.sum(axis=1)
    return csr_array(diags_array(random.uniform(0.5, 0.99, size) / np.where(totals > 0, totals, 1)) @ flows)


def seconds(act: Callable[[], Any], runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def shown(duration: float | None) -> str:
    if duration is None:
        return "-"
    return f"{duration * 1e3:,.1f} ms" if duration < 1 else f"{duration:,.2f} s"


def loaded_by_lu(cost: NDArray[np.float64], shares: csr_array) -> NDArray[np.float64]:
    return spsolve((eye_array(len(cost)) - shares.T).tocsc(), cost)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the engine on made-up networks.")
    parser.add_argument("--quick", action="store_true", help="up to 10,000 products, fewer runs")
    quick = parser.parse_args().quick
    sizes, runs = ([1_000, 10_000], 3) if quick else ([1_000, 10_000, 100_000], 7)

    head = (
        "network",
        "products",
        "links",
        "in cycles",
        "trace",
        "one S @ x",
        "trace / S @ x",
        "spsolve",
        "2,000 draws",
    )
    print(f"{head[0]:<10}" + "".join(f"{name:>14}" for name in head[1:]))
    for size in sizes:
        for kind in ("platforms", "random"):
            random = np.random.default_rng([SEED, size])
            shares = network(kind, size, random)
            cost, value = random.lognormal(10, 1.5, size), random.lognormal(10, 1.5, size)
            value[random.random(size) < 0.6] = 0
            _, member = connected_components(shares, connection="strong")
            in_cycles = np.bincount(member)[member] > 1
            traced = seconds(lambda c=cost, v=value, s=shares: trace(c, v, s), runs)
            product = seconds(lambda s=shares, c=cost: s @ c, 5 * runs)
            lu = drawn = None
            if size <= LU_MOST[kind]:
                lu = seconds(lambda c=cost, s=shares: loaded_by_lu(c, s), 1 if size > 3_000 else 3)
            if size <= DRAWS_MOST:
                draws = value[:, None] * random.lognormal(0, 0.5, (size, 2_000))
                drawn = seconds(lambda c=cost, d=draws, s=shares: trace(c, d, s), 3)
            figures = (
                f"{size:,}",
                f"{shares.nnz:,}",
                f"{in_cycles.mean():.0%}",
                shown(traced),
                shown(product),
                f"{traced / product:,.0f}",
                shown(lu),
                shown(drawn),
            )
            print(f"{kind:<10}" + "".join(f"{figure:>14}" for figure in figures), flush=True)
    print(
        f"-: not run. spsolve up to {LU_MOST['platforms']:,} products on platforms and {LU_MOST['random']:,} on random "
        f"networks, above which its factors take minutes and gigabytes; draws up to {DRAWS_MOST:,}."
    )


if __name__ == "__main__":
    main()
