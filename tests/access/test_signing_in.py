"""Coming in and going out: by password, throttled; no sign-up; to the admin by the same door."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from portfolio.common.models import User
from tests import factories as make

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_earlier_attempts():
    """Attempts are counted in the cache, by address and by name."""
    cache.clear()
    yield
    cache.clear()


def attempt(client, login, password="wrong"):
    return client.post(reverse("account_login"), {"login": login, "password": password})


def test_a_user_signs_in_with_name_and_password_and_lands_on_the_board(client):
    user = make.make_user()

    response = attempt(client, user.username, PASSWORD)

    assert response.status_code == 302
    assert response.url == reverse("board:board")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_user_signs_in_with_their_email_address_too(client):
    user = make.make_user()

    assert attempt(client, user.email, PASSWORD).status_code == 302


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(client):
    user = make.make_user()
    page = client.get(reverse("teams:team-list"))
    assert page.url == f"{reverse('account_login')}?next={reverse('teams:team-list')}"

    response = client.post(page.url, {"login": user.username, "password": PASSWORD, "next": reverse("teams:team-list")})

    assert response.url == reverse("teams:team-list")


def test_signing_in_never_leads_to_another_site(client):
    user = make.make_user()

    response = client.post(
        reverse("account_login"), {"login": user.username, "password": PASSWORD, "next": "https://example.com/"}
    )

    assert response.url == reverse("board:board")


def test_an_inactive_user_does_not_come_in(client):
    user = make.make_user("leader")
    User.objects.filter(pk=user.pk).update(is_active=False)

    attempt(client, user.username, PASSWORD)

    assert "_auth_user_id" not in client.session


def test_the_eleventh_failure_in_a_minute_is_refused_whatever_the_names(client):
    user = make.make_user()
    for number in range(10):
        assert "not correct" in attempt(client, f"nobody-{number}").content.decode()

    refused = attempt(client, user.username, PASSWORD)

    assert "Too many failed login attempts" in refused.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_sixth_failure_with_one_name_is_refused_from_any_address(client):
    user = make.make_user()
    for number in range(5):
        client.post(
            reverse("account_login"),
            {"login": user.username, "password": "wrong"},
            REMOTE_ADDR=f"192.0.2.{number}",
        )

    refused = attempt(client, user.username, PASSWORD)

    assert "Too many failed login attempts" in refused.content.decode()


def test_nobody_signs_up(client):
    before = User.objects.count()

    form = client.get(reverse("account_signup"))
    client.post(
        reverse("account_signup"),
        {"username": "new", "email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert "closed" in form.content.decode().lower()
    assert "password1" not in form.content.decode()
    assert User.objects.count() == before


def test_signing_out_takes_a_post(client):
    client.force_login(make.make_user())

    asked = client.get(reverse("account_logout"))
    assert asked.status_code == 200
    assert "_auth_user_id" in client.session

    response = client.post(reverse("account_logout"))
    assert response.url == reverse("account_login")
    assert "_auth_user_id" not in client.session


def test_the_admin_has_no_door_of_its_own(client):
    response = client.get("/admin/login/?next=/admin/")

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_the_admin_makes_accounts_and_gives_roles(client):
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    product = make.make_product()
    user = make.make_user()

    page = client.get(f"/admin/common/user/{user.pk}/change/")
    assert page.status_code == 200
    response = client.post(
        "/admin/common/grant/add/", {"user": user.pk, "role": "product_owner", "product": product.pk}
    )

    assert response.status_code == 302
    assert [str(grant) for grant in user.grants.all()] == [f"{user}: Product owner of {product.name}"]


@pytest.mark.parametrize("kind", ["user", "grant", "apitoken"])
def test_the_admin_lists_who_comes_in(client, kind):
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    make.make_user("leader")

    assert client.get(f"/admin/common/{kind}/").status_code == 200


@pytest.mark.parametrize(
    "name", ["account_login", "account_logout", "account_change_password", "account_email", "account_reset_password"]
)
def test_the_pages_of_an_account_are_in_our_look(client, name):
    if name not in {"account_login", "account_reset_password"}:
        client.force_login(make.make_user())

    response = client.get(reverse(name))

    assert response.status_code == 200
    assert "site-head" in response.content.decode()
