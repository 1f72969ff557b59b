"""From a customer's phone to the product: the public form, the inbox, and what was said kept as an insight."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

WORDS = "I found a day at once, on the bus."


def test_what_somebody_without_an_account_says_reaches_the_product(
    new_page: Callable[..., Page], signed_in: Callable[..., Page]
):
    phone = new_page(viewport={"width": 390, "height": 844}, has_touch=True)
    phone.goto("/feedback/driving-test-bookings/")
    phone.get_by_role("radio", name="5, very satisfied").check()
    phone.get_by_role("radio", name="Yes").check()
    phone.get_by_label("What should we know?").fill(WORDS)
    phone.get_by_label("You may quote my words").check()
    phone.wait_for_timeout(4_000)  # whoever sends a form sooner than anybody reads it is taken for a machine
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Thank")
    assert not phone.context.cookies() or all("session" not in cookie["name"] for cookie in phone.context.cookies())

    owner = signed_in("leader")
    owner.goto("/products/feedback/")
    owner.get_by_role("row").filter(has_text=WORDS).get_by_role("link").first.click()
    owner.get_by_role("link", name="Keep as an insight").click()
    expect(owner.get_by_label("What they said")).to_have_value(WORDS)
    owner.get_by_role("button", name="Keep").click()
    expect(owner.get_by_text("It is kept as an insight.")).to_be_visible()
    owner.goto("/product/driving-test-bookings/")
    expect(owner.get_by_text(WORDS).first).to_be_visible()
