"""API tokens: made and revoked by their user, shown once, and good for signing in until they end."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portfolio.common.models import ApiToken, User
from portfolio.common.tokens import MOST_TOKENS
from tests import factories as make

pytestmark = pytest.mark.django_db
PRODUCTS = "/api/v1/products/"


@pytest.fixture
def user():
    return make.make_user("leader")


def make_token(client, **given):
    response = client.post(reverse("account-tokens"), {"name": "nightly import", "days": "30", **given})
    return response, response.context["token"]


def read(client, token, scheme="Bearer"):
    return client.get(PRODUCTS, headers={"authorization": f"{scheme} {token}"})


def test_a_user_makes_a_token_that_is_shown_once(client, user):
    client.force_login(user)

    response, token = make_token(client)

    assert response.status_code == 200
    assert token in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert token not in client.get(reverse("account-tokens")).content.decode()


def test_only_a_hash_of_a_token_is_kept(client, user):
    client.force_login(user)

    _, token = make_token(client)

    row = ApiToken.objects.get()
    assert token not in [str(value) for value in ApiToken.objects.values_list().get()]
    assert row.name == "nightly import"
    assert row.expiry - row.created > timedelta(days=29)


def test_a_token_reads_and_writes_as_its_user_with_their_roles(client):
    product = make.make_product()
    owner = make.make_user("product_owner", product=product)
    token = ApiToken.objects.create(owner, name="tool")[1]
    headers = {"authorization": f"Bearer {token}"}

    assert read(client, token).status_code == 200
    address = f"{PRODUCTS}{product.code}/"
    assert client.patch(address, {"purpose": "New"}, "application/json", headers=headers).status_code == 200
    assert (
        client.patch(
            f"{PRODUCTS}{make.make_product().code}/", {"purpose": "New"}, "application/json", headers=headers
        ).status_code
        == 403
    )
    assert product.history.first().history_user == owner


def test_a_token_is_good_for_the_api_alone(client, user):
    token = ApiToken.objects.create(user, name="tool")[1]

    response = client.get(reverse("teams:team-list"), headers={"authorization": f"Bearer {token}"})

    assert response.status_code == 302


def test_a_token_that_has_ended_signs_nobody_in(client, user):
    token = ApiToken.objects.create(user, name="old")[1]
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))

    assert read(client, token).status_code == 401


def test_a_revoked_token_signs_nobody_in(client, user):
    client.force_login(user)
    _, token = make_token(client)

    response = client.post(reverse("account-token-revoke", args=[token[:15]]))

    assert response.url == reverse("account-tokens")
    client.logout()
    assert read(client, token).status_code == 401


def test_a_token_of_somebody_else_is_not_seen_and_not_revoked(client, user):
    row, _ = ApiToken.objects.create(make.make_user(), name="not yours")
    client.force_login(user)

    assert "not yours" not in client.get(reverse("account-tokens")).content.decode()
    assert client.post(reverse("account-token-revoke", args=[row.token_key])).status_code == 404
    assert ApiToken.objects.filter(pk=row.pk).exists()


def test_revoking_takes_a_post(client, user):
    row, _ = ApiToken.objects.create(user, name="tool")
    client.force_login(user)

    assert client.get(reverse("account-token-revoke", args=[row.token_key])).status_code == 405


def test_a_token_of_an_inactive_user_signs_nobody_in(client, user):
    token = ApiToken.objects.create(user, name="tool")[1]
    User.objects.update(is_active=False)

    assert read(client, token).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "two words", "\x00", "\xff\xfe", "a" * 5_000, "ab\x00" * 20])
def test_what_no_token_looks_like_is_refused(client, user, token):
    response = client.get(PRODUCTS, HTTP_AUTHORIZATION=f"Bearer {token}")

    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_new_token_needs_a_name_and_an_end(client, user):
    client.force_login(user)

    response, token = make_token(client, name="", days="36500")

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"name", "days"}
    assert not token
    assert not ApiToken.objects.exists()


def test_there_is_a_most_of_tokens_that_a_user_may_have(client, user):
    for number in range(MOST_TOKENS):
        ApiToken.objects.create(user, name=f"tool {number}")
    client.force_login(user)

    response, token = make_token(client)

    assert response.status_code == 422
    assert not token


def test_the_menu_leads_to_the_tokens(client, user):
    client.force_login(user)

    assert reverse("account-tokens") in client.get(reverse("teams:team-list")).content.decode()
