"""Pages that belong to no room: sign-in, and what stands where a page is not."""

import pytest
from django.urls import reverse

from portfolio.common.templatetags.twofold import NAVIGATION


def test_the_door_asks_for_name_and_password_and_offers_no_sign_up(client, db):
    page = client.get(reverse("account_login")).content.decode()
    assert "twofold.css" in page
    assert 'type="password"' in page
    assert reverse("account_signup") not in page


def test_a_wrong_password_is_told_at_the_door(client, db):
    page = client.post(reverse("account_login"), {"login": "nobody", "password": "wrong"}).content.decode()
    assert 'class="error-summary"' in page


@pytest.mark.parametrize("name", ["account_reset_password", "account_signup"])
def test_the_other_pages_of_the_door_look_like_ours(client, db, name):
    page = client.get(reverse(name)).content.decode()
    assert "twofold.css" in page
    assert '<main id="main"' in page


def test_an_unknown_address_says_what_addresses_are_made_of(client, db):
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    assert "/no-such-page/" in response.content.decode()


@pytest.mark.parametrize(("label", "name"), NAVIGATION)
def test_every_main_link_leads_somewhere(label, name):
    assert reverse(name)
