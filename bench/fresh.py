"""From one observation, over HTTP, to new standings: with one worker, beside a full roll-up of the same data."""

import json
import statistics
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

from bench.generator import QUICK, UNOBSERVED_DAYS, Size
from bench.rollup import MOST_SECONDS, forget_figures, full_rollup, is_fresh_after, latest_run
from bench.services import TODAY, apart, wait_until, workers
from bench.serving import Request, Server
from bench.sites import Bench, Site
from bench.table import Row, duration, percentile

JUDGED = 1_000  # products
WARM_UP = 3  # observations after which a worker has read what it keeps


def rows(bench: Bench) -> Iterator[Row]:
    """Measure at sizes growing tenfold; the goals are for 1,000 products."""
    sizes = [QUICK] if bench.is_quick else [Size(100), Size(1_000), Size(10_000)]
    for size in sizes:
        site = bench.site(size)
        site.look_over()
        count = 5 if bench.is_quick else 40 if size.products <= JUDGED else 10
        bench.say(f"one observation at {size.products:,} products")
        bench.services.forget_messages()
        with site.served() as server, workers(1, site.environment, bench.folder) as pids:
            forget_figures(site)
            full = full_rollup(site, pids).wall
            waits = apart(site.environment, record_and_wait, server.port, site, count)
        site.is_rolled_up = True
        yield _row(size, waits, full)


def record_and_wait(port: int, site: Site, count: int) -> list[tuple[float, float]]:
    """Record observations of the last days one by one, each of another metric or day.

    Returns, for each, the seconds from asking until fresh standings are committed, and those until the answer.
    """
    server = Server(port, 0)
    waits = []
    for metric, day in islice(unobserved(), WARM_UP + count):
        row = {"metric": metric, "starts": f"{day}", "ends": f"{day + timedelta(days=1)}", "value": "12.5"}
        ask = Request("/api/v1/observations/", "POST", site.keys.program, json.dumps(row).encode(), (201,))
        before = latest_run()
        begun = time.perf_counter()
        server.send(ask)
        answered = time.perf_counter()
        wait_until(lambda run=before: is_fresh_after(run), MOST_SECONDS, "new standings", every=0.003)  # type: ignore[misc]
        waits.append((time.perf_counter() - begun, answered - begun))
    return waits[WARM_UP:]


def unobserved() -> Iterator[tuple[str, date]]:
    """Yield valued metrics of a daily cadence, with a day that is not observed yet."""
    from products.value.models import Behaviour, Metric

    metrics = Metric.objects.filter(behaviour=Behaviour.FLOW, cadence_days=1).exclude(valuations=None)
    codes = list(metrics.order_by("?").values_list("code", flat=True))
    for back in reversed(range(UNOBSERVED_DAYS)):
        for code in codes:
            yield code, TODAY - timedelta(days=back)


def _row(size: Size, waits: list[tuple[float, float]], full: float) -> Row:
    whole = [wait for wait, _ in waits]
    median, late = statistics.median(whole), percentile(whole, 0.95)
    is_judged = size.products == JUDGED
    return Row(
        what="one observation to new standings",
        size=f"{size.products:,} products, {size.facts:,} facts",
        measured=f"p50 {duration(median)}, p95 {duration(late)} (n = {len(whole)}); "
        f"answered after {duration(statistics.median(answer for _, answer in waits))}",
        yardstick=f"full roll-up, 1 worker: {duration(full)}",
        ratio=f"p95: 1/{full / late:,.0f}",
        goal="p95 under 1/50, and under 1 s" if is_judged else "",
        is_met=late < full / 50 and late < 1 if is_judged else None,
        notes=(
            "One observation to new standings: from sending the request to the web server until another connection "
            "sees the standings that count it, with one Celery worker over Redis; asked for every few milliseconds.",
        ),
    )
