"""What Prometheus reads, and that nobody else does."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from portfolio.common import telemetry
from portfolio.common.models import StaleMark
from portfolio.intake.actions import load_rows
from portfolio.rollup import actions
from portfolio.rollup.models import BlockedMonth, InvariantReport, SolvedMonth
from tests.factories import make_ledger_entry, make_metric, make_product, make_user

pytestmark = pytest.mark.django_db

TOKEN = "a token of more than sixteen characters"


@pytest.fixture(autouse=True)
def _open(settings):
    settings.TWOFOLD_METRICS_TOKEN = TOKEN


def scraped(token: str = TOKEN) -> dict[str, float]:
    response = Client().get(reverse("telemetry"), headers={"authorization": f"Bearer {token}"})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    return {
        " ".join([sample.name, *(sample.labels[label] for label in sorted(sample.labels))]): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_it_is_shut_by_default(settings, client):
    settings.TWOFOLD_METRICS_TOKEN = ""
    for given in ("Bearer ", "Bearer", f"Bearer {TOKEN}"):
        assert client.get("/metrics", headers={"authorization": given}).status_code == 401


def test_it_is_shut_to_who_has_another_token_or_a_session_alone(client):
    assert client.get("/metrics", headers={"authorization": "Bearer another"}).status_code == 401
    client.force_login(make_user("leader"))
    response = client.get("/metrics")
    assert response.status_code == 302
    assert response.url == reverse("value:metric-list")


def test_a_scrape_needs_no_tls(settings):
    settings.SECURE_SSL_REDIRECT = True
    assert "twofold_lag_seconds" in scraped()


def test_the_lag_is_the_age_of_the_oldest_mark(settings):
    assert scraped()["twofold_lag_seconds"] == 0
    product = make_product()
    for minutes in (1, 5):
        at = timezone.now() - timedelta(minutes=minutes)
        StaleMark.objects.create(product=product, month=date(2016, 1, 1), cause="a test", marked_at=at)
    figures = scraped()
    assert 300 <= figures["twofold_lag_seconds"] < 400
    assert figures["twofold_marks_waiting"] == 2


def test_marks_that_wait_for_somebody_are_not_a_lag(settings):
    month = date(2016, 1, 1)
    StaleMark.objects.create(product=make_product(), month=month, cause="a test", marked_at=timezone.now())
    BlockedMonth.objects.create(month=month, message="No rate.", is_unread=True, blocked_at=timezone.now())
    figures = scraped()
    assert figures["twofold_lag_seconds"] == figures["twofold_marks_waiting"] == 0
    assert figures["twofold_months_blocked"] == 1


def test_months_that_are_due_and_violations_are_told():
    SolvedMonth.objects.create(month=date(2016, 1, 1), is_due=True)
    assert "twofold_violations" not in scraped()  # nobody has looked: that is not none
    InvariantReport.objects.create(cause="a test", has_held=False, violations=3)
    figures = scraped()
    assert figures["twofold_months_due"] == 1
    assert figures["twofold_violations"] == 3
    assert figures["twofold_database_up"] == 1


def test_runs_batches_and_pages_are_counted(client):
    def count(name: str) -> float:
        return scraped().get(name, 0)

    names = (
        "twofold_run_seconds_count full",
        "twofold_product_months_written_total",
        "twofold_batch_rows_total observations",
        "twofold_page_seconds_count GET 2xx account_login",
    )
    before = [count(name) for name in names]
    telemetry.ran(seconds=0.2, product_months=12, is_full=True)
    telemetry.took_in("observations", 1000)
    client.get(reverse("account_login"))
    assert [count(name) - was for name, was in zip(names, before, strict=True)] == [1, 12, 1000, 1]


def test_pages_are_counted_by_view_never_by_address(client):
    client.get("/no/such/page/at/all/")
    client.force_login(make_user())
    client.get(reverse("board:product", args=[make_product(code="secret-code").code]))
    assert not [name for name in scraped() if "secret-code" in name or "such" in name]
    assert scraped()["twofold_page_seconds_count GET 4xx none"] >= 1


def test_a_scrape_asks_a_handful_of_questions(django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        scraped()


def test_a_run_is_counted_and_logged_without_who_asked_for_it(caplog, django_capture_on_commit_callbacks):
    make_ledger_entry(starts=date(2016, 1, 1))
    before = scraped().get("twofold_product_months_written_total", 0)
    caplog.set_level("INFO")
    with django_capture_on_commit_callbacks(execute=True):
        actions.roll_up(cause="full roll-up, asked for by Ada Lovelace")
    figures = scraped()
    assert figures["twofold_product_months_written_total"] > before
    assert figures["twofold_last_run_held"] == 1
    assert figures["twofold_months_behind"] == 0
    assert [record for record in caplog.records if record.msg["event"] == "roll-up" and record.msg["run"]]
    assert "Lovelace" not in caplog.text


def test_rows_that_come_in_together_are_counted_once_they_are_in(django_capture_on_commit_callbacks):
    name = "twofold_batch_rows_total observations"
    code = make_metric().code
    before = scraped().get(name, 0)
    for value, counted in (("not a number", 0), ("5", 1)):
        with django_capture_on_commit_callbacks(execute=True):
            load_rows("observations", [{"metric": code, "starts": "2016-01-01", "ends": "2016-01-02", "value": value}])
        assert scraped().get(name, 0) - before == counted
