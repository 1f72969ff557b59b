"""What a browser loads the first time it opens the board: requests and bytes, until it can be read and in all."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.generator import QUICK, Size
from bench.sites import Bench, Site
from bench.table import Row

SIZE = Size(1_000)
MOST_KB, MOST_REQUESTS = 300, 12
LATER = "plotly"  # in the address of what may come after the page can be read


@dataclass(frozen=True)
class Loaded:
    """One thing that was loaded: its address, its bytes on the wire, and when it was asked for, in seconds."""

    address: str
    size: float
    asked: float

    @property
    def name(self) -> str:
        """What it is called on the server; the page itself has no name."""
        return urlsplit(self.address).path.rpartition("/")[2] or "the page"


def rows(bench: Bench) -> Iterator[Row]:
    """Open the board of 1,000 products in Chromium with nothing in its cache."""
    what, goal = "first load of the board in a browser", f"at most {MOST_KB} kB compressed, {MOST_REQUESTS} requests"
    size = QUICK if bench.is_quick else SIZE
    missing = what_is_missing()
    if missing:
        yield Row(what, f"{size.products:,} products", f"not measured: {missing}", goal=goal)
        return
    site = bench.site(size)
    site.roll_up()
    bench.say("the board in a browser")
    with site.served() as server:
        loaded, readable = open_board(site, f"http://localhost:{server.port}/")
    first = [each for each in loaded if not (LATER in each.address and each.asked >= readable)]
    later = [each for each in loaded if each not in first]
    kb = sum(each.size for each in first) / 1000
    heaviest = sorted(first, key=lambda each: -each.size)[:3]
    of_it = ", ".join(f"{each.name} {each.size / 1000:,.0f} kB" for each in heaviest)
    yield Row(
        what=what,
        size=f"{size.products:,} products",
        measured=f"{kb:,.0f} kB in {len(first)} requests ({of_it}), readable after {readable * 1e3:,.0f} ms; then "
        + (f"Plotly, {sum(each.size for each in later) / 1000:,.0f} kB" if later else "nothing"),
        goal=goal,
        is_met=None if bench.is_quick else kb <= MOST_KB and len(first) <= MOST_REQUESTS,
        notes=(
            "First load: bytes on the wire, headers included, as Chromium counts them, with an empty cache; static "
            "files are collected and compressed as in production. It can be read when its HTML is parsed and the "
            "first text is painted.",
        ),
    )


def what_is_missing() -> str:
    """Return why there is no browser to measure with; nothing where there is one."""
    try:
        from scripts.browser import find_chromium

        find_chromium()
    except ImportError:
        return "Playwright is not installed (`make .venv/e2e.stamp` does)"
    except FileNotFoundError as error:
        return str(error)
    return ""


def open_board(site: Site, address: str) -> tuple[list[Loaded], float]:
    """Return all that was loaded until the page had been still for a second, and when the first text was there."""
    from scripts.browser import chromium

    asked: dict[str, tuple[str, float]] = {}
    sizes: dict[str, float] = {}
    with chromium() as browser:
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": site.keys.cookie, "url": address}])
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.on(
            "Network.requestWillBeSent",
            lambda sent: asked.update({sent["requestId"]: (sent["request"]["url"], sent["timestamp"])}),
        )
        wire.on("Network.loadingFinished", lambda got: sizes.update({got["requestId"]: got["encodedDataLength"]}))
        wire.send("Network.enable")
        page.goto(address, wait_until="load")
        page.wait_for_timeout(2_000)
        paint, parsed = page.evaluate(
            "[performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,"
            " performance.getEntriesByType('navigation')[0].domContentLoadedEventStart]"
        )
    begun = min(moment for _, moment in asked.values())
    loaded = [Loaded(url, sizes.get(key, 0), moment - begun) for key, (url, moment) in asked.items()]
    return [each for each in loaded if not each.address.startswith("data:")], max(paint, parsed) / 1000
