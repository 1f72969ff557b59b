"""What probes see: no sign-in, plain HTTP, every service that this process needs."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.urls import reverse
from health_check.exceptions import ServiceUnavailable

from portfolio.config import health

pytestmark = pytest.mark.django_db


def test_a_probe_needs_no_sign_in(client):
    response = client.get(reverse("health"))

    assert response.status_code == 200
    assert response.content.decode() == "Database(alias='default'): OK\nCache(alias='default'): OK\n"


def test_a_probe_is_not_sent_on_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert client.get(reverse("health")).status_code == 200
    assert client.get(reverse("board:board")).status_code == 301


def test_a_probe_may_ask_for_json(client):
    assert client.get(reverse("health"), {"format": "json"}).json()["Database(alias='default')"] == "OK"


def test_what_a_probe_accepts_is_not_weighed(client):
    assert client.get(reverse("health"), headers={"accept": "no such thing"}).status_code == 200


def test_an_answer_is_never_kept(client):
    assert "no-store" in client.get(reverse("health")).headers["Cache-Control"]


def test_a_broker_that_does_not_answer_is_told_without_its_password(client, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    settings.CELERY_BROKER_URL = "redis://:a-password@127.0.0.1:1/0"  # nothing listens on port 1

    response = client.get(reverse("health"))

    assert response.status_code == 503
    assert "Broker(): Unavailable: The broker does not answer." in response.content.decode()
    assert "a-password" not in response.content.decode()


@pytest.mark.services
def test_a_broker_that_answers_is_well(client, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = False

    response = client.get(reverse("health"))

    assert response.status_code == 200
    assert "Broker(): OK" in response.content.decode()


def test_the_process_lives_whatever_else_does_not(client, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    assert client.get(reverse("health-live")).status_code == 200
    assert client.get(reverse("health-ready")).status_code == 503


def test_it_is_ready_once_everything_answers_and_the_tables_are_there(client):
    response = client.get(reverse("health-ready"))

    assert response.status_code == 200
    assert "Tables(): OK" in response.content.decode()


def test_it_is_not_ready_while_a_migration_waits(monkeypatch, settings):
    monkeypatch.setattr(health, "_known_ready", False)
    settings.MIGRATION_MODULES = {"knox": None}
    if MigrationRecorder(connection).has_table():  # else no migration was ever applied
        MigrationRecorder.Migration.objects.filter(app="rollup").delete()

    with pytest.raises(ServiceUnavailable, match="Migrations wait to be applied"):
        health.Tables().run()
