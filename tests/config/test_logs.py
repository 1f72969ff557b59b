"""What is logged can be followed from the request into the task, and names nobody."""

import io
import json
import logging
import logging.config
import time

import pytest
import structlog
from celery import shared_task
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.test import AsyncClient, override_settings
from django.urls import include, path, reverse

from portfolio.common.models import ApiToken
from portfolio.config import logs
from tests.factories import make_user

pytestmark = pytest.mark.django_db

log = structlog.get_logger("tests.config")


@login_not_required
def talkative(request, word=""):
    log.warning("inside", password="hunter2", api_token="abcdef")
    return HttpResponse("ok")


def talkative_inside(request):
    log.warning("inside")
    return HttpResponse("ok")


@login_not_required
def failing(request):
    raise RuntimeError("redis://:s3cret@cache.example.org/0 refused ada@example.org")


@shared_task(name="tests.config.say")
def say() -> None:
    log.warning("in a task")


@login_not_required
def asking(request):
    say.delay()
    log.warning("after the task")
    return HttpResponse("ok")


urlpatterns = [
    path("talk/<str:word>/", talkative, name="talk"),
    path("inside/", talkative_inside, name="inside"),
    path("fail/", failing, name="fail"),
    path("ask/", asking, name="ask"),
    path("", include("portfolio.config.urls")),
]
ours = pytest.mark.urls(__name__)


@pytest.fixture
def lines():
    """Yield a function that returns what was logged so far, as production writes it."""
    stream = io.StringIO()
    configuration = logs.configuration("json", "INFO")
    configuration["handlers"]["stderr"] |= {"stream": stream}
    handlers, level = logging.root.handlers[:], logging.root.level
    logging.config.dictConfig(configuration)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.root.handlers, logging.root.level = handlers, level


def test_a_valid_request_id_is_taken_over_and_given_back(client, lines):
    response = client.get(reverse("account_login"), headers={"x-request-id": "proxy-1234.5"})
    assert response.headers["X-Request-ID"] == "proxy-1234.5"
    (line,) = [line for line in lines() if line["event"] == "request"]
    assert line["request_id"] == "proxy-1234.5"
    assert (line["method"], line["view"], line["status"]) == ("GET", "account_login", 200)
    assert line["seconds"] >= 0


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "two words", 'a"b,c:d{e}', "line%0Abreak\tx", "ünïcödé-1"])
def test_any_other_is_replaced(client, given):
    answered = client.get(reverse("account_login"), headers={"x-request-id": given}).headers["X-Request-ID"]
    assert answered != given
    assert len(answered) == 32


def test_every_answer_has_one_even_a_redirect_and_an_error(client):
    assert client.get(reverse("board:board")).headers["X-Request-ID"]
    assert client.get("/no/such/page/").headers["X-Request-ID"]


@ours
def test_what_a_view_logs_carries_the_request_and_no_secret(client, lines):
    client.get("/talk/word/", headers={"x-request-id": "request-1"})
    inside = next(line for line in lines() if line["event"] == "inside")
    assert inside["request_id"] == "request-1"
    assert inside["password"] == inside["api_token"] == "[left out]"


@ours
def test_a_user_is_named_by_number(client, lines):
    user = make_user()
    client.force_login(user)
    client.get("/inside/")
    assert [line["user"] for line in lines()] == [user.pk, user.pk]
    assert user.username not in str(lines())
    assert user.email not in str(lines())


def test_a_program_is_named_by_the_user_of_its_token_and_the_token_by_nothing(client, lines):
    user = make_user()
    _, token = ApiToken.objects.create(user=user, name="a feed")
    assert client.get("/api/v1/products/", headers={"authorization": f"Bearer {token}"}).status_code == 200
    (line,) = [line for line in lines() if line["event"] == "request"]
    assert line["user"] == user.pk
    assert token not in str(lines())


@ours
def test_an_address_is_logged_as_its_route(client, lines):
    client.get("/talk/ada-lovelace/", {"search": "ada@example.org", "key": "abc"})
    request = next(line for line in lines() if line["event"] == "request")
    assert request["route"] == "/talk/<str:word>/"
    assert "ada" not in str(lines())


def test_a_page_that_is_not_there_is_not_named(client, lines):
    client.get("/people/ada-lovelace/")
    assert lines()
    assert "ada" not in str(lines())


@ours
def test_a_traceback_has_no_password_and_no_mail_address(client, lines):
    client.raise_request_exception = False
    assert client.get("/fail/").status_code == 500
    (error,) = [line for line in lines() if line["level"] == "error"]
    assert "RuntimeError" in error["exception"]
    assert "s3cret" not in str(lines())
    assert "ada@" not in str(lines())


@ours
def test_a_console_shows_no_more_of_an_error(client, capsys):
    client.raise_request_exception = False
    handlers, level = logging.root.handlers[:], logging.root.level
    logging.config.dictConfig(logs.configuration("console", "INFO"))
    try:
        assert client.get("/fail/").status_code == 500
    finally:
        logging.root.handlers, logging.root.level = handlers, level
    shown = capsys.readouterr().err
    assert "RuntimeError" in shown
    for word in ("s3cret", "ada@", "locals"):
        assert word not in shown


def test_signing_in_and_failing_to_leaves_nobody_in_the_log(client, lines):
    user = make_user()
    client.post(reverse("account_login"), {"login": user.email, "password": "a wrong password"})
    client.post(reverse("account_login"), {"login": user.email, "password": "correct horse battery"})
    assert len(lines()) >= 2
    for word in (user.username, user.email, "a wrong password", "correct horse"):
        assert word not in str(lines())


@ours
def test_a_task_in_the_process_is_named_and_leaves_the_request_its_names(client, lines):
    client.get("/ask/", headers={"x-request-id": "request-1"})
    inside, after = (
        next(line for line in lines() if line["event"] == event) for event in ("in a task", "after the task")
    )
    assert (inside["request_id"], inside["task"]) == ("request-1", "tests.config.say")
    assert inside["task_id"]
    assert after["request_id"] == "request-1"
    assert "task" not in after


@pytest.mark.services
@ours
@pytest.mark.django_db(transaction=True)
def test_a_task_in_a_worker_carries_the_request_that_asked_for_it(client, worker, lines):
    client.get("/ask/", headers={"x-request-id": "request-2"})
    until = time.monotonic() + 20
    while time.monotonic() < until and not any(line["event"] == "in a task" for line in lines()):
        time.sleep(0.05)
    inside = next(line for line in lines() if line["event"] == "in a task")
    assert (inside["request_id"], inside["task"]) == ("request-2", "tests.config.say")


@ours
@override_settings(SESSION_COOKIE_NAME="sessionid")
@pytest.mark.django_db(transaction=True)
def test_an_asynchronous_server_says_the_same(lines):
    import asyncio

    response = asyncio.run(AsyncClient().get("/talk/word/", headers={"x-request-id": "request-3"}))
    assert response.headers["X-Request-ID"] == "request-3"
    assert {line["request_id"] for line in lines()} == {"request-3"}


def test_nothing_of_a_request_is_left_for_the_next(client):
    client.get(reverse("account_login"))
    assert structlog.contextvars.get_contextvars() == {}
    assert logs.current_request.get() is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("redis://:pw@host:6379/0", "redis://:***@host:6379/0"),
        ("postgres://ada:pw@db.example.org/x", "postgres://ada:***@db.example.org/x"),
        ("sent to ada.lovelace@example.org.", "sent to [left out]."),
        ("nothing @ all", "nothing @ all"),
    ],
)
def test_what_is_masked(text, kept):
    assert logs.masked(text) == kept
