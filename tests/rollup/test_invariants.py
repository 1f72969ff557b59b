"""Every invariant holds on a sound portfolio, and is found violated once somebody bends what it is about.

What is bent is bent in the database, past the models and their rules, as a fault or a careless hand would.
"""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from funding.models import ExchangeRate, LedgerEntry
from portfolio.common.models import StaleMark
from portfolio.network.models import Link, Usage
from portfolio.rollup import actions, checking
from portfolio.rollup.checks import CHECKS, run_checks
from portfolio.rollup.models import BlockedMonth, InvariantReport, ProductMonth, SolvedMonth, Standing
from products.catalog.models import Assignment
from products.health.models import Impact
from products.value.models import Observation, Valuation
from tests import factories as make
from tests.factories import make_user

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH = (date(2016, month, 1) for month in (1, 2, 3))
SEED = 7


@pytest.fixture(autouse=True)
def _held_still(settings):
    settings.TWOFOLD_TODAY = date(2016, 3, 31)


@pytest.fixture
def portfolio():
    """Three products of two value streams with costs, value, people, a link and its usage; rolled up."""
    above = make.make_value_stream(code="above")
    tax = make.make_product(code="tax", value_stream=make.make_value_stream(code="below", parent=above))
    checks = make.make_product(code="checks", value_stream=above)
    fines = make.make_product(code="fines")
    for product, amount in ((tax, "1000.01"), (checks, "333.33"), (fines, "50.00")):
        make.make_ledger_entry(product=product, starts=JANUARY, amount=Decimal(amount), reference=f"J-{product.code}")
    make.make_ledger_entry(product=tax, starts=JANUARY, ends=date(2016, 4, 1), amount=Decimal("700.00"))
    make.make_exchange_rate(currency="EUR", starts=JANUARY)
    make.make_ledger_entry(product=tax, starts=FEBRUARY, amount=Decimal("80.00"), currency="EUR")
    renewals = make.make_metric(product=tax, code="renewals")
    make.make_valuation(metric=renewals, starts=JANUARY, ends=MARCH)
    make.make_valuation(metric=renewals, starts=MARCH, low=Decimal("2"))
    for month, value in ((JANUARY, 100), (FEBRUARY, 120), (MARCH, 90)):
        make.make_observation(metric=renewals, starts=month, ends=month + timedelta(days=20), value=Decimal(value))
    make.make_impact(metric=renewals, starts=date(2016, 2, 28), ends=date(2016, 3, 4), lost=Decimal(7))
    make.make_link(supplier=checks, consumer=tax, share=Decimal("0.6"), starts=JANUARY)
    make.make_link(supplier=checks, consumer=fines, share=Decimal("0.3"), starts=JANUARY)
    make.make_usage(supplier=checks, consumer=tax, month=FEBRUARY)
    make.make_usage(supplier=checks, month=FEBRUARY)
    team = make.make_team(code="ours")
    make.make_assignment(team=team, product=tax, share=Decimal("0.5"), starts=JANUARY)
    make.make_assignment(team=team, product=checks, share=Decimal("0.5"), starts=JANUARY)
    actions.refresh_standings()
    assert not StaleMark.objects.exists()
    return tax


def outcomes(**options) -> dict[str, dict]:
    return {outcome["name"]: outcome for outcome in run_checks(**({"seed": SEED} | options))}


def violated(**options) -> set[str]:
    return {name for name, outcome in outcomes(**options).items() if outcome["held"] is False}


def test_everything_holds_on_an_empty_database():
    assert all(outcome["held"] for outcome in outcomes().values())


def test_everything_holds_on_a_sound_portfolio_and_something_was_looked_at(portfolio):
    make.make_close(month=JANUARY)
    found = outcomes()
    assert {name: outcome["wrong"] for name, outcome in found.items() if not outcome["held"]} == {}
    assert [name for name, outcome in found.items() if not outcome["looked_at"]] == ["marks_are_worked_off"]
    assert len(found) == len(CHECKS)


def test_outcomes_are_plain_data(portfolio):
    assert json.loads(json.dumps(run_checks(seed=SEED)))


# -- Each is violated once what it is about is bent -------------------------------------------------------------------


def _figures(**changes):
    def bend() -> None:
        ProductMonth.objects.filter(month=JANUARY, product__code="tax").update(**changes)

    return bend


def _ledger_by_hand() -> None:
    LedgerEntry.objects.filter(reference="J-tax").update(amount=Decimal("1000.02"), base_amount=Decimal("1000.02"))


def _value_by_hand() -> None:
    Observation.objects.filter(starts=FEBRUARY).update(value=F("value") + 1)


def _closed_by_hand() -> None:
    make.make_close(month=JANUARY)
    _figures(own_value=F("own_value") + Decimal("0.01"))()


def _late_by_hand() -> None:
    """Lose what came late for a closed month."""
    make.make_close(month=JANUARY)
    make.make_ledger_entry(product=LedgerEntry.objects.first().product, starts=JANUARY)
    actions.refresh_standings()
    SolvedMonth.objects.filter(month=JANUARY).update(late=b"")


def _standing_by_hand(**which):
    def bend() -> None:
        standing = Standing.objects.filter(**which).exclude(direct_cost=0).first()
        Standing.objects.filter(pk=standing.pk).update(direct_cost=F("direct_cost") + Decimal("0.01"))

    return bend


def _gone() -> None:
    Observation.objects.filter(starts=MARCH).update(metric_id=987_654)


def _old_mark() -> None:
    product = ProductMonth.objects.first().product_id
    long_ago = timezone.now() - timedelta(minutes=2)
    StaleMark.objects.create(product_id=product, month=MARCH, cause="a test", marked_at=long_ago)


def _twice() -> None:
    with connection.cursor() as cursor:  # as where an index was lost, or never made
        cursor.execute("DROP INDEX ledgerentry_reference_is_known_once")
    entry = LedgerEntry.objects.get(reference="J-tax")
    entry.pk = None
    LedgerEntry.objects.bulk_create([entry])


BENT = {
    "cost_is_kept": _figures(retained_cost=F("retained_cost") + Decimal("0.01")),
    "value_is_kept": _figures(credited_value=F("credited_value") - Decimal("0.01")),
    "engine_is_exact": lambda: SolvedMonth.objects.filter(month=JANUARY).update(gap=1e-6),
    "parts_make_products": _figures(labour_cost=F("labour_cost") + Decimal("0.01")),
    "rows_equal_arrays": _figures(reached_value=F("reached_value") + Decimal("0.01")),
    "ledger_is_in": _ledger_by_hand,
    "losses_are_taken": lambda: Impact.objects.update(counted=Decimal("7.0001")),
    "closed_months_stand": _closed_by_hand,
    "late_costs_are_taken": _late_by_hand,
    "months_make_windows": _standing_by_hand(product__isnull=False),
    "products_make_streams": _standing_by_hand(product=None, value_stream=None),
    "figures_equal_facts": _value_by_hand,
    "months_solve_to_the_same": _figures(measured_value=Decimal("0.01")),
    "marks_are_worked_off": _old_mark,
    "facts_have_subjects": _gone,
    "days_are_within_reach": lambda: LedgerEntry.objects.filter(reference="J-tax").update(starts=date(1066, 10, 14)),
    "usage_has_an_agreement": lambda: Link.objects.filter(consumer__code="tax").update(ends=FEBRUARY),
    "amounts_are_converted": lambda: ExchangeRate.objects.update(starts=MARCH),
    "links_share_at_most_all": lambda: Link.objects.update(share=Decimal("0.500001")),
    "teams_share_at_most_all": lambda: Assignment.objects.update(share=Decimal("0.500001")),
    "keys_are_known_once": _twice,
    "flows_do_not_overlap": lambda: Observation.objects.filter(starts=JANUARY).update(ends=date(2016, 2, 2)),
    "agreements_do_not_overlap": lambda: Valuation.objects.filter(ends=MARCH).update(ends=None),
    "recorded_in_order": lambda: Usage.objects.filter(consumer=None).update(
        recorded_at=datetime(2999, 1, 1, tzinfo=UTC)
    ),
}


@pytest.mark.parametrize("name", [check.name for check in CHECKS])
def test_each_is_violated_once_what_it_is_about_is_bent(portfolio, name):
    BENT[name]()

    outcome = outcomes(sample=300)[name]

    assert outcome["held"] is False
    assert outcome["count"] >= 1
    assert outcome["wrong"]
    assert all(wrong["found"] != wrong["needed"] for wrong in outcome["wrong"])
    assert outcome["mend"]


@pytest.mark.parametrize(
    "name",
    [
        "cost_is_kept",
        "ledger_is_in",
        "closed_months_stand",
        "late_costs_are_taken",
        "figures_equal_facts",
        "months_make_windows",
    ],
)
def test_what_is_wrong_has_a_page(client, portfolio, name):
    BENT[name]()
    client.force_login(make_user())
    for wrong in outcomes(sample=300)[name]["wrong"]:
        assert client.get(wrong["href"]).status_code == 200, wrong


def test_shares_that_follow_each_other_never_exceed_one(portfolio):
    supplier = Link.objects.first().supplier
    Link.objects.update(ends=FEBRUARY)
    make.make_link(supplier=supplier, consumer=make.make_product(), share=Decimal("1"), starts=MARCH)
    assert "links_share_at_most_all" not in violated()


def test_only_the_first_are_listed_and_all_are_counted(portfolio):
    for _ in range(30):
        make.make_ledger_entry(product=portfolio, starts=JANUARY)
    actions.refresh_standings()
    LedgerEntry.objects.exclude(currency="EUR").update(base_amount=F("amount") + 1)
    outcome = outcomes()["amounts_are_converted"]
    assert (len(outcome["wrong"]), outcome["count"]) == (20, 34)


# -- What is being worked out is not called wrong ---------------------------------------------------------------------


def test_a_change_that_waits_for_the_roll_up_violates_nothing(portfolio):
    make.make_ledger_entry(product=portfolio, starts=JANUARY, amount=Decimal("5.00"))
    assert StaleMark.objects.exists()
    found = outcomes(sample=300)
    assert not violated(sample=300)
    assert "waits for the next roll-up" in found["ledger_is_in"]["left_out"]


def test_a_lost_mark_is_found(portfolio):
    make.make_ledger_entry(product=portfolio, starts=JANUARY, amount=Decimal("5.00"))
    StaleMark.objects.all().delete()
    assert {"ledger_is_in", "figures_equal_facts"} <= violated(sample=300)


def test_a_standing_that_is_behind_its_months_is_told_apart_from_a_wrong_one(portfolio):
    _standing_by_hand(product__isnull=False)()
    product = ProductMonth.objects.first().product_id
    StaleMark.objects.create(product_id=product, month=MARCH, cause="a test")
    outcome = outcomes()["months_make_windows"]
    assert outcome["held"] is None
    assert outcome["count"] == 1


def test_a_blocked_month_is_left_out_and_said_to_be(portfolio):
    first, second = make.make_product(), make.make_product()
    make.make_link(supplier=first, consumer=second, share=1, starts=MARCH)
    make.make_link(supplier=second, consumer=first, share=1, starts=MARCH)
    make.make_ledger_entry(product=first, starts=MARCH)
    actions.refresh_standings()
    assert BlockedMonth.objects.exists()
    found = outcomes()
    assert not violated()
    assert "cannot be solved" in found["cost_is_kept"]["left_out"]


def test_marks_of_a_month_that_cannot_be_read_wait_for_somebody_not_for_a_worker(portfolio):
    _old_mark()
    BlockedMonth.objects.create(month=MARCH, message="No rate.", is_unread=True, blocked_at=timezone.now())
    assert "marks_are_worked_off" not in violated()


def test_the_same_seed_draws_the_same_sample(portfolio):
    _value_by_hand()
    first, second = (outcomes(sample=6)["figures_equal_facts"] for _ in range(2))
    assert (first["looked_at"], first["wrong"]) == (second["looked_at"], second["wrong"])


# -- A violation is loud ----------------------------------------------------------------------------------------------


def test_a_violation_is_kept_logged_and_mailed(portfolio, settings, caplog):
    settings.ADMINS = [("Twofold alerts", "alerts@example.org")]
    BENT["cost_is_kept"]()
    report = checking.check_figures(cause="nightly")
    assert not report.has_held
    assert report.violations == len(report.violated) >= 1
    assert [
        record for record in caplog.records if record.levelname == "ERROR" and "cost_is_kept" in record.getMessage()
    ]
    (message,) = mail.outbox
    assert message.to == ["alerts@example.org"]
    assert "the cost that stays with customers" in message.body
    assert reverse("rollup:report-detail", args=[report.pk]) in message.body


def test_nothing_is_mailed_while_everything_holds(portfolio, settings):
    settings.ADMINS = [("Twofold alerts", "alerts@example.org")]
    assert checking.check_figures(cause="nightly").has_held
    assert not mail.outbox


def test_a_mail_server_that_is_down_does_not_lose_the_report(portfolio, settings):
    settings.ADMINS = [("Twofold alerts", "alerts@example.org")]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nothing listens there
    BENT["cost_is_kept"]()
    assert not checking.check_figures(cause="nightly").has_held


def test_only_so_many_reports_are_kept(monkeypatch):
    monkeypatch.setattr(checking, "KEPT", 3)
    for _ in range(5):
        last = checking.check_figures(cause="nightly")
    assert list(InvariantReport.objects.values_list("pk", flat=True)) == [last.pk, last.pk - 1, last.pk - 2]


def test_the_command_says_what_holds(portfolio, capsys):
    call_command("check_figures", "--seed", "3", "--sample", "10")
    out = capsys.readouterr().out
    assert "In every month, the cost that stays with customers equals the cost that went in (3 months)" in out
    assert f"all {len(CHECKS)} invariants hold" in out
    assert "seed 3" in out


def test_the_command_fails_where_one_is_violated(portfolio, capsys):
    BENT["links_share_at_most_all"]()
    with pytest.raises(CommandError, match="invariants violated") as error:
        call_command("check_figures")
    assert error.value.returncode == 1
    assert "100.00%" in capsys.readouterr().err


def test_a_run_whose_sums_do_not_hold_has_everything_looked_at_at_once_but_once(
    portfolio, settings, django_capture_on_commit_callbacks
):
    settings.ADMINS = [("Twofold alerts", "alerts@example.org")]
    ProductMonth.objects.filter(month=JANUARY, product__code="fines").update(retained_cost=Decimal("0.01"))
    for amount in ("1.00", "2.00"):
        with django_capture_on_commit_callbacks(execute=True):
            make.make_ledger_entry(product=portfolio, starts=JANUARY, amount=Decimal(amount))
            assert not actions.refresh_standings().has_held
    report = InvariantReport.objects.get()
    assert not report.has_held
    assert "whose sums did not hold" in report.cause
    assert len(mail.outbox) == 1


def test_the_clock_looks_every_night():
    from portfolio.config.celery import app

    app.loader.import_default_modules()  # as a worker does: other tests may have imported only some
    assert app.conf.beat_schedule["check-figures"]["task"] == "rollup.check_figures"
    app.loader.import_default_modules()  # as a worker does when it starts
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
    app.tasks["rollup.check_figures"].delay()
    assert InvariantReport.objects.get().cause == "nightly"


# -- The page ---------------------------------------------------------------------------------------------------------


def page(client, *roles: str, name: str = "rollup:report-list", args=()) -> str:
    client.force_login(make_user(*roles))
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_before_the_first_look_the_page_says_who_looks(client):
    assert "Nothing was looked at yet" in page(client)


def test_the_page_is_for_everyone_and_the_button_for_those_with_a_role_over_the_whole(client, portfolio):
    checking.check_figures(cause="nightly")
    assert "Everything holds" in page(client)
    assert "Look at everything now" not in page(client)
    assert "Look at everything now" in page(client, "leader")
    assert "Look at everything now" in page(client, "finance_partner")


def test_the_button_looks_now(client, portfolio, django_capture_on_commit_callbacks):
    for roles, status, reports in ((["product_owner"], 403, 0), (["leader"], 302, 1)):
        client.force_login(make_user(*roles))
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(reverse("rollup:report-start")).status_code == status
        assert InvariantReport.objects.count() == reports


def test_what_is_violated_comes_first_with_its_remedy(client, portfolio):
    BENT["teams_share_at_most_all"]()
    report = checking.check_figures(cause="nightly")
    html = page(client)
    assert f"1 of {len(CHECKS)} invariants violated" in html
    assert html.index("To mend it") < html.index("What holds")
    assert "Correct the shares of that team&#x27;s assignments" in html
    assert reverse("teams:team-detail", args=["ours"]) in html
    assert f"1 of {len(CHECKS)} invariants violated" in page(client, name="rollup:report-detail", args=[report.pk])


def test_a_violation_is_told_on_every_page_to_those_who_can_act(client, portfolio):
    BENT["teams_share_at_most_all"]()
    report = checking.check_figures(cause="nightly")
    words, href = "The figures may be wrong", reverse("rollup:report-detail", args=[report.pk])
    for roles, is_told in (([], False), (["product_owner"], False), (["leader"], True), (["finance_partner"], True)):
        html = page(client, *roles, name="catalog:product-list")
        assert (words in html) == is_told
        assert (href in html) == is_told
    Assignment.objects.update(share=Decimal("0.5"))
    checking.check_figures(cause="after it was mended")
    assert words not in page(client, "leader", name="catalog:product-list")


def test_the_banner_costs_one_row_a_minute(client, portfolio, django_assert_max_num_queries):
    client.force_login(make_user("leader"))
    cache.clear()
    counts = []
    for _ in range(3):
        with django_assert_max_num_queries(60) as seen:
            client.get(reverse("rollup:report-list"))
        counts.append(sum("SELECT" in one["sql"] and "invariantreport" in one["sql"] for one in seen))
    assert counts[0] == counts[1] + 1 == counts[2] + 1


def test_the_page_costs_the_same_queries_at_one_report_and_at_twenty(client, portfolio, django_assert_max_num_queries):
    checking.check_figures(cause="nightly")
    client.force_login(make_user())
    client.get(reverse("rollup:report-list"))
    counts = []
    for _ in range(2):
        with django_assert_max_num_queries(40) as seen:
            client.get(reverse("rollup:report-list"))
        counts.append(len(seen))
        for _ in range(19):
            InvariantReport.objects.create(cause="nightly", has_held=True)
    assert counts[0] == counts[1]
