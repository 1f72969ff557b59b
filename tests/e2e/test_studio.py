"""A leader splits money anew, with the keyboard alone: at a thousand products, and on the demonstration's figures."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts import serving
from scripts.screenshots import sign_in
from tests.e2e.hands import focused, tab_to

PATIENT = 60_000  # ms: the machine may be busy, and no time is asserted


def make_large(folder: Path) -> None:
    """Make a database of a thousand products in `folder`."""
    environment = serving.environment(folder) | {"DJANGO_SETTINGS_MODULE": "portfolio.config.settings"}
    code = "from tests.e2e.large import make_large; make_large()"
    for command in (["migrate", "--noinput", "--verbosity", "0"], ["shell", "--verbosity", "0", "-c", code]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=serving.ROOT, env=environment, check=True)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a thousand products."""
    with serving.demo_server(Path(tmp_path_factory.mktemp("large")), make=make_large) as address:
        yield address


def said(page: Page, pattern: str) -> None:
    """Wait until the page has told those who listen."""
    expect(page.locator("#studio-said")).to_contain_text(re.compile(pattern), timeout=PATIENT)


def test_a_thousand_products_are_split_with_the_keyboard_alone(new_page: Callable[..., Page], large: str, complaints):
    complaints.expect("status of 400")
    page = new_page(viewport={"width": 1360, "height": 900})
    sign_in(page, large)
    page.goto(f"{large}/rebalance/")
    page.locator("h1").wait_for()

    tab_to(page, "^Begin a scenario$")
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_name")
    while page.evaluate("document.activeElement.id") != "id_name":
        page.keyboard.press("Tab")
    page.keyboard.type("With the keyboard alone")
    page.keyboard.press("Enter")
    page.wait_for_selector("#studio")
    assert page.locator("tr[data-line]").count() == 1_000

    # Type an amount, go down, type a change; both are kept as they are made.
    tab_to(page, "^Amount a month in GBP, Product 0000")
    page.keyboard.press("Control+A")
    page.keyboard.type("250k")
    page.keyboard.press("Enter")
    said(page, "Saved. Product 0000, from Payer 0: 250,000.00")
    assert focused(page).startswith("Amount a month in GBP, Product 0020")
    page.keyboard.type("-10%")
    page.keyboard.press("ArrowDown")
    said(page, "Saved. Product 0020")
    page.keyboard.press("ArrowUp")
    assert focused(page).startswith("Amount a month in GBP, Product 0020")
    expect(page.locator(".verdict")).not_to_contain_text("Nothing is moved", timeout=PATIENT)
    expect(page.locator(".left strong")).to_contain_text("a month", timeout=PATIENT)

    # Lock it, and slide another.
    tab_to(page, "^Lock Product 0020", most=5)
    page.keyboard.press("Space")
    said(page, "Product 0020.*locked")
    tab_to(page, "^Slide Product 0040", most=10)
    before = page.evaluate("document.activeElement.value")
    page.keyboard.press("ArrowRight")
    said(page, "Saved. Product 0040")
    assert page.evaluate("document.activeElement.value") != before

    # Undo and redo, without leaving the table.
    page.keyboard.press("Control+z")
    said(page, "Undone")
    assert page.evaluate("Number(document.activeElement.value)") == pytest.approx(float(before), rel=0.05)
    page.keyboard.press("Control+Shift+Z")
    said(page, "Redone")
    page.keyboard.press("Control+z")
    said(page, "Undone")

    # A slip is told beside its box, and Escape puts back what was there.
    page.reload()
    tab_to(page, "^Amount a month in GBP, Product 0000")
    page.keyboard.press("Control+A")
    page.keyboard.type("plenty")
    page.keyboard.press("Enter")
    said(page, "Not saved.*is not an amount")
    expect(page.locator("tr.wrong")).to_have_count(1)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    expect(page.locator("tr.wrong")).to_have_count(0)

    # The best split, to take.
    page.goto(page.url)
    tab_to(page, "^Suggest$")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=What the rules cost", timeout=PATIENT)
    tab_to(page, "^Take it$")
    page.keyboard.press("Enter")
    page.wait_for_selector("#studio", timeout=PATIENT)
    expect(page.locator(".left strong")).to_contain_text("All of the budget is given", timeout=PATIENT)
    expect(page.locator(".verdict")).to_contain_text("more than leaving it as it is")
    locked = page.get_by_label(re.compile("^Lock Product 0020"))
    expect(locked).to_be_checked()

    # And undone as one step.
    tab_to(page, "^Undo$")
    page.keyboard.press("Enter")
    said(page, "Undone")
    expect(page.get_by_label(re.compile("^Amount a month in GBP, Product 0000"))).to_have_value("250,000.00")


def test_two_people_do_not_overwrite_each_other(signed_in: Callable[..., Page], complaints):
    complaints.expect("status of 412")
    leader, finance = signed_in("leader"), signed_in("finance")
    leader.goto("/rebalance/add/")
    leader.fill("#id_name", "Of two")
    leader.get_by_role("button", name="Begin").click()
    leader.wait_for_selector("#studio")
    finance.goto(leader.url)

    def give(page: Page, product: str, amount: str) -> None:
        box = page.get_by_label(re.compile(f"^Amount a month in GBP, {product}")).first
        box.fill(amount)
        box.press("Enter")

    give(leader, "Vehicle tax renewals", "3.4m")
    said(leader, "Saved. Vehicle tax renewals")
    # Something else: made on top, and the other's is told and shown.
    give(finance, "Self Assessment", "3.5m")
    said(finance, "changed Vehicle tax renewals.* to 3400000.00")
    box = finance.get_by_label(re.compile("^Amount a month in GBP, Vehicle tax renewals")).first
    expect(box).to_have_value("3,400,000.00")
    # The same: refused, with both values side by side, until one of them is chosen.
    give(leader, "Self Assessment", "3.6m")
    said(leader, "changed by somebody else meanwhile")
    row = leader.locator("tr.wrong")
    expect(row).to_contain_text("made it 3500000.00 meanwhile; yours is 3600000.00")
    row.locator("input[type=text]").press("Enter")
    said(leader, "Saved. Self Assessment")
    leader.reload()
    box = leader.get_by_label(re.compile("^Amount a month in GBP, Self Assessment")).first
    expect(box).to_have_value("3,600,000.00")


def test_the_studio_works_without_javascript(signed_in: Callable[..., Page]):
    page = signed_in("leader", java_script_enabled=False)
    page.goto("/rebalance/add/")
    page.fill("#id_name", "By form")
    page.get_by_role("button", name="Begin").click()
    box = page.get_by_label(re.compile("^Amount a month in GBP, Vehicle tax renewals")).first
    box.fill("+5%")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messages")).to_contain_text("Saved.")
    expect(page.locator(".verdict")).to_contain_text("of value a month")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".verdict")).to_contain_text("Nothing is moved")


@pytest.mark.parametrize("path", ["/rebalance/", "/rebalance/1/", "/rebalance/1/suggest/", "/rebalance/1/steps/"])
def test_its_pages_are_accessible_and_fit_a_phone(
    signed_in: Callable[..., Page], check_accessible: Callable[[Page], None], path: str
):
    for scheme, width in (("light", 1360), ("dark", 360)):
        page = signed_in("leader", color_scheme=scheme, viewport={"width": width, "height": 800})
        page.goto(path)
        page.wait_for_selector("main h1")
        check_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
