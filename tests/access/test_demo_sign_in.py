"""One click to sign in as somebody, in the demonstration; impossible otherwise."""

import pytest
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from portfolio.common.models import User
from portfolio.demo import views
from portfolio.demo.users import USERS
from tests.access import demo_urls

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    """The application as `make demo` runs it, with its people."""
    settings.TWOFOLD_DEMO = True
    settings.ROOT_URLCONF = demo_urls.__name__
    settings.LOGIN_URL = "demo:sign-in"
    return [_person(person.username) for person in USERS]


def _person(username):
    user = User(username=username)
    user.set_unusable_password()
    user.save()
    return user


def sign_in(client, username, **more):
    return client.post(reverse("demo:sign-in"), {"username": username, **more})


@pytest.mark.parametrize("person", USERS, ids=lambda person: person.username)
def test_one_click_signs_in(client, demo, person):
    page = client.get(reverse("demo:sign-in")).content.decode()
    assert f'value="{person.username}"' in page

    response = sign_in(client, person.username)

    assert response.url == reverse("board:board")
    assert User.objects.get(pk=client.session["_auth_user_id"]).username == person.username


def test_looking_signs_nobody_in(client, demo):
    client.get(reverse("demo:sign-in"), {"username": "leader"})

    assert "_auth_user_id" not in client.session


def test_a_click_without_the_token_of_the_page_is_refused(demo):
    assert sign_in(Client(enforce_csrf_checks=True), "leader").status_code == 403


def test_who_was_sent_here_goes_back_where_they_wanted_to(client, demo):
    page = client.get(reverse("teams:team-list"))
    assert page.url == f"{reverse('demo:sign-in')}?next={reverse('teams:team-list')}"
    assert reverse("teams:team-list") in client.get(page.url).content.decode()

    assert sign_in(client, "owner", next=reverse("teams:team-list")).url == reverse("teams:team-list")


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:alert(1)"])
def test_a_click_never_leads_to_another_site(client, demo, elsewhere):
    assert sign_in(client, "owner", next=elsewhere).url == reverse("board:board")


@pytest.mark.parametrize("username", ["", "root", "leader\x00", "LEADER"])
def test_nobody_else_is_signed_in(client, demo, username):
    User.objects.create_superuser("root", password="correct horse battery")

    assert sign_in(client, username).status_code == 200
    assert "_auth_user_id" not in client.session


def test_an_account_with_a_password_is_somebodys_own(client, demo):
    User.objects.filter(username="leader").delete()
    User.objects.create_user("leader", password="correct horse battery")

    response = sign_in(client, "leader")

    assert "_auth_user_id" not in client.session
    assert "make demo" in response.content.decode()


def test_before_the_demonstration_is_loaded_the_page_says_how(client, demo):
    User.objects.all().delete()

    assert "make demo" in sign_in(client, "leader").content.decode()


def test_the_password_page_leads_to_the_one_click_page(client, demo):
    assert reverse("demo:sign-in") in client.get(reverse("account_login")).content.decode()


def test_outside_the_demonstration_there_is_no_such_address(client):
    with pytest.raises(NoReverseMatch):
        reverse("demo:sign-in")
    assert client.get("/demo/").status_code == 404
    assert client.post("/demo/", {"username": "leader"}).status_code == 404


def test_even_where_it_is_mounted_it_refuses_outside_the_demonstration(client, settings):
    settings.ROOT_URLCONF = demo_urls.__name__
    _person("leader")

    assert client.get(reverse("demo:sign-in")).status_code == 404
    assert sign_in(client, "leader").status_code == 404
    assert "_auth_user_id" not in client.session
    with pytest.raises(Http404):
        views.sign_in(RequestFactory().post("/demo/", {"username": "leader"}))
