"""Pages that stay open: they follow what others record, and nothing moves under the reader."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

LEDGER = "/funding/ledger/?product={product}&sort=-starts"


def correct_a_cost(page: Page, amount: str, product: str = "paye") -> None:
    """Correct the latest ledger entry of a product."""
    page.goto(LEDGER.format(product=product))
    page.locator("table tbody th a").first.click()
    page.get_by_role("link", name="Correct").first.click()
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Reason").fill("To see open pages follow")
    page.locator("main form button[type=submit], main form button.primary").first.click()
    expect(page.locator(".message").first).to_contain_text("corrected")


def test_an_open_board_follows_a_correction_and_nothing_moves_under_the_reader(signed_in: Callable[..., Page]):
    board = signed_in("leader")
    board.goto("/")
    before = board.locator("h1").inner_text()
    details = board.locator("figure.chart details").first
    details.locator("summary").click()
    search = board.get_by_role("searchbox", name="Search")
    search.press_sequentially("half a wo")
    board.evaluate("document.querySelector('#table tbody tr:nth-child(30)').scrollIntoView({block: 'start'})")
    board.evaluate("getSelection().selectAllChildren(document.querySelector('#table tbody tr:nth-child(33) th a'))")
    search.evaluate("box => box.focus({preventScroll: true})")
    row = board.locator("#table tbody tr:nth-child(32) th a")
    address = row.get_attribute("href")
    top = row.evaluate("link => link.getBoundingClientRect().top")

    correct_a_cost(signed_in("finance"), "900000000.00")

    expect(board.locator("h1")).not_to_have_text(before, timeout=15_000)
    expect(board.locator("#live-said")).to_contain_text("brought up to date")
    assert search.evaluate("box => box === document.activeElement && box.value") == "half a wo"
    assert details.get_attribute("open") is not None
    moved = board.locator(f"#table th a[href='{address}']").evaluate("link => link.getBoundingClientRect().top") - top
    assert abs(moved) < 3, f"The row under the reader moved by {moved} px."


def test_a_selection_stays_where_it_is(signed_in: Callable[..., Page]):
    board = signed_in("leader")
    board.goto("/")
    before = board.locator("h1").inner_text()
    board.evaluate("getSelection().selectAllChildren(document.querySelector('#table tbody tr:nth-child(33) th a'))")
    selected = board.evaluate("getSelection().toString()")
    link = board.locator("#table tbody tr:nth-child(32) th a")
    link.evaluate("link => link.focus({preventScroll: true})")
    focused = link.inner_text()

    correct_a_cost(signed_in("finance"), "400000000.00")

    expect(board.locator("h1")).not_to_have_text(before, timeout=15_000)
    assert selected
    assert board.evaluate("getSelection().toString()") == selected
    assert board.evaluate("document.activeElement.textContent") == focused


def test_an_open_product_and_its_month_follow_too(signed_in: Callable[..., Page]):
    product, month, network = signed_in("leader"), signed_in("owner"), signed_in("partner")
    product.goto("/product/paye/")
    month.goto("/product/paye/2017-03/")
    network.goto("/network/of/paye/")
    shown = {page: page.locator("main").inner_text() for page in (product, month, network)}

    correct_a_cost(signed_in("finance"), "54321.00")

    for page, text in shown.items():
        expect(page.locator("main")).not_to_have_text(text, timeout=15_000)
        expect(page.locator("#live-said")).to_contain_text("brought up to date")


def test_a_board_of_the_past_never_changes(signed_in: Callable[..., Page]):
    past, now = signed_in("leader"), signed_in("owner")
    past.goto(f"/?known={past.evaluate('new Date().toISOString()')}")
    now.goto("/")
    before, headline = past.locator("main").inner_text(), now.locator("h1").inner_text()

    correct_a_cost(signed_in("finance"), "700000000.00")

    expect(now.locator("h1")).not_to_have_text(headline, timeout=15_000)
    assert past.locator("main").inner_text() == before
    expect(past.locator("#live-said")).to_be_empty()


def test_a_page_without_a_stream_asks_instead(signed_in: Callable[..., Page], complaints):
    complaints.expect("status of 502")
    board = signed_in("leader")
    board.route(re.compile("/live/$"), lambda route: route.fulfill(status=502))
    board.goto("/")
    before = board.locator("h1").inner_text()

    correct_a_cost(signed_in("finance"), "1200000000.00")

    expect(board.locator("h1")).not_to_have_text(before, timeout=20_000)
