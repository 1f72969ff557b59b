"""Two owners of a roadmap at its board: begun and filled by its forms, moved by keys and by hand, and one is late."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def add(page: Page, name: str, horizon: str) -> None:
    page.goto("/roadmaps/items/add/?roadmap=walked")
    page.get_by_label("Name*").fill(name)
    page.get_by_label("Code*").fill(name.lower())
    page.get_by_label("Horizon*").select_option(horizon)
    page.get_by_label("Reason for no customer metric").fill("The contract asks for it.")
    page.get_by_label("Effort at least*").fill("4")
    page.get_by_label("Effort at most*").fill("8")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("h1")).to_have_text(name)


def order(page: Page) -> list[list[str]]:
    """Return the codes of the cards, column by column."""
    return page.evaluate(
        "[...document.querySelectorAll('.board-column')]"
        ".map((column) => [...column.querySelectorAll('.card')].map((card) => card.dataset.code))"
    )


def said(page: Page, pattern: str) -> None:
    """Wait until the page has told those who listen."""
    expect(page.locator("#board-said")).to_contain_text(re.compile(pattern))


def test_items_are_moved_by_keys_and_by_hand_and_the_servers_answer_counts(
    signed_in: Callable[..., Page], check_accessible, complaints
):
    complaints.expect("status of 409")
    page = signed_in("leader", viewport={"width": 1280, "height": 1100})
    page.goto("/roadmaps/add/?product=vehicle-tax")
    page.get_by_label("Name*").fill("Walked")
    page.get_by_label("Code*").fill("walked")
    page.get_by_label("Business partners*").select_option(label="Nasrin Holloway-Quist (partner)")
    page.get_by_label("Technology owners*").select_option(label="Ruairi Castellan-Ito (owner)")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("main")).to_contain_text("Nothing is on this roadmap yet")
    for name, horizon in (("One", "now"), ("Two", "now"), ("Three", "next")):
        add(page, name, horizon)
    page.goto("/roadmaps/walked/")
    check_accessible(page)

    # By keys: taken and left, then taken, moved on to the next column and put down.
    page.get_by_role("button", name="Move One").focus()
    for key, words in (
        ("Space", "One is taken. Now, 1 of 2"),
        ("ArrowDown", "Now, 2 of 2"),
        ("Escape", "One is left in Now, 1 of 2"),
        ("Enter", "One is taken"),
        ("ArrowRight", "Next, 1 of 2"),
        ("Enter", "One is now 1 of 2 in Next"),
    ):
        page.keyboard.press(key)
        said(page, words)
    expect(page.get_by_role("button", name="Move One")).to_be_focused()
    assert order(page) == [["two"], ["one", "three"], []]

    # By hand, to the end of a column and into an empty one.
    page.get_by_role("button", name="Move Two").hover()
    page.mouse.down()
    page.locator("[data-horizon=later] .cards").hover()
    page.mouse.up()
    said(page, "Two is now 1 of 1 in Later")
    assert order(page) == [[], ["one", "three"], ["two"]]

    # Somebody else was quicker: what they did stands, and the board shows it.
    other = page.context.new_page()
    other.goto("/roadmaps/items/two/drop/")
    other.get_by_label("Why*").fill("Nobody wants it.")
    other.get_by_role("button", name="Drop it").click()
    expect(other.locator(".message").first).to_contain_text("is dropped")
    page.get_by_role("button", name="Move Two").focus()
    for key in ("Space", "ArrowLeft", "Space"):
        page.keyboard.press(key)
    expect(page.locator("#board .message")).to_contain_text("it is over")
    assert order(page) == [[], ["one", "three"], []]
