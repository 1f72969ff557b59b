"""Loading rows: all or nothing, idempotent on natural keys, every bad row explained."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from funding.models import ExchangeRate, FundingStream, LedgerEntry
from portfolio.common.models import StaleMark, User
from portfolio.intake.actions import load_file, load_rows
from portfolio.intake.errors import UnknownKind
from portfolio.intake.kinds import KINDS
from portfolio.network.models import Link, Usage
from products.catalog.models import Insight, Product, ValueStream
from products.health.models import Service
from products.roadmaps.models import Roadmap
from products.value.models import Metric, Observation
from teams.models import Membership, Rate, Team
from tests.factories import (
    make_discipline,
    make_ledger_entry,
    make_link,
    make_metric,
    make_observation,
    make_person,
    make_product,
    make_rate,
    make_roadmap,
    make_service,
    make_stream,
    make_team,
    make_user,
    make_value_stream,
)

pytestmark = pytest.mark.django_db

#: One row of each kind, in an order in which each finds what it refers to.
ROWS = {
    "value-streams": {"code": "driving", "name": "Driving", "parent": "", "purpose": "Keep people safe."},
    "products": {
        "code": "tax",
        "name": "Tax",
        "value_stream": "driving",
        "stage": "sustain",
        "kind": "customer",
        "purpose": "",
        "usage_unit": "",
    },
    "segments": {"code": "keepers", "product": "tax", "name": "Keepers", "size": "31000000", "size_basis": "Register"},
    "themes": {"code": "waiting", "product": "tax", "name": "Waiting", "summary": "It takes too long."},
    "insights": {
        "product": "tax",
        "segment": "keepers",
        "said_on": "2026-03-14",
        "kind": "interview",
        "text": "Too slow",
        "source": "Study 12",
        "theme": "waiting",
        "said_by": "3",
    },
    "disciplines": {"code": "design", "name": "Design"},
    "people": {"code": "ada", "name": "Ada"},
    "teams": {"code": "tax-online", "name": "Tax online", "purpose": ""},
    "memberships": {
        "person": "ada",
        "team": "tax-online",
        "discipline": "design",
        "fte": "0.8",
        "starts": "2026-01-01",
        "ends": "",
        "is_embedded": "yes",
    },
    "absences": {"person": "ada", "kind": "away", "share": "0.5", "starts": "2026-02-02", "ends": "2026-02-09"},
    "rates": {
        "discipline": "design",
        "monthly_amount": "8200",
        "currency": "USD",
        "starts": "2026-01-01",
        "ends": "",
    },
    "assignments": {"team": "tax-online", "product": "tax", "share": "0.75", "starts": "2026-01-01", "ends": ""},
    "metrics": {
        "code": "taxed",
        "product": "tax",
        "name": "Taxed",
        "behaviour": "flow",
        "unit": "taxes",
        "cadence_days": "31",
        "is_higher_better": "yes",
        "target": "",
        "felt_by": "customer",
        "unvalued_reason": "",
    },
    "shared-outcomes": {"team": "tax-online", "metric": "taxed", "starts": "2026-01-01", "ends": ""},
    "fx-rates": {"currency": "EUR", "rate": "1.10", "starts": "2026-01-01", "ends": "2027-01-01"},
    "valuations": {
        "metric": "taxed",
        "low": "2.1",
        "high": "4.8",
        "currency": "USD",
        "baseline": "",
        "evidence": "estimated",
        "asserted_by": "Head of digital",
        "source": "Study",
        "starts": "2026-01-01",
        "ends": "",
    },
    "observations": {
        "metric": "taxed",
        "starts": "2026-02-01",
        "ends": "2026-03-01",
        "value": "2450000",
        "source": "Statistics",
    },
    "scores": {
        "metric": "satisfied",
        "starts": "2026-02-01",
        "ends": "2026-03-01",
        "answers": "412",
        "mean": "4.21",
        "deviation": "0.94",
        "completed": "",
        "source": "Exit survey",
    },
    "roadmap-items": {
        "code": "by-phone",
        "roadmap": "ahead",
        "product": "tax",
        "name": "By phone",
        "horizon": "now",
        "exception": "The law asks for it.",
        "effort_low": "4",
        "effort_high": "8.5",
        "business_champion": "bea",
        "technology_champion": "ted",
    },
    "processes": {"code": "taxing", "name": "Taxing", "value_stream": "driving", "purpose": ""},
    "services": {
        "code": "tax-by-web",
        "name": "Tax by web",
        "product": "tax",
        "owner": "tax-online",
        "process": "taxing",
        "purpose": "Tax a vehicle.",
        "usual_hourly": "3500",
        "peak_hourly": "21000",
        "is_retired": "no",
    },
    "components": {
        "code": "database",
        "name": "Database",
        "kind": "database",
        "owner": "tax-online",
        "version": "9.6.2",
        "eol_product": "postgresql",
        "eol_cycle": "9.6",
        "end_of_support": "",
        "renewal_low": "40000.00",
        "renewal_high": "110000.00",
        "currency": "USD",
        "item": "",
    },
    "parts": {"service": "tax-by-web", "component": "database", "starts": "2026-01-01", "ends": ""},
    "service-dependencies": {"service": "tax-by-web", "needs": "pay", "starts": "2026-01-01", "ends": ""},
    "on-call": {
        "service": "tax-by-web",
        "team": "tax-online",
        "hours_a_week": "128",
        "starts": "2026-01-01",
        "ends": "",
    },
    "support-dates": {
        "product": "postgresql",
        "cycle": "9.6",
        "ends": "2021-11-11",
        "is_ended": "no",
        "source": "endoflife.date",
    },
    "failure-modes": {
        "code": "overload",
        "name": "Overload",
        "service": "tax-by-web",
        "effect": "Nobody can pay.",
        "detection": "",
        "response": "Add servers.",
    },
    "drills": {
        "failure_mode": "overload",
        "held_on": "2026-01-20",
        "has_passed": "yes",
        "minutes": "12",
        "notes": "",
    },
    "journeys": {
        "code": "taxing-online",
        "name": "Tax online",
        "product": "tax",
        "process": "taxing",
        "purpose": "",
        "availability": "0.985",
        "response_ms": "3000",
        "metric": "taxed",
    },
    "journey-steps": {
        "journey": "taxing-online",
        "position": "1",
        "name": "Pay",
        "service": "tax-by-web",
        "availability": "",
        "response_ms": "900",
        "is_fixed": "no",
        "starts": "2026-01-01",
        "ends": "",
    },
    "passages": {
        "journey": "taxing-online",
        "position": "1",
        "month": "2026-02",
        "entered": "1000",
        "completed": "900",
    },
    "incidents": {
        "code": "outage",
        "name": "Outage",
        "service": "tax-by-web",
        "severity": "2",
        "started_at": "2026-02-14T09:10Z",
        "detected_at": "",
        "restored_at": "2026-02-14T12:40Z",
        "cause": "",
        "failure_mode": "overload",
        "is_harmless": "no",
    },
    "impacts": {
        "incident": "outage",
        "metric": "taxed",
        "journey": "taxing-online",
        "starts": "2026-02-14",
        "ends": "2026-02-15",
        "lost": "1400",
        "late": "900",
        "late_share": "0.25",
        "is_in_figures": "no",
        "note": "",
    },
    "objectives": {
        "code": "answers",
        "service": "tax-by-web",
        "name": "Answers",
        "kind": "availability",
        "target": "0.999",
        "window_days": "28",
        "threshold": "",
        "source": "",
    },
    "measurements": {
        "objective": "answers",
        "starts": "2026-03-01",
        "ends": "2026-03-02",
        "good": "999",
        "total": "1000",
    },
    "requirements": {
        "code": "restored",
        "service": "tax-by-web",
        "name": "Restored",
        "kind": "recovery_time",
        "statement": "Within 4 hours.",
        "baselined_on": "2026-01-01",
    },
    "evidence": {
        "requirement": "restored",
        "verified_on": "2026-02-01",
        "expires_on": "2027-02-01",
        "has_passed": "yes",
        "source": "Test 1",
    },
    "delivery-events": {
        "service": "tax-by-web",
        "key": "run-1",
        "kind": "deployment",
        "happened_at": "2026-03-01T12:00Z",
        "begun_at": "2026-02-27T12:00+01:00",
        "reference": "v1",
        "caused_by": "",
    },
    "exposures": {
        "product": "tax",
        "flag": "new-form",
        "share": "0.25",
        "starts": "2026-03-01",
        "ends": "",
        "metric": "",
    },
    "streams": {
        "code": "fees",
        "name": "Fees",
        "currency": "USD",
        "sponsor": "ada",
        "category": "run",
        "review_months": "6",
        "reviewed_on": "2026-01-15",
    },
    "allocations": {
        "stream": "fees",
        "product": "tax",
        "monthly_amount": "400000",
        "starts": "2026-01-01",
        "ends": "",
        "why": "Agreed for the year.",
    },
    "ledger-entries": {
        "reference": "GL-1",
        "product": "tax",
        "stream": "fees",
        "starts": "2026-02-01",
        "ends": "2026-03-01",
        "amount": "100.50",
        "currency": "EUR",
        "account": "",
        "includes_labour": "no",
        "is_capital": "yes",
        "memo": "",
    },
    "guardrails": {
        "name": "most-on-one",
        "owner": "ada",
        "kind": "product",
        "bound": "most",
        "amount": "500000",
        "share": "",
        "category": "",
        "value_stream": "",
        "stage": "",
        "stream": "",
        "product": "",
        "team": "",
        "starts": "2026-01-01",
        "ends": "",
        "why": "No product is too large to fail.",
    },
    "waivers": {
        "guardrail": "most-on-one",
        "person": "ada",
        "product": "tax",
        "value_stream": "",
        "starts": "2026-02-01",
        "ends": "2026-03-01",
        "why": "The paper disc is being wound up.",
    },
    "commitments": {
        "reference": "PO-1",
        "product": "tax",
        "stream": "fees",
        "supplier": "Scanner Ltd",
        "starts": "2026-02-01",
        "ends": "2026-03-01",
        "amount": "100.50",
        "currency": "EUR",
        "account": "6100",
        "is_capital": "yes",
        "settled_on": "",
        "memo": "",
    },
    "transfers": {
        "from_stream": "fees",
        "to_stream": "levy",
        "moved_on": "2026-02-01",
        "amount": "500",
        "why": "It is needed there.",
    },
    "carry-forwards": {"stream": "fees", "year": "2026-01-01", "amount": "-20.00", "why": "Spent early."},
    "links": {
        "supplier": "identity",
        "consumer": "tax",
        "service": "Checks",
        "share": "0.25",
        "starts": "2026-01-01",
        "ends": "",
    },
    "usage": {"supplier": "identity", "consumer": "tax", "month": "2026-02", "quantity": "12000"},
    "elasticities": {
        "product": "",
        "stage": "grow",
        "low": "0.3",
        "high": "0.7",
        "evidence": "asserted",
        "why": "There are customers still to win.",
    },
}


def load_all() -> dict[str, tuple[int, int, int]]:
    counts = {}
    for kind, row in ROWS.items():
        if kind == "links" and not Product.objects.filter(code="identity").exists():
            make_product(code="identity")
        if kind == "roadmap-items" and not Roadmap.objects.exists():
            bea, ted = (User.objects.create(username=name) for name in ("bea", "ted"))
            products = [Product.objects.get(code="tax")]
            make_roadmap(code="ahead", products=products, business=[bea], technology=[ted])
        if kind == "service-dependencies" and not Service.objects.filter(code="pay").exists():
            make_service(code="pay")
        if kind == "scores" and not Metric.objects.filter(code="satisfied").exists():
            product = Product.objects.get(code="tax")
            make_metric(code="satisfied", product=product, behaviour="level", asks="satisfaction")
        if kind == "transfers" and not FundingStream.objects.filter(code="levy").exists():
            make_stream(code="levy")
        report = load_rows(kind, [row])
        assert not report.errors, (kind, report.errors)
        counts[kind] = report.counts
    return counts


def test_each_kind_is_loaded_and_loading_it_again_changes_nothing():
    assert ROWS.keys() == KINDS.keys()
    assert set(load_all().values()) == {(1, 0, 0)}
    StaleMark.objects.all().delete()
    rows = {kind.name: kind.model.objects.count() for kind in KINDS.values()}
    assert set(load_all().values()) == {(0, 1, 0)}
    assert {kind.name: kind.model.objects.count() for kind in KINDS.values()} == rows
    assert not StaleMark.objects.exists()
    assert LedgerEntry.objects.get().base_amount == Decimal("110.55")


@pytest.mark.parametrize(
    ("kind", "column", "cell"),
    [
        ("products", "purpose", "Tax a vehicle."),
        ("teams", "illustrative", "yes"),
        ("memberships", "fte", "0.5"),
        ("rates", "monthly_amount", "9000.00"),
        ("assignments", "share", "0.5"),
        ("observations", "value", "7"),
        ("valuations", "high", "9"),
        ("streams", "category", "grow"),
        ("roadmap-items", "effort_high", "9"),
        ("roadmap-items", "horizon", "next"),
        ("streams", "review_months", "12"),
        ("streams", "reviewed_on", ""),
        ("allocations", "monthly_amount", "5"),
        ("allocations", "why", "It does well."),
        ("ledger-entries", "amount", "99.99"),
        ("ledger-entries", "is_capital", "no"),
        ("fx-rates", "rate", "1.2"),
        ("links", "share", "0.5"),
        ("usage", "quantity", "5"),
        ("elasticities", "high", "0.6"),
        ("insights", "kind", "survey"),
        ("insights", "said_by", "4"),
        ("themes", "summary", "It takes weeks."),
        ("scores", "mean", "4.20"),
    ],
)
def test_a_row_that_differs_edits_or_corrects_the_one_that_stands(kind, column, cell):
    load_all()
    report = load_rows(kind, [ROWS[kind] | {column: cell}], source="march.csv")
    assert report.errors == []
    assert report.counts == (0, 0, 1)
    model = KINDS[kind].model
    if not KINDS[kind].is_described:
        new = model.objects.exclude(corrects=None).get()
        old = new.corrects
        assert old.reason == new.reason == "Import of march.csv"
        assert (old.retracted_at, new.retracted_at) == (new.recorded_at, None)
    assert load_rows(kind, [ROWS[kind] | {column: cell}]).counts == (0, 1, 0)


def test_a_new_exchange_rate_converts_the_entries_again():
    load_all()
    load_rows("fx-rates", [ROWS["fx-rates"] | {"rate": "1.2"}])
    assert LedgerEntry.objects.known().get().base_amount == Decimal("120.60")
    assert ExchangeRate.objects.known().count() == 1


def test_nothing_is_loaded_where_one_row_is_bad_and_every_bad_row_is_explained():
    make_metric(code="taxed")
    row = {"metric": "taxed", "starts": "2026-02-01", "ends": "2026-02-02", "value": "1"}
    report = load_rows(
        "observations",
        [
            row,
            row | {"starts": "2026-02-03", "ends": "2026-02-03"},
            row | {"starts": "2026-02-04", "ends": "2026-02-05", "value": "1,234.50"},
            row | {"metric": "texed", "starts": "soon"},
            row,
        ],
    )
    assert [(problem.row, problem.column) for problem in report.errors] == [
        (3, "ends"),
        (4, "value"),
        (5, "metric"),
        (5, "starts"),
        (6, ""),
    ]
    assert "Did you mean taxed?" in report.errors[2].message
    assert "Row 2 has the same metric and starts" in report.errors[4].message
    assert report.bad_rows == 4
    assert not report.is_applied
    assert not Observation.objects.exists()
    assert not StaleMark.objects.exists()


def test_a_dry_run_says_what_would_happen_and_changes_nothing():
    report = load_rows("teams", [{"code": "a", "name": "A"}], dry_run=True)
    assert report.counts == (1, 0, 0)
    assert str(report) == "1 teams would be added, 0 would be corrected, 0 unchanged"
    assert not Team.objects.exists()


def test_parents_may_come_later_in_the_file():
    rows = [
        {"code": "c", "name": "C", "parent": "b"},
        {"code": "b", "name": "B", "parent": "a"},
        {"code": "a", "name": "A", "parent": ""},
    ]
    assert load_rows("value-streams", rows).counts == (3, 0, 0)
    assert ValueStream.objects.get(code="c").parent.parent.code == "a"
    assert load_rows("value-streams", rows).counts == (0, 3, 0)


def test_parents_that_turn_round_are_followed():
    top = make_value_stream(code="a")
    make_value_stream(code="b", parent=top)
    rows = [{"code": "a", "name": "A", "parent": "b"}, {"code": "b", "name": "B", "parent": ""}]
    assert load_rows("value-streams", rows).errors == []
    assert ValueStream.objects.get(code="a").parent.code == "b"


def test_parents_in_a_loop_are_refused_by_name():
    rows = [{"code": "a", "name": "A", "parent": "b"}, {"code": "b", "name": "B", "parent": "a"}]
    report = load_rows("value-streams", rows)
    assert [(problem.row, problem.column) for problem in report.errors] == [(2, "parent"), (3, "parent")]
    assert "a, b lie below each other" in report.errors[0].message


def test_a_row_that_stands_on_a_bad_one_is_not_blamed():
    rows = [{"code": "a", "name": "", "parent": ""}, {"code": "b", "name": "B", "parent": "a"}]
    assert [(problem.row, problem.column) for problem in load_rows("value-streams", rows).errors] == [(2, "name")]


def test_an_empty_cell_takes_away_what_can_be_empty_and_leaves_the_rest():
    product = make_product(code="p", stage="grow", purpose="Old", name="Old")
    stream = product.value_stream.code
    load_rows("products", [{"code": "p", "name": "New", "value_stream": stream, "stage": "", "purpose": ""}])
    product.refresh_from_db()
    assert (product.name, product.stage, product.purpose) == ("New", "grow", "")


def test_a_column_that_is_left_out_leaves_what_stands():
    product = make_product(code="p", purpose="Keep me")
    load_rows("products", [{"code": "p", "name": "New", "value_stream": product.value_stream.code}])
    product.refresh_from_db()
    assert (product.name, product.purpose) == ("New", "Keep me")


def test_a_correction_may_make_room_for_a_new_row():
    discipline = make_discipline(code="design")
    make_rate(discipline=discipline, starts=date(2026, 1, 1))
    rows = [
        {"discipline": "design", "monthly_amount": "9000", "starts": "2026-06-01", "ends": ""},
        {"discipline": "design", "monthly_amount": "8000", "starts": "2026-01-01", "ends": "2026-06-01"},
    ]
    assert load_rows("rates", rows).counts == (1, 0, 1)


def test_shares_that_are_exchanged_are_corrected_in_the_order_that_works():
    supplier, one, two = make_product(code="s"), make_product(code="one"), make_product(code="two")
    make_link(supplier=supplier, consumer=one, share=Decimal("0.4"))
    make_link(supplier=supplier, consumer=two, share=Decimal("0.6"))
    row = {"supplier": "s", "starts": "2026-01-01", "ends": ""}
    report = load_rows("links", [row | {"consumer": "one", "share": "0.6"}, row | {"consumer": "two", "share": "0.4"}])
    assert report.errors == []
    assert {link.consumer.code: link.share for link in Link.objects.known()} == {
        "one": Decimal("0.6"),
        "two": Decimal("0.4"),
    }


def test_a_rule_of_the_model_is_explained_beside_its_column():
    make_team(code="t"), make_person(code="p"), make_discipline(code="d")
    row = {"person": "p", "team": "t", "discipline": "d", "starts": "2026-01-01"}
    report = load_rows("memberships", [row | {"fte": "1.6"}, row | {"fte": "1", "starts": "2025-01-01"}])
    assert [problem.row for problem in report.errors] == [2]
    assert "at most 1.50" in report.errors[0].message
    report = load_rows("memberships", [row | {"fte": "1"}, row | {"fte": "1", "starts": "2026-02-01"}])
    assert [(problem.row, problem.column) for problem in report.errors] == [(3, "starts")]
    assert not Membership.objects.exists()


def test_a_missing_exchange_rate_names_the_pair_and_the_date():
    make_product(code="p")
    row = {"reference": "1", "product": "p", "starts": "2026-02-01", "ends": "2026-02-02", "amount": "1"}
    report = load_rows("ledger-entries", [row | {"currency": "EUR"}])
    assert [(problem.row, problem.column) for problem in report.errors] == [(2, "currency")]
    assert "from EUR to USD on 2026-02-01" in report.errors[0].message


def test_usage_by_customers_outside_has_no_consumer():
    make_product(code="s")
    assert load_rows("usage", [{"supplier": "s", "consumer": "", "month": "2026-02", "quantity": "5"}]).counts == (
        1,
        0,
        0,
    )
    assert Usage.objects.get().consumer is None


def test_two_insights_differ_by_what_was_said():
    make_product(code="p")
    row = {"product": "p", "said_on": "2026-03-01", "kind": "survey", "source": "S"}
    assert load_rows("insights", [row | {"text": "One"}, row | {"text": "Two"}]).counts == (2, 0, 0)
    assert Insight.objects.count() == 2


def test_rows_need_rights_and_each_row_without_is_named():
    mine, other = make_product(code="mine"), make_product(code="other")
    owner = make_user("product_owner", product=mine)
    make_metric(code="m", product=mine), make_metric(code="o", product=other)
    row = {"starts": "2026-02-01", "ends": "2026-02-02", "value": "1"}
    report = load_rows("observations", [row | {"metric": "m"}, row | {"metric": "o"}], by=owner)
    assert [problem.row for problem in report.errors] == [3]
    assert "one of these roles" in report.errors[0].message
    report = load_rows("observations", [row | {"metric": "m"}], by=owner)
    assert Observation.objects.get().recorded_by == owner
    report = load_rows(
        "metrics", [{"code": "o", "product": "mine", "name": "x", "behaviour": "flow", "unit": "u"}], by=owner
    )
    assert [problem.row for problem in report.errors] == [2]
    assert Metric.objects.get(code="o").product == other


def test_an_observation_of_a_value_stream_is_reached_through_its_product():
    stream = make_value_stream()
    make_metric(code="m", product=make_product(value_stream=stream))
    leader = make_user("leader", value_stream=stream)
    row = {"metric": "m", "starts": "2026-02-01", "ends": "2026-02-02", "value": "1"}
    assert load_rows("observations", [row], by=leader).errors == []


def test_a_rate_that_may_not_be_read_cannot_be_guessed_by_loading_it():
    rate = make_rate(monthly_amount=Decimal("8000"))
    finance = make_user("finance_partner", product=make_product())
    row = {"discipline": rate.discipline.code, "starts": "2026-01-01", "ends": ""}
    said = {load_rows("rates", [row | {"monthly_amount": amount}], by=finance).errors[0] for amount in ("8000", "9")}
    assert len(said) == 1
    assert Rate.objects.count() == 1


def test_an_entry_that_moves_to_another_product_takes_a_role_over_both():
    mine, other = make_product(code="mine"), make_product(code="other")
    finance = make_user("finance_partner", product=mine)
    row = {"reference": "1", "starts": "2026-02-01", "ends": "2026-02-02", "amount": "1"}
    load_rows("ledger-entries", [row | {"product": "other"}])
    assert load_rows("ledger-entries", [row | {"product": "mine"}], by=finance).errors
    assert LedgerEntry.objects.get().product == other


def test_the_same_file_twice_at_once_is_refused_not_doubled():
    make_observation(metric=make_metric(code="m"), starts=date(2026, 2, 1))
    rows = [{"metric": "m", "starts": "2026-02-01", "ends": "2026-02-02", "value": "100", "source": ""}]
    assert load_rows("observations", rows).counts == (0, 1, 0)


def test_rows_given_as_mappings_have_their_columns_checked():
    report = load_rows("teams", [{"code": "a", "nom": "A"}])
    assert [(problem.row, problem.column) for problem in report.errors] == [(1, "nom"), (1, "name")]


def test_no_rows_are_nothing_to_do():
    assert load_rows("teams", []).counts == (0, 0, 0)


def test_an_unknown_kind_is_refused_with_the_nearest():
    with pytest.raises(UnknownKind, match=r"Did you mean teams\?"):
        load_rows("team", [])


def test_a_file_with_a_ragged_row_explains_the_others_too():
    report = load_file("teams", b"code,name\nA,One\nb\nc,Three\n")
    assert [problem.row for problem in report.errors] == [2, 3]
    assert not Team.objects.exists()


def test_the_marks_of_many_memberships_are_written_once():
    make_stream()
    team, product = make_team(code="t"), make_product(code="p")
    load_rows("assignments", [{"team": "t", "product": "p", "share": "1", "starts": "2026-01-01", "ends": ""}])
    StaleMark.objects.all().delete()
    make_discipline(code="d")
    for number in range(3):
        make_person(code=f"p-{number}")
    rows = [
        {"person": f"p-{n}", "team": team.code, "discipline": "d", "fte": "1", "starts": "2026-01-01"} for n in range(3)
    ]
    assert load_rows("memberships", rows).counts == (3, 0, 0)
    months = list(StaleMark.objects.filter(product=product).values_list("month", flat=True))
    assert len(months) == len(set(months)) > 1


def test_a_row_recorded_by_a_clock_ahead_of_ours_can_be_corrected_by_a_file():
    entry = make_ledger_entry(product=make_product(code="tax"), recorded_at=timezone.now() + timedelta(hours=1))
    row = {"reference": entry.reference, "product": "tax", "starts": "2026-01-01", "ends": "2026-01-02", "amount": "7"}
    assert load_rows("ledger-entries", [row]).counts == (0, 0, 1)
    entry.refresh_from_db()
    assert entry.retracted_at == entry.corrected_by.recorded_at == entry.recorded_at
