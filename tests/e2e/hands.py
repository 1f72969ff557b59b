"""How a visitor uses a page: with the keyboard alone, or with a mouse."""

import re

from playwright.sync_api import Page, expect


def focused(page: Page) -> str:
    """Return what the focused element is called."""
    return page.evaluate(
        "(document.activeElement.getAttribute('aria-label') || document.activeElement.labels?.[0]?.textContent"
        " || document.activeElement.textContent || '').replace(/\\s+/g, ' ').trim()"
    )


def tab_to(page: Page, pattern: str, most: int = 400) -> None:
    """Press Tab until something called like `pattern` has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if re.search(pattern, focused(page)):
            return
    raise AssertionError(f"Nothing called {pattern!r} came into focus; the last was {focused(page)!r}.")


class Keyboard:
    """Somebody who has Tab, Enter, Space and letters, and no mouse."""

    window = {"width": 1280, "height": 900}

    def __init__(self, page: Page):
        self.page = page

    def go(self, name: str) -> None:
        """Follow the next link, or press the next button, that is called like `name`."""
        tab_to(self.page, name)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def fill(self, label: str, text: str) -> None:
        """Write into a box; what a one-line box holds is selected when Tab comes to it, and written over."""
        tab_to(self.page, label)
        self.page.keyboard.type(text)

    def tick(self, label: str) -> None:
        """Tick a box."""
        tab_to(self.page, label)
        self.page.keyboard.press("Space")


class Mouse:
    """Somebody who points, on a phone's small window."""

    window = {"width": 390, "height": 844}

    def __init__(self, page: Page):
        self.page = page

    def go(self, name: str) -> None:
        """Follow the first link, or press the first button, that is called like `name`."""
        called = re.compile(name)
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=called).or_(self.page.get_by_role("button", name=called)).first.click()

    def fill(self, label: str, text: str) -> None:
        """Write into a box, over what it holds."""
        self.page.get_by_label(re.compile(label)).fill(text)

    def tick(self, label: str) -> None:
        """Tick a box."""
        box = self.page.get_by_role("checkbox", name=re.compile(label))
        box.click()
        expect(box).to_be_checked()
