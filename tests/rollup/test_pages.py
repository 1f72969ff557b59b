"""The pages about roll-ups."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from portfolio.rollup import actions
from portfolio.rollup.models import ProductMonth, Run
from tests.factories import make_ledger_entry, make_link, make_product, make_user

pytestmark = pytest.mark.django_db

JANUARY = date(2016, 1, 1)


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2016, 1, 31)


def page(client, *roles: str) -> str:
    client.force_login(make_user(*roles))
    return client.get(reverse("rollup:run-list")).content.decode()


def test_without_figures_the_page_says_what_to_do(client):
    assert "No roll-up has run yet" in page(client)


def test_the_laws_are_checked_on_what_is_stored(client):
    make_ledger_entry(starts=JANUARY, amount=Decimal("123.45"))
    run = actions.refresh_standings()
    assert "no</span>" not in page(client)
    ProductMonth.objects.update(ledger_cost=Decimal("123.44"))
    run.pk = None  # figures change with a run alone
    run.save()
    html = page(client)
    assert "What was rolled up from the ledger equals the ledger" in html
    assert "please report it" in html


def test_a_blocked_month_says_what_mends_it(client):
    first, second = make_product(), make_product()
    make_link(supplier=first, consumer=second, share=1, starts=JANUARY)
    make_link(supplier=second, consumer=first, share=1, starts=JANUARY)
    actions.refresh_standings()
    assert "Lower a share in each loop" in page(client)


def test_what_waits_is_shown(client):
    make_ledger_entry(starts=JANUARY)
    assert "Waiting for the next roll-up" in page(client)


def test_leaders_and_finance_partners_may_start_a_full_roll_up(client, django_capture_on_commit_callbacks):
    make_ledger_entry(starts=JANUARY)
    for roles, status, runs in ((["product_owner"], 403, 0), (["leader"], 302, 1), (["finance_partner"], 302, 2)):
        client.force_login(make_user(*roles))
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(reverse("rollup:run-start")).status_code == status
        assert Run.objects.filter(is_full=True).count() == runs


def test_a_run_shows_its_invariants(client):
    make_ledger_entry(starts=JANUARY)
    run = actions.refresh_standings()
    client.force_login(make_user())
    html = client.get(reverse("rollup:run-detail", args=[run.pk])).content.decode()
    assert "Cost that stays with customers equals cost that went in" in html


def test_the_list_costs_the_same_queries_at_one_run_and_at_forty(client, django_assert_max_num_queries):
    make_ledger_entry(starts=JANUARY)
    actions.refresh_standings()
    client.force_login(make_user())
    client.get(reverse("rollup:run-list"))
    counts = []
    for _ in range(2):
        with django_assert_max_num_queries(40) as seen:
            client.get(reverse("rollup:run-list"))
        counts.append(len(seen))
        for run in range(39):
            Run.objects.create(cause=f"run {run}", started_at="2016-01-31T00:00Z", seed=1)
        client.get(reverse("rollup:run-list"))
    assert counts[0] == counts[1]
