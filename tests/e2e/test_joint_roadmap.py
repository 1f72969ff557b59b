"""Both sides of a joint roadmap: changed, declined with a reason, changed again, signed by both, and reviewed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.hands import Keyboard, Mouse

ITEM = "Take a vehicle off the road in the same visit"
ROADMAP = "/roadmaps/driving-online/"
DAY = "2017-03-31"  # the demonstration's
REASON = "Show where the forms come from first."


def change_promise(owner: Keyboard | Mouse, most: str) -> None:
    """Go from the agreement to the item, promise another figure, and freeze the roadmap again."""
    owner.go(f"^{ITEM}$")
    owner.go("^Change$")
    owner.fill("^To at most", most)
    owner.fill("^Why", f"{most} a month is what the pilot shows.")
    owner.go("^Save$")
    expect(owner.page.locator("main .intro").first).to_contain_text(f"{int(most):,}")
    owner.go("^Driving, wholly online$")
    owner.go("^Agreement$")
    owner.go("^Take a baseline$")
    owner.fill("^Name", f"With {most}")
    owner.go("^Take the baseline$")
    expect(owner.page.locator(".message").first).to_contain_text("is taken")


@pytest.mark.parametrize(("hand", "first", "second"), [(Keyboard, "345000", "335000"), (Mouse, "342000", "338000")])
def test_two_sides_agree_on_what_changed_and_review_it(
    signed_in: Callable[..., Page],
    check_accessible: Callable[[Page], None],
    complaints,
    hand: type[Keyboard] | type[Mouse],
    first: str,
    second: str,
):
    owner, partner = (hand(signed_in(name, viewport=hand.window)) for name in ("owner", "partner"))

    def fits(page: Page) -> None:
        check_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= hand.window["width"], page.url

    # The owner promises another figure, and puts it to the partner.
    owner.page.goto(ROADMAP)
    fits(owner.page)
    owner.go("^Agreement$")
    change_promise(owner, first)
    fits(owner.page)

    # The partner sees what it is worth, and declines it with a reason.
    partner.page.goto("/roadmaps/")
    partner.go("^Mine$")
    fits(partner.page)
    partner.go("^All that changed since you signed")
    changed = partner.page.locator("#item-sorn-in-the-same-visit")
    expect(changed).to_contain_text(f"{int(first):,}")
    expect(changed).to_contain_text(re.compile(r"Its promise is .*£[\d.,]+"))
    fits(partner.page)
    partner.go("^Agreement$")
    partner.go("^Decline with a reason$")
    partner.fill("^Why not", REASON)
    partner.tick(f"^{ITEM}")
    fits(partner.page)
    partner.go("^Decline$")

    # The owner reads why, changes it, and both sign.
    owner.page.goto(f"{ROADMAP}agreement/")
    row = owner.page.get_by_role("region", name="Agreement").get_by_role("row", name=ITEM)
    expect(row).to_contain_text(REASON)
    fits(owner.page)
    change_promise(owner, second)
    for member in (partner, owner):
        member.page.goto(f"{ROADMAP}agreement/")
        member.go("^Sign$")
        expect(member.page.locator(".message").first).to_contain_text("You have signed")
    expect(row.locator("td .tag")).to_have_text(["signed", "signed"])
    expect(owner.page.locator("main")).to_contain_text("Both sides have signed all that is to be done.")
    fits(owner.page)

    # The day's review, made up with the demonstration, was never held; this one is.
    owner.page.goto(f"{ROADMAP}review/")
    fits(owner.page)
    owner.go("^31 Mar")
    owner.go("^Retract$")
    owner.fill("^Reason", "It was made up.")
    owner.go("^Retract$")
    owner.page.goto(f"{ROADMAP}review/")
    owner.go("^Record a review$")
    owner.fill("^Present", "Both sides")
    owner.fill("^Minutes", f"We agreed on {second}.")
    owner.fill("^Decisions", f"Look at the forms again | owner | {DAY}")
    owner.go("^Record$")
    main = owner.page.locator("main")
    expect(main).to_contain_text(f"We agreed on {second}.")
    expect(owner.page.get_by_role("region", name="Decisions")).to_contain_text("Look at the forms again")
    expect(owner.page.get_by_role("heading", name="The agenda as it was")).to_be_visible()
    expect(main).to_contain_text(f"With {second}")
    fits(owner.page)
