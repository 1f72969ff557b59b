"""What pages and calls cost beside hello: the board, the standings, a product, a new row, an export."""

import itertools
import json
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import psycopg

from bench.generator import QUICK, Size
from bench.services import Failed, cpu_seconds
from bench.serving import Act, Beside, Request, Server, beside_hello, sending
from bench.sites import Bench, Site
from bench.table import Row, duration, times

ROWS = 10_000  # of an export, as near as whole days come
JUDGED = 1_000  # products
SEEN = 10  # products whose pages are asked for in turn


@dataclass(frozen=True)
class Page:
    """One kind of request: what it is called, how it is asked, how many times hello it may cost, and who else does."""

    what: str
    ask: Callable[[], Request]
    most: int
    reference: str
    lines: int | None = None  #: that the answer must have
    is_write: bool = False
    is_kept: bool = False  #: whether parts of it are kept until something changes

    def make(self) -> Act:
        """Return the act of asking once."""
        return sending(self.ask())


def rows(bench: Bench) -> Iterator[Row]:
    """Measure every page at sizes growing tenfold; the goals are for 1,000 products."""
    sizes = [QUICK] if bench.is_quick else [Size(100), Size(1_000), Size(10_000)]
    rounds, seconds = (2, 0.1) if bench.is_quick else (7, 0.4)
    for size in sizes:
        site = bench.site(size)
        site.roll_up()
        site.look_over()
        pages = pages_of(site)
        bench.say(f"pages at {size.products:,} products")
        statements = site.statements([page.make for page in pages])
        with bench.hello() as hello, site.served() as server:
            for _ in range(SEEN):
                for page in pages:
                    if page.is_kept:
                        server.send(page.ask())
            found: dict[str, Beside] = {}
            # A new product changes what the others show: it is not added between them.
            for group in ([page for page in pages if not page.is_write], [page for page in pages if page.is_write]):
                makers = {page.what: page.make for page in group}
                found |= beside_hello(hello, server, makers, rounds=rounds, seconds=seconds)
            first = {page.what: first_reader(server, page, pages, rounds) for page in pages if page.is_kept}
            lengths = [_length(page, server.send(page.ask()).body) for page in pages]
        for page, sent, length in zip(pages, statements, lengths, strict=True):
            yield _row(page, size, found[page.what], first.get(page.what), sent, length)


def pages_of(site: Site) -> list[Page]:
    """Return what is asked of a site."""
    browser, program = site.keys.browser, site.keys.program
    # Few enough that all were seen before most rounds: what a first reader costs is told beside it.
    products = itertools.cycle(range(1, site.size.products + 1, -(-site.size.products // SEEN)))
    numbers = itertools.count()
    first, exported = export_from(site.address)

    def create() -> Request:
        row = {
            "code": f"new-{next(numbers)}",
            "name": "A new product",
            "value_stream": "stream-000001",
            "kind": "customer",
            "stage": "explore",
        }
        return Request("/api/v1/products/", "POST", program, json.dumps(row).encode(), (201,))

    return [
        Page(
            "board, first screen, HTML",
            lambda: Request("/", headers=browser),
            50,
            "NetBox's list of 50: 831; turbo-ea's JSON list: 43",
            is_kept=True,
        ),
        Page(
            "all standings (at most 1,000 a page), JSON",
            lambda: Request("/api/v1/standings/?window=t12m&page_size=1000", headers=program),
            120,
            "NetBox's 1,000 rows: 2,250",
            is_kept=True,
        ),
        Page(
            "product page that was seen since the last change, HTML",
            lambda: Request(f"/product/product-{next(products):06}/", headers=browser),
            40,
            "NetBox's detail: 199",
            is_kept=True,
        ),
        Page("create one product, with its history", create, 45, "NetBox: 99-115", is_write=True),
        Page(
            f"CSV export of {exported:,} ledger entries, streamed",
            lambda: Request(f"/funding/ledger/?format=csv&from={first}", headers=browser),
            600,
            "NetBox: 96,000",
            lines=exported + 1,
        ),
    ]


def first_reader(server: Server, page: Page, pages: list[Page], rounds: int) -> float:
    """Return the CPU seconds of the first request after a change, when nothing that was kept can serve."""
    write = next(page for page in pages if page.is_write)
    spent = []
    for _ in range(rounds):
        server.send(write.ask())
        request, before = page.ask(), cpu_seconds(server.pid)
        server.send(request)
        spent.append(cpu_seconds(server.pid) - before)
    return statistics.median(spent)


def export_from(address: str) -> tuple[date, int]:
    """Return the day from which there are ROWS ledger entries, or nearly, and how many there are."""
    with psycopg.connect(address) as connection:
        ends = connection.execute(
            "SELECT ends, count(*) FROM funding_ledgerentry WHERE retracted_at IS NULL GROUP BY 1 ORDER BY 1 DESC"
        ).fetchall()
    counted = itertools.accumulate(count for _, count in ends)
    found = {day - timedelta(days=1): count for (day, _), count in zip(ends, counted, strict=True)}
    return min(found.items(), key=lambda each: abs(each[1] - ROWS))


def _length(page: Page, body: bytes) -> int:
    if page.lines and body.count(b"\n") != page.lines:
        found = body.count(b"\n")
        raise Failed(f"{page.what} has {found:,} lines, {page.lines:,} with its header were to come.")
    return len(body)


def _row(page: Page, size: Size, beside: Beside, first: float | None, statements: int, length: int) -> Row:
    after_change = f" (first reader after a change: {times(first / beside.hello.cpu)})" if first else ""
    return Row(
        what=page.what,
        size=f"{size.products:,} products",
        measured=f"{duration(beside.cost.cpu)} CPU, {duration(beside.cost.wall)} in all; {statements} statements, "
        f"{length / 1000:,.0f} kB",
        yardstick=f"hello: {duration(beside.hello.cpu)} CPU, {duration(beside.hello.wall)} in all",
        ratio=f"{times(beside.cpu_ratio)} CPU{after_change}, {times(beside.wall_ratio)} in all",
        goal=f"at most {page.most} x CPU" if size.products == JUDGED else "",
        is_met=beside.cpu_ratio <= page.most if size.products == JUDGED else None,
        reference=page.reference if size.products == JUDGED else "",
        notes=(
            f"Pages and calls: the server's CPU time a request (and the time until the answer is there), medians of "
            f"{beside.rounds} rounds in each of which hello and every page had its turn, over one connection, warm; "
            "statements are all that reach PostgreSQL, BEGIN and COMMIT included; kB are before compression.",
        ),
    )
