"""Sentry and OpenTelemetry: imported only where they are asked for, and told nothing about people."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import path

from portfolio.config import sentry, tracing
from tests.factories import make_user

ROOT = Path(__file__).resolve().parents[2]
WATCHERS = ("sentry_sdk", "opentelemetry.instrumentation.django")


@login_not_required
def failing(request, word):
    secret = " ".join(["a secret", "in a local variable"])
    raise RuntimeError(f"postgres://ada:pw@db.example.org/x refused grace@example.org {len(secret)}")


@login_not_required
def fine(request, word):
    return HttpResponse("ok")


urlpatterns = [path("fail/<str:word>/", failing), path("fine/<str:word>/", fine, name="fine")]


def started(code: str = "", **environment: str) -> subprocess.CompletedProcess:
    """Run code in a process of its own, after the settings were read."""
    return subprocess.run(
        [sys.executable, "-c", f"import django, sys; django.setup(); {code or 'pass'}"],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "portfolio.config.settings", "TWOFOLD_DEMO": "yes"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_neither_is_imported_unless_it_is_asked_for():
    done = started(f"import portfolio.config.asgi; print([name for name in {WATCHERS} if name in sys.modules])")
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    ("name", "value", "module", "code"),
    [
        ("SENTRY_DSN", "https://key@sentry.example.org/1", "sentry_sdk", ""),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", "opentelemetry", "import portfolio.config.asgi"),
    ],
)
def test_one_that_is_asked_for_but_missing_says_how_to_install_it(name, value, module, code):
    hidden = f"import sys; sys.modules[{module!r}] = None; import django; django.setup(); {code or 'pass'}"
    done = subprocess.run(
        [sys.executable, "-c", hidden],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "portfolio.config.settings", "TWOFOLD_DEMO": "yes", name: value},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert f"{name} is set, but" in done.stderr
    assert "requirements/observability.txt" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TWOFOLD_ALERTS", "nobody"),
        ("TWOFOLD_METRICS_TOKEN", "short"),
        ("TWOFOLD_URL", "twofold.example.org"),
        ("TWOFOLD_URL", "https://twofold.example.org/here"),
        ("TWOFOLD_WORKER_METRICS", "9101"),
    ],
)
def test_a_setting_that_cannot_be_read_stops_the_start(name, value):
    done = started(**{name: value})
    assert done.returncode == 1
    assert f"ImproperlyConfigured: {name}" in done.stderr


@pytest.fixture
def events():
    """Yield what Sentry would be sent, as it would be sent."""
    import sentry_sdk
    from sentry_sdk.transport import Transport

    sent = []

    class Kept(Transport):
        def capture_envelope(self, envelope):
            sent.extend(item.payload.json for item in envelope.items if item.payload.json)

    sentry.start("https://key@sentry.example.org/1", environment="tests", release="", traces=1.0, transport=Kept)
    yield sent
    sentry_sdk.init()


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_sentry_is_told_what_failed_and_not_whose_it_was(client, events):
    client.raise_request_exception = False
    user = make_user()
    client.force_login(user)
    client.post(
        "/fail/ada-lovelace/?search=charles",
        {"password": "hunter2", "name": "Charles"},
        headers={"authorization": "Bearer abcdef", "user-agent": "Engine/1"},
    )
    errors = [event for event in events if "exception" in event]
    assert errors
    assert errors[0]["exception"]["values"][-1]["type"] == "RuntimeError"
    for word in (
        user.username, user.email, "hunter2", "Charles", "charles", "Bearer", "Engine/1", "pw@", "grace@",
        "a secret in a local variable", client.cookies["sessionid"].value, "ada-lovelace",
    ):  # fmt: skip
        assert word not in str(events), word


@pytest.mark.urls(__name__)
def test_traces_hold_routes_and_no_addresses(client, monkeypatch):
    from opentelemetry import trace
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:1")
    exporter = InMemorySpanExporter()
    assert tracing.start(exporter)
    try:
        client.get("/fine/ada-lovelace/?search=charles", headers={"user-agent": "Engine/1"})
        trace.get_tracer_provider().force_flush()
    finally:
        for one in (DjangoInstrumentor, PsycopgInstrumentor, CeleryInstrumentor):
            one().uninstrument()
    (span,) = exporter.get_finished_spans()
    assert "fine/<str:word>/" in f"{span.name} {span.attributes}"
    for word in ("ada-lovelace", "charles", "Engine/1", "127.0.0.1"):
        assert word not in f"{span.name} {dict(span.attributes)}", word
