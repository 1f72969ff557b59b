"""A full roll-up by real Celery workers, beside the bare sums of the same facts."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from bench.generator import QUICK, Size
from bench.services import apart, family_cpu, postmaster, wait_until, workers
from bench.sites import Bench, Site
from bench.table import Row, duration, times

MOST_SECONDS = 1_800  # for one roll-up
ENOUGH = 90  # seconds of roll-ups, after which another one would tell no more
JUDGED = 10_000  # products
SUMS = (
    "SELECT product_id, month, sum(base_amount) FROM funding_ledgerentry WHERE retracted_at IS NULL GROUP BY 1, 2",
    "SELECT metric_id, month, sum(value) FROM value_observation WHERE retracted_at IS NULL GROUP BY 1, 2",
    "SELECT supplier_id, month, sum(quantity) FROM network_usage WHERE retracted_at IS NULL GROUP BY 1, 2",
)


@dataclass(frozen=True)
class Rollup:
    """One full roll-up, in seconds: by the clock, and of CPU in the workers and in PostgreSQL (None: elsewhere)."""

    wall: float
    workers: float
    postgres: float | None


def rows(bench: Bench) -> Iterator[Row]:
    """Measure at sizes growing tenfold; the goals are for ten million facts."""
    sizes = [QUICK, Size(300, 12)] if bench.is_quick else [Size(100), Size(1_000), Size(10_000)]
    for size in sizes:
        site = bench.site(size)
        most = 1 if bench.is_quick else 3
        sums: list[float] = []
        by: dict[int, list[Rollup]] = {}
        for count in (1, 2):
            bench.say(f"full roll-up of {size} by {count}")
            runs = by.setdefault(count, [])
            while len(runs) < most and sum(run.wall for run in runs) < ENOUGH:
                bench.services.forget_messages()
                forget_figures(site)
                with workers(count, site.environment, bench.folder) as pids:
                    sums.append(bare_sums(site.address))
                    runs.append(full_rollup(site, pids))
        site.is_rolled_up = True
        yield from _rows(size, statistics.median(sums), len(sums), by)


def bare_sums(address: str) -> float:
    """Return how long PostgreSQL takes for the sums by product and month, in parallel as it chooses, none fetched."""
    with psycopg.connect(address) as connection:
        begun = time.perf_counter()
        for query in SUMS:
            # Every row of the answer is made, and none is sent.
            connection.execute(f"SELECT count(*), sum(sum) FROM ({query}) AS sums")  # type: ignore[call-overload]
        return time.perf_counter() - begun


def forget_figures(site: Site) -> None:
    """Take away all that a roll-up has written: one that finds its figures there already writes nothing."""
    tables = "rollup_solvedmonth, rollup_productmonth, rollup_standing, rollup_run, rollup_blockedmonth"
    with psycopg.connect(site.address, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {tables} CASCADE")  # type: ignore[call-overload]
        connection.execute("CHECKPOINT")


def full_rollup(site: Site, pids: list[int]) -> Rollup:
    """Ask the workers for a full roll-up and wait until its figures are there."""
    with psycopg.connect(site.address) as connection:
        main = postmaster(connection)
    in_workers = sum(map(family_cpu, pids))
    in_postgres = family_cpu(main) if main else 0.0
    wall = apart(site.environment, ask_and_wait)
    return Rollup(
        wall,
        sum(map(family_cpu, pids)) - in_workers,
        family_cpu(main) - in_postgres if main else None,
    )


def ask_and_wait() -> float:
    """Send the task as the API does; return the seconds until the figures are fresh."""
    from portfolio.rollup import tasks

    before = latest_run()
    begun = time.perf_counter()
    tasks.roll_up.delay("a measurement")
    wait_until(lambda: is_fresh_after(before), MOST_SECONDS, "a full roll-up", every=0.01)
    return time.perf_counter() - begun


def latest_run() -> int:
    """Return the key of the last run; 0 before the first."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM rollup_run")  # little work, so that asking takes none away
        return cursor.fetchone()[0]


def is_fresh_after(run: int) -> bool:
    """Return whether there is a newer run, and nothing is stale."""
    from portfolio.rollup.freshness import freshness

    return latest_run() > run and not freshness().stale


def _rows(size: Size, sums: float, n: int, by: dict[int, list[Rollup]]) -> Iterator[Row]:
    is_judged = size.products == JUDGED
    walls = {count: statistics.median(run.wall for run in runs) for count, runs in by.items()}
    for count, runs in by.items():
        ratio = walls[count] / sums
        yield Row(
            what=f"full roll-up, {count} worker{'s' * (count > 1)}",
            size=str(size),
            measured=f"{duration(walls[count])} (n = {len(runs)})",
            yardstick=f"bare sums by product and month: {duration(sums)} (n = {n})",
            ratio=times(ratio),
            goal="at most 2 x" if is_judged and count == 2 else "",
            is_met=ratio <= 2 if is_judged and count == 2 else None,
            notes=(
                "Full roll-ups start from facts alone, in fresh workers; they are asked for by a message, and end when "
                "every month is solved and the standings of all windows stand. The "
                "bare sums are three statements, over ledger entries, observations and usage, by "
                "product or metric and the stored month column, as parallel as PostgreSQL chooses; no row is fetched.",
            ),
        )
    yield _side_by_side(size, walls, by, is_judged=is_judged)


def _side_by_side(size: Size, walls: dict[int, float], by: dict[int, list[Rollup]], *, is_judged: bool) -> Row:
    """Return how much two workers gain on one, and what the two cores and PostgreSQL allow."""
    faster = walls[1] / walls[2]
    last = by[2][-1]
    spent = f"2 workers: {last.workers:.1f} s CPU in them"
    if last.postgres is not None:
        spent += f", {last.postgres:.1f} s in PostgreSQL, of {2 * last.wall:.1f} s on two cores"
    return Row(
        what="roll-up with 2 workers, against 1",
        size=f"{size.products:,} products, {size.facts:,} facts",
        measured=f"{duration(walls[2])}; {spent}",
        yardstick=f"1 worker: {duration(walls[1])}",
        ratio=f"{faster:.2f} times as fast",
        goal="at least 1.5 times, where the database is not the limit" if is_judged else "",
        is_met=faster >= 1.5 if is_judged else None,
    )
