"""A hundred people browse and ten feeds write, for ten minutes on whatever machine this is: nothing fails.

How long pages took is printed by kind, and held against nothing: `bench/` measures, on a machine of its own.
"""

import asyncio
import time
from collections import defaultdict
from random import Random

import pytest

from tests.faults.conftest import Stage, scaled
from tests.faults.servers import wait_for

PEOPLE, FEEDS = 100, 10
THINKS = 5.0, 35.0  # seconds for which somebody looks at a page
PAGES = {
    "board": ["/", "/?window=quarter", "/?window=fy"],
    "board, any months": ["/?from=2026-01&to=2026-03", "/?from=2026-02&to=2026-05"],
    "product": ["/product/p1/", "/product/p7/", "/product/p50/", "/product/p150/"],
    "product's month": ["/product/p3/2026-03/", "/product/p60/2026-05/"],
    "network": ["/network/", "/network/of/p2/"],
    "list": [
        "/products/",
        "/funding/ledger/",
        "/metrics/observations/",
        "/teams/",
        "/runs/",
        "/funding/ledger/?search=w1",
    ],
    "API": ["/api/v1/standings/", "/api/v1/ledger-entries/?page_size=100", "/api/v1/standings/summary/"],
}


class Crowd:
    """People with a browser each: it listens for news, while they go from page to page."""

    def __init__(self, site: Stage, chance: Random, until: float):
        self.site, self.chance, self.until = site, chance, until
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.failures: list[str] = []
        self.news = 0

    async def browse(self) -> None:
        people = [self.person(Random(self.chance.random())) for _ in range(PEOPLE)]
        await asyncio.gather(*people)

    async def person(self, chance: Random) -> None:
        listening = asyncio.create_task(self.listen())
        await self.think(chance.uniform(0, THINKS[1]))  # they do not all come at once
        while time.monotonic() < self.until:
            kind = chance.choice(list(PAGES))
            path = chance.choice(PAGES[kind])
            begun = time.monotonic()
            try:
                status = await asyncio.wait_for(self.get(path), 60)
            except (OSError, TimeoutError, ValueError, IndexError) as error:
                status = f"{type(error).__name__} {error}"
            self.seconds[kind].append(time.monotonic() - begun)
            if status != "200":
                self.failures.append(f"{path}: {status}")
            await self.think(chance.uniform(*THINKS))
        listening.cancel()

    async def think(self, seconds: float) -> None:
        """Look at the page, but no longer than until everybody leaves."""
        await asyncio.sleep(min(seconds, max(0.0, self.until - time.monotonic())))

    async def open(self, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.site.port)
        signed_in = "".join(f"{name}: {value}\r\n" for name, value in self.site.signed_in.items())
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{signed_in}\r\n".encode())
        return reader, writer

    async def get(self, path: str) -> str:
        reader, writer = await self.open(path)
        try:
            answer = await reader.read(-1)
        finally:
            writer.close()
        return answer.split(b" ", 2)[1].decode()

    async def listen(self) -> None:
        while True:
            reader, writer = await self.open("/live/")
            try:
                while line := await reader.readline():
                    self.news += line.startswith(b"data:")
            finally:
                writer.close()


def percentile(seconds: list[float], part: float) -> float:
    return sorted(seconds)[int(part * (len(seconds) - 1))]


@pytest.mark.alone
def test_a_hundred_people_and_ten_feeds_are_all_served(site: Stage, chance: Random):
    site.started[0].kill()
    site.start_web(processes=2)
    site.start_worker()
    site.start_beat()
    site.verdict("crowd")
    site.come_to_rest()
    duration = scaled(600, least=30) if scaled(10) == 10 else 30
    with site.writing(writers=FEEDS, pause=1.0) as stream:
        crowd = Crowd(site, chance, time.monotonic() + duration)
        asyncio.run(crowd.browse())
        wait_for("A write of each feed", lambda: stream.count >= FEEDS)
        notebook = stream.finish()
    print(f"\n{duration} s, {PEOPLE} people, {FEEDS} feeds: {stream.count} rows, slowest {notebook.slowest:.2f} s;")
    print(f"{crowd.news} pieces of news heard. Seconds from asking to the last byte:")
    for kind, seconds in sorted(crowd.seconds.items()):
        figures = "  ".join(f"p{part} {percentile(seconds, part / 100):6.3f}" for part in (50, 95, 99))
        print(f"  {kind:20} {len(seconds):6} pages  {figures}  longest {max(seconds):6.3f}")
    assert not crowd.failures, f"{len(crowd.failures)}:\n" + "\n".join(crowd.failures[:20])
    assert not notebook.failures, "\n".join(notebook.failures[:10])
    site.come_to_rest()
    site.check(notebook)
