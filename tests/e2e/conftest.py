"""A demo of its own, a browser, and a page that fails its test when the browser complains.

The page runs under the strict content security policy of production: wait with `wait_for_selector`
or `expect`, not with `wait_for_function`, which needs eval.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from scripts.browser import chromium
from scripts.screenshots import sign_in
from scripts.serving import demo_server

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demo, without a slash at its end."""
    with demo_server(Path(tmp_path_factory.mktemp("demo"))) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium() as browser:
        yield browser


class Complaints(list[str]):
    """What the browser complained of: errors in the console, refusals of the CSP, exceptions."""

    def __init__(self) -> None:
        super().__init__()
        self.expected: list[str] = []

    def expect(self, pattern: str) -> None:
        """Let complaints that match `pattern` pass: a test that asks for a 404 knows what it does."""
        self.expected.append(pattern)

    def unexpected(self) -> list[str]:
        """Return the complaints that no pattern lets pass."""
        return [text for text in self if not any(re.search(pattern, text) for pattern in self.expected)]


@pytest.fixture
def complaints() -> Complaints:
    """What the browser complained of in this test so far."""
    return Complaints()


@pytest.fixture
def new_page(browser: Browser, address: str, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Open a page in a context of its own; keywords go to Playwright's `new_context`."""
    contexts: list[BrowserContext] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def open_page(**options) -> Page:
        context = browser.new_context(base_url=address, locale="en-GB", reduced_motion="reduce", **options)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints.unexpected(), "The browser complained:\n" + "\n".join(complaints.unexpected())


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of nobody, who is not signed in."""
    return new_page()


@pytest.fixture
def signed_in(new_page: Callable[..., Page], address: str) -> Callable[..., Page]:
    """Open a page of someone: `signed_in("leader")`, `owner`, `partner`, `finance` or `lead`."""

    def open_page(username: str = "leader", **options) -> Page:
        page = new_page(**options)
        sign_in(page, address, username)
        return page

    return open_page


@pytest.fixture(scope="session")
def check_accessible() -> Callable[[Page], None]:
    """Check a page against WCAG 2.2 AA with axe; a violation names its rule and the elements."""
    axe = Axe()

    def check(page: Page) -> None:
        found = axe.run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]}).response["violations"]
        told = [
            f"{violation['id']} ({violation['impact']}): {violation['help']}\n"
            + "\n".join(f"    {node['html']}" for node in violation["nodes"][:5])
            for violation in found
        ]
        assert not told, f"{page.url} is not accessible:\n" + "\n".join(told)

    return check
