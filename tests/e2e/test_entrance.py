"""The door: what someone sees who is not signed in."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1360, 360])
def test_the_door_is_accessible(new_page: Callable[..., Page], check_accessible, scheme: str, width: int):
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto("/demo/")
    check_accessible(page)
    # Nothing is wider than the screen.
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_page_leads_to_the_door_first(page: Page):
    page.goto("/network/")
    assert page.url.endswith("?next=/network/")


@pytest.mark.parametrize("username", ["leader", "owner", "partner", "finance", "lead"])
def test_one_click_signs_a_visitor_in_as_each_of_the_five(signed_in: Callable[..., Page], username: str):
    page = signed_in(username)
    assert page.url.rstrip("/").count("/") == 2  # the board is the site's first page


def test_an_unknown_address_is_a_404_at_the_door_too(page: Page, complaints):
    complaints.expect("status of 404")
    answer = page.goto("/no-such-page/")
    assert answer is not None
    assert answer.status in {200, 404}


def test_the_fixture_hears_what_the_policy_refuses(page: Page, complaints):
    complaints.expect("Content Security Policy")
    page.goto("/accounts/login/")
    page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.x = 1'}))"
    )
    assert page.evaluate("window.x") is None
    assert any("Content Security Policy" in text for text in complaints)
