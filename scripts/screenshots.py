"""Take the pictures of docs/images from the demo: `make screenshots`, or `python -m scripts.screenshots board`."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from scripts.browser import chromium
from scripts.serving import ROOT, demo_server

IMAGES = ROOT / "docs" / "images"
WIDE = {"width": 1360, "height": 1000}
NARROW = {"width": 390, "height": 844}
# name of the picture: address, size of the window, light or dark
PICTURES = {
    "board": ("/", WIDE, "light"),
    "board-dark": ("/", WIDE, "dark"),
    "board-narrow": ("/", NARROW, "light"),
    "product": ("/product/vehicle-tax/", WIDE, "light"),
    "product-dark": ("/product/vehicle-tax/", WIDE, "dark"),
    "product-narrow": ("/product/vehicle-tax/", NARROW, "light"),
    "network": ("/network/", WIDE, "light"),
    "network-dark": ("/network/", WIDE, "dark"),
    "funding": ("/funding/overview/", WIDE, "light"),
    "studio": ("/rebalance/1/", WIDE, "light"),
    "decision": ("/rebalance/decisions/1/", WIDE, "light"),
    "roadmap": ("/roadmaps/driving-online/", WIDE, "light"),
    "timeline": ("/roadmaps/driving-online/timeline/", WIDE, "light"),
    "service": ("/services/card-payments/", WIDE, "light"),
    "journey": ("/services/journeys/tax-your-vehicle/", WIDE, "light"),
    "split": ("/network/teams/platform-engineering/split/", WIDE, "light"),
    "difference": ("/roadmaps/driving-online/difference/?from=1", WIDE, "light"),
}


def sign_in(page: Page, address: str, username: str = "leader") -> None:
    """Sign in to the demo as a visitor does: `leader`, `owner`, `partner`, `finance` or `lead`."""
    page.goto(f"{address}/demo/")
    page.locator(f'main button[value="{username}"]').click()
    page.wait_for_selector("main h1")


def settle(page: Page) -> None:
    """Wait until every chart of the page is drawn and every typeface is there."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => true)")


def main(names: list[str]) -> int:
    """Take the named pictures, or all of them."""
    unknown = sorted(set(names) - set(PICTURES))
    if unknown:
        print(f"No picture is called {', '.join(unknown)}. There are: {', '.join(PICTURES)}.", file=sys.stderr)
        return 2
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demo_server(Path(folder)) as address, chromium() as browser:
        for name in names or PICTURES:
            path, size, scheme = PICTURES[name]
            context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce", locale="en-GB")
            page = context.new_page()
            sign_in(page, address)
            answer = page.goto(address + path)
            if answer is None or not answer.ok:
                print(f"{path} answered {answer and answer.status}; no picture taken.", file=sys.stderr)
                return 1
            settle(page)
            page.screenshot(path=IMAGES / f"{name}.png")
            print(f"docs/images/{name}.png")
            context.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
