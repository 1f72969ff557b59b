"""How long the best split of money takes to find, beside what one could use instead.

    python -m bench.rebalancing           20,000 products; SLSQP at 2,000, for at most two minutes
    python -m bench.rebalancing --quick   smaller, in seconds

Portfolios are made up from a seed: spend over several powers of ten, elasticities from 0.05 to 0.9, floors at half and
ceilings at twice of today's spend, so that a part of the products meets a bound; and groups of a hundred products,
which are held to within 2 % of today.

The yardstick of a split is 60 evaluations of the marginal returns, bare: as many halvings as a price of money takes to
be found to the last digit. SLSQP (Kraft 1988) is what budget optimisers of marketing run on; it gets the gradient, and
starts from today; it runs in a process of its own, since one round may take longer than anybody waits. The yardstick of
what to measure next is a split for every value at which the best one is looked up.
"""

import argparse
import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench.engine import seconds
from bench.table import Row, duration, plain, times
from portfolio.engine.information import KNOTS, information_values
from portfolio.engine.rebalancing import Group, Split, best_split
from portfolio.engine.response import responses

SEED = 20_170_401
EVALUATIONS = 60
DRAWS = 10_000
LONGEST = 120.0  # seconds for SLSQP; of 2,000 products hardly one round is done then
Floats = NDArray[np.float64]
Figures = tuple[Floats, Floats, Floats, Floats, Floats, float]


def rows(quick: bool) -> Iterator[Row]:
    """Measure splits, SLSQP beside them, and what to measure next."""
    for size in [2_000] if quick else [2_000, 20_000]:
        yield from _splits(size, runs=5 if quick else 15)
    for size in [20] if quick else [20, 200]:
        yield _same(size)
    yield _faster(200 if quick else 2_000, 2.0 if quick else LONGEST)
    yield _measure_next(50 if quick else 200, 1_000 if quick else DRAWS)


def figures(size: int) -> Figures:
    """Return current spend, value, elasticity, floors, ceilings and the budget, for `best_split`."""
    random = np.random.default_rng([SEED, size])
    current = random.lognormal(10, 1.5, size)
    value = current * random.lognormal(0.5, 0.5, size)
    elasticity = random.uniform(0.05, 0.9, size)
    return current, value, elasticity, 0.5 * current, 2 * current, float(current.sum())


def _splits(size: int, runs: int) -> Iterator[Row]:
    asked = figures(size)
    current, value, elasticity = asked[:3]
    groups = []
    for start in range(0, size, 100):
        members = np.arange(start, min(start + 100, size))
        money = float(current[members].sum())
        groups.append(Group(f"group {start // 100}", members, 0.98 * money, 1.02 * money))
    amounts = best_split(*asked).amounts

    def evaluate() -> None:
        for _ in range(EVALUATIONS):
            value * elasticity / current * (amounts / current) ** (elasticity - 1)

    for what, inside in (("best split", None), (f"best split, {len(groups)} groups held to 2 %", groups)):
        split = best_split(*asked, inside)
        spent, yardstick = seconds(lambda inside=inside: best_split(*asked, inside), runs), seconds(evaluate, runs)  # type: ignore[misc]
        yield Row(
            what,
            f"{size:,} products",
            f"{duration(spent)}; gap {split.gap / split.value:.0e} of the value",
            f"{duration(yardstick)}: {EVALUATIONS} evaluations of the marginal returns",
            times(spent / yardstick),
            "at most 3 x" if inside is None else "",
            spent <= 3 * yardstick if inside is None and size == 20_000 else None,
            notes=(
                "Best split: checked, split, and its duality gap and shadow prices worked out; beside it the bare "
                "formula of the marginal returns, as often as halving would need it. CPU time.",
            ),
        )


def _same(size: int) -> Row:
    asked = figures(size)
    split = best_split(*asked)
    found, spent, is_done, rounds = by_slsqp(asked, LONGEST)
    off = (split.value - found) / split.value
    return Row(
        "SLSQP finds the same best split" if is_done else "SLSQP, stopped before its end",
        f"{size:,} products",
        f"{off:.1e} of the value below ours, in {duration(spent)} and {rounds} rounds",
        f"{duration(_once(asked)[1])}: by Twofold",
        goal="within 1e-7",
        is_met=abs(off) <= 1e-7,
    )


def _faster(size: int, longest: float) -> Row:
    asked = figures(size)
    split, ours = _once(asked)
    found, spent, is_done, rounds = by_slsqp(asked, longest)
    off = (split.value - found) / split.value
    how = f"{duration(spent)}, {rounds} rounds" if is_done else f"stopped after {duration(spent)}, in round {rounds}"
    return Row(
        "SLSQP, to its end" if is_done else "SLSQP, stopped before its end",
        f"{size:,} products",
        f"{how}, at {off:.1e} of the value below ours",
        f"{duration(ours)}: by Twofold",
        f"{'' if is_done else 'more than '}{times(spent / ours)}",
        "more than 1,000 x",
        spent > 1_000 * ours if size == 2_000 else None,
        notes=(
            "SLSQP: scipy's, with the gradient, from today's split, in shares of the budget, to 1e-12 of the value; "
            f"stopped after {LONGEST:,.0f} seconds where it has not ended. Elapsed time, as for the split beside it.",
        ),
    )


def _once(asked: Figures) -> tuple[Split, float]:
    """Return the best split, and the least seconds that it took of a few."""
    spent = []
    for _ in range(5):
        start = time.perf_counter()
        split = best_split(*asked)
        spent.append(time.perf_counter() - start)
    return split, min(spent)


def by_slsqp(asked: Figures, longest: float) -> tuple[float, float, bool, int]:
    """Return the value that SLSQP finds, its seconds, whether it came to its end, and after how many rounds.

    After `longest` seconds it is ended, and the value is that of its last whole round.
    """
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe(duplex=False)
    process = context.Process(target=_run_slsqp, args=(its, asked), daemon=True)
    process.start()
    its.close()
    value, rounds, is_done = float(responses(*asked[:3], asked[0]).sum()), 0, False
    ours.recv()  # it has imported what it needs
    start = time.perf_counter()
    while not is_done and ours.poll(max(longest - (time.perf_counter() - start), 0.0)):
        value, rounds, is_done = ours.recv()
    spent = time.perf_counter() - start
    process.kill()
    process.join()
    return value, spent, is_done, rounds


def _run_slsqp(pipe: Connection, asked: Figures) -> None:
    """Send the value after every round, and at the end."""
    current, value, elasticity, floor, ceiling, budget = asked
    scale, ones, rounds = float(value.sum()), np.ones(current.size), 0
    bounds = list(zip(floor / budget, ceiling / budget, strict=True))

    def worth(share: Floats) -> float:
        return -float((value * (share * budget / current) ** elasticity).sum()) / scale

    def slope(share: Floats) -> Floats:
        return -value * elasticity / current * (share * budget / current) ** (elasticity - 1) * budget / scale

    def tell(share: Floats) -> None:
        nonlocal rounds
        rounds += 1
        pipe.send((-worth(share) * scale, rounds, False))

    pipe.send("ready")
    found = minimize(
        worth,
        current / budget,
        jac=slope,
        bounds=bounds,
        constraints=[{"type": "eq", "fun": lambda share: share.sum() - 1, "jac": lambda share: ones}],
        method="SLSQP",
        callback=tell,
        options={"maxiter": 10_000, "ftol": 1e-12},
    )
    pipe.send((-found.fun * scale, rounds, True))


def _measure_next(size: int, count: int) -> Row:
    asked = figures(size)
    current, value, elasticity, floor, ceiling, budget = asked
    random = np.random.default_rng([SEED, size, 1])
    worth = np.exp(random.uniform(0.05, 0.8, size) * random.standard_normal((count, size)))
    worth /= worth.mean(axis=0)
    share = np.diag(value)

    def ours() -> None:
        information_values(*asked, share=share, worth_draws=worth)

    ours()
    spent = seconds(ours, 3)
    # As many splits a metric as the table is asked for, of a few metrics.
    metrics = range(0, size, 10)
    start = time.process_time()
    for p in metrics:
        known = value.copy()
        for quantile in np.quantile(worth[:, p], np.linspace(0, 1, KNOTS)):
            known[p] = value[p] * quantile
            best_split(current, known, elasticity, floor, ceiling, budget)
    anew = (time.process_time() - start) * size / len(metrics)
    return Row(
        f"measure next: {count:,} draws",
        f"{size:,} products, a metric each",
        duration(spent),
        f"{duration(anew)}: {KNOTS} splits a metric, anew",
        times(spent / anew),
        "about a second",
        spent <= 1.5 if size == 200 else None,
        notes=(
            f"Measure next: the splits anew are those of every tenth metric, times ten, at {KNOTS} quantiles of its "
            "draws, without reading the draws between them. CPU time.",
        ),
    )


def main() -> None:
    """Measure rebalancing alone and print the table."""
    parser = argparse.ArgumentParser(description="Time splits of money over made-up portfolios.")
    parser.add_argument("--quick", action="store_true", help="smaller sizes, in seconds")
    print(plain(list(rows(parser.parse_args().quick))))


if __name__ == "__main__":
    main()
