"""A leader moves more than a twentieth of the money, from the board to an applied decision, by what the pages say."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from scripts.screenshots import sign_in
from scripts.serving import demo_server


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo whose money may be moved."""
    with demo_server(Path(tmp_path_factory.mktemp("decide"))) as address:
        yield address


def pounds(text: str) -> float:
    """Return an amount such as £1,234.56."""
    return float(text.strip().removeprefix("£").replace(",", ""))


def test_from_the_board_to_an_applied_decision(
    new_page: Callable[..., Page], own: str, check_accessible: Callable[[Page], None]
):
    leader = new_page()
    sign_in(leader, own)
    leader.get_by_role("link", name="where the next one should go").click()
    leader.get_by_role("link", name="Begin a scenario").click()
    leader.get_by_label("Name").fill("A twentieth to where it returns more")
    leader.locator("main form button[type=submit]").first.click()
    leader.get_by_role("link", name="Suggest", exact=True).click()
    check_accessible(leader)
    leader.get_by_role("button", name="Take it").click()
    expect(leader.locator("#effects")).to_contain_text("All of the budget is given")
    leader.get_by_role("link", name="Propose", exact=True).click()
    leader.get_by_label("Title").fill("A twentieth to where it returns more")
    leader.get_by_label("Why").fill("The next pound returns more there, under every rule that we have.")
    leader.locator("main form button[type=submit]").first.click()
    expect(leader.locator("main .intro").first).to_contain_text("finance partner")
    expect(leader.get_by_role("link", name="Apply", exact=True)).to_have_count(0)
    check_accessible(leader)
    decision = leader.url

    finance = new_page()
    sign_in(finance, own, "finance")
    finance.goto(decision)
    finance.get_by_role("link", name="Approve", exact=True).click()
    finance.locator("main form button[type=submit]").first.click()

    leader.goto(decision)
    leader.get_by_role("link", name="Apply", exact=True).click()
    leader.locator("main form button[type=submit]").first.click()
    expect(leader.locator("main .intro").first).to_contain_text("In force from")
    rows = leader.get_by_role("region", name="What changes").locator("tbody tr:has(td.n)")
    amounts = [
        tuple(pounds(text) for text in rows.nth(place).locator("td.n").all_inner_texts()[:2])
        for place in range(rows.count())
    ]
    assert sum(before - after for before, after in amounts if after < before) > 0.05 * 92_000_000
    assert sum(after for _, after in amounts) == pytest.approx(sum(before for before, _ in amounts), abs=0.01)
    check_accessible(leader)
