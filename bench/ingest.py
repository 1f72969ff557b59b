"""Facts in bulk: a million observations over HTTP beside a bare COPY, and a thousand rows beside hello."""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

import numpy as np
import psycopg

from bench.copying import prepared, send
from bench.generator import QUICK, Size
from bench.services import Failed, apart, forget_peak, memory
from bench.serving import Act, Request, Sender, Server, beside_hello, sending
from bench.sites import Bench, Site
from bench.table import Row, duration, times

A_CALL = 100_000  # rows, the most that a batch may have
A_FILE = 1_000  # rows of what a person or a nightly feed brings
PRODUCTS = Size(1_000, months=60)
TABLE = "value_observation"


@dataclass(frozen=True)
class Observations:
    """Observations to bring in, none of them twice: the key of the metric, the day, and units of the value."""

    metric: np.ndarray
    day: np.ndarray
    value: np.ndarray

    def body(self, start: int, stop: int) -> bytes:
        """Return some of them as CSV."""
        days, after = self.day[start:stop].astype(str), (self.day[start:stop] + 1).astype(str)
        metrics, values = self.metric[start:stop].tolist(), self.value[start:stop].tolist()
        lines = [
            f"metric-{metric:06},{first},{end},{value // 10_000}.{value % 10_000:04}"
            for metric, first, end, value in zip(metrics, days, after, values, strict=True)
        ]
        return ("metric,starts,ends,value\n" + "\n".join(lines) + "\n").encode()


def draw(size: Size, metrics: int, count: int) -> Observations:
    """Draw observations of single days in no order: the hardest for an index, and for the marks."""
    random = np.random.default_rng([count, size.products])
    places = random.permutation(metrics * len(size.days))[:count]
    if len(places) < count:
        raise Failed(f"{metrics} metrics have no {count:,} days in {size.months} months: take more products.")
    metric, day = np.divmod(places, len(size.days))
    return Observations(metric + 1, size.days[day], random.integers(1, 10**8, count))


def rows(bench: Bench) -> Iterator[Row]:
    """Measure batches growing tenfold beside COPY, then small ones beside hello."""
    size = QUICK if bench.is_quick else PRODUCTS
    counts = (1_000, 10_000) if bench.is_quick else (10_000, 100_000, 1_000_000)
    with bench.new_site(size, "ingest", has_facts=False) as site, site.served() as server:
        metrics = _count(site, "value_metric")
        for start in (0, A_FILE):  # what a process does once is not counted
            server.send(batch_of(site, draw(size, metrics, 2 * A_FILE).body(start, start + A_FILE)))
        for count in counts:
            bench.say(f"batches of {count:,} observations")
            yield batch(site, server, draw(size, metrics, count), runs=1 if bench.is_quick else 3)
        yield from small(bench, site, server, draw(size, metrics, 30_000 if bench.is_quick else 600_000))


# -- batches beside COPY ------------------------------------------------------------------------------------------


def batch(site: Site, server: Server, observations: Observations, runs: int) -> Row:
    """Bring in observations by calls of at most A_CALL, and by one bare COPY into a table like theirs."""
    count = len(observations.metric)
    bodies = [observations.body(start, start + A_CALL) for start in range(0, count, A_CALL)]
    copied: list[float] = []
    brought: list[float] = []
    peaks: list[float] = []
    before, _ = memory(server.pid)
    for _ in range(runs):
        copied.append(apart(site.environment, bare_copy, site.address, observations))
        empty(site)
        brought.append(sum(_timed(server, site, body, peaks) for body in bodies))
        _check(site, count)
    marks = _count(site, "common_stalemark")
    taken, base = statistics.median(brought), statistics.median(copied)
    first, last = peaks[0], peaks[len(bodies) - 1]
    is_judged = count == 1_000_000
    return Row(
        what="batch of observations over HTTP, validated, with marks",
        size=f"{count:,} rows in {len(bodies)} call{'s' * (len(bodies) > 1)}",
        measured=f"{duration(taken)} (n = {runs}), {count / taken:,.0f} rows/s, {marks:,} marks; the server's memory: "
        f"{before:,.0f} MiB before, at most {first:,.0f} in the first call and {last:,.0f} in the last",
        yardstick=f"bare COPY: {duration(base)} (n = {runs}), {count / base:,.0f} rows/s",
        ratio=f"{100 * base / taken:.0f} % of its rate",
        goal="at least 40 % of its rate, flat memory" if is_judged else "",
        is_met=base / taken >= 0.4 and last <= 1.1 * first if is_judged else None,
        notes=(
            "Batches: CSV, in no order of metric or day, into a table that is empty at first; no worker runs, so that "
            "the marks only pile up. The bare COPY is one binary COPY of the same rows in the same order, made ready "
            "before, into a table made LIKE the real one INCLUDING ALL: its columns, checks, key and indexes, but no "
            "references. Memory is what the one process of the web server holds.",
        ),
    )


def _timed(server: Server, site: Site, body: bytes, peaks: list[float]) -> float:
    forget_peak(server.pid)
    begun = time.perf_counter()
    server.send(batch_of(site, body))
    taken = time.perf_counter() - begun
    peaks.append(memory(server.pid)[1])
    return taken


def batch_of(site: Site, body: bytes) -> Request:
    """Return the call that records a batch."""
    headers = {**site.keys.program, "Content-Type": "text/csv"}
    return Request("/api/v1/observations/batch/", "POST", headers, body, (200, 201))


def bare_copy(address: str, observations: Observations) -> float:
    """Return how long one binary COPY of the rows takes, its commit included, into a table that is then dropped."""
    from products.value.models import Observation

    statement, pieces = prepared(
        Observation,
        len(observations.metric),
        table="bare",
        metric_id=observations.metric,
        starts=observations.day,
        ends=observations.day + 1,
        value=observations.value,
        recorded_by_id=1,
    )
    ready = list(pieces)
    with psycopg.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bare (LIKE {TABLE} INCLUDING ALL)")  # type: ignore[call-overload]
        cursor.execute("CHECKPOINT")
        begun = time.perf_counter()
        send(cursor, statement, ready)
        taken = time.perf_counter() - begun
        cursor.execute("DROP TABLE bare")
    return taken


def empty(site: Site) -> None:
    """Take away what was brought in, so that the next run meets the same table."""
    with psycopg.connect(site.address, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {TABLE}, common_stalemark CASCADE")  # type: ignore[call-overload]
        connection.execute("CHECKPOINT")


def _check(site: Site, count: int) -> None:
    found = _count(site, TABLE)
    if found != count:
        raise Failed(f"{count:,} observations were answered for, but {found:,} are there.")


def _count(site: Site, table: str) -> int:
    with psycopg.connect(site.address) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[call-overload,index]


# -- a thousand rows beside hello ---------------------------------------------------------------------------------


def small(bench: Bench, site: Site, server: Server, observations: Observations) -> Iterator[Row]:
    """Bring in A_FILE rows by one call, and by the page: upload, preview, load."""
    empty(site)
    starts = iter(range(0, len(observations.metric), A_FILE))

    def some() -> bytes:
        start = next(starts, None)
        if start is None:  # the same rows again would be left as they are, and cost next to nothing
            raise Failed(f"All {len(observations.metric):,} observations were brought in; draw more of them.")
        return observations.body(start, start + A_FILE)

    makers: dict[str, Callable[[], Act]] = {
        "batch of 1,000 rows through the API": lambda: sending(batch_of(site, some())),
        "CSV of 1,000 rows through the page": lambda: partial(upload, site.keys.cookie, some()),
    }
    bench.say(f"batches of {A_FILE:,} rows beside hello")
    statements = site.statements(list(makers.values()))
    rounds, seconds = (2, 0.03) if bench.is_quick else (5, 0.4)
    with bench.hello() as hello:
        found = beside_hello(hello, server, makers, rounds=rounds, seconds=seconds)
    for (what, beside), sent in zip(found.items(), statements, strict=True):
        yield Row(
            what=what,
            size=f"{A_FILE:,} rows",
            measured=f"{duration(beside.cost.cpu)} CPU, {duration(beside.cost.wall)} in all; {sent} statements",
            yardstick=f"hello: {duration(beside.hello.cpu)} CPU, {duration(beside.hello.wall)} in all",
            ratio=f"{times(beside.cpu_ratio)} CPU, {times(beside.wall_ratio)} in all",
            goal="at most 1,500 x, 30 statements",
            is_met=None if bench.is_quick else max(beside.cpu_ratio, beside.wall_ratio) <= 1_500 and sent <= 30,
            reference="NetBox: about 50,000 x, 12,000 statements",
            notes=("A CSV through the page is three requests: the upload, its preview, and the loading.",),
        )


def upload(cookie: str, body: bytes, sender: Sender) -> None:
    """Load a CSV file of observations through the pages of the import."""
    token = "b" * 32
    headers = {"Cookie": f"sessionid={cookie}; csrftoken={token}"}
    line = "--limit\r\nContent-Disposition: form-data; name="
    form = (
        f'{line}"csrfmiddlewaretoken"\r\n\r\n{token}\r\n{line}"kind"\r\n\r\nobservations\r\n'
        f'{line}"file"; filename="day.csv"\r\nContent-Type: text/csv\r\n\r\n'
    ).encode()
    as_form = {**headers, "Content-Type": "multipart/form-data; boundary=limit"}
    sent = sender.send(Request("/import/", "POST", as_form, form + body + b"\r\n--limit--\r\n", (302,)))
    address = sent.headers["location"]
    shown = re.search(rb'name="shown" value="([^"]+)"', sender.send(Request(address, headers=headers)).body)
    if not shown:
        raise Failed("The preview of the import promises nothing: there is no hidden field `shown` in it.")
    answer = urlencode({"csrfmiddlewaretoken": token, "shown": shown[1].decode()}).encode()
    as_form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    sender.send(Request(address, "POST", as_form, answer, (302,)))
