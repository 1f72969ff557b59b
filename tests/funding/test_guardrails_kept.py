"""Allocations that break a guardrail, or break it further, are refused unless a waiver is in force."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from funding.guardrails import GuardrailBroken, check, frame, require_kept
from funding.models import Allocation
from portfolio.common import actions
from portfolio.common.afterwards import check_afterwards, checked_together
from portfolio.intake.actions import load_rows
from tests import factories as make
from tests.factories import START

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 10)


def amount(text: str) -> Decimal:
    return Decimal(text)


def correct(row, **changes):
    return actions.correct(row, changes=changes, reason="Agreed anew.", by=None)


def standing() -> list[Decimal]:
    return list(Allocation.objects.known().order_by("monthly_amount").values_list("monthly_amount", flat=True))


def test_an_allocation_that_breaks_a_rule_is_refused_with_the_amount_and_nothing_is_written():
    rule = make.make_guardrail(name="most-on-one", amount=amount("400.00"), owner=make.make_person(name="Ada"))
    product = make.make_product(name="Tax")

    with pytest.raises(GuardrailBroken) as refused:
        make.make_allocation(product=product, monthly_amount=amount("450"), starts=DAY)

    assert str(refused.value).startswith(
        "most-on-one, which Ada answers for, would be broken from 10 Feb 2026 on: Tax gets $450.00 a month, "
        "$50.00 more than the most that is allowed. "
    )
    assert refused.value.breaches[0].outcome.rule == rule
    assert standing() == []


def test_at_the_limit_is_within_it():
    make.make_guardrail(amount=amount("400.00"))

    make.make_allocation(monthly_amount=amount("400"))

    assert standing() == [amount("400")]


def test_all_broken_rules_are_told_at_once():
    make.make_guardrail(name="one", amount=amount("400.00"))
    make.make_guardrail(name="two", kind="stage", stage="explore", amount=amount("100.00"))

    with pytest.raises(GuardrailBroken) as refused:
        make.make_allocation(monthly_amount=amount("450"))

    assert [(b.outcome.rule.name, b.outcome.broken_by) for b in refused.value.breaches] == [("one", 50), ("two", 350)]


def test_a_waiver_in_force_lets_it_be_recorded_until_its_end():
    rule = make.make_guardrail(amount=amount("400.00"))
    make.make_waiver(guardrail=rule, starts=DAY, ends=date(2026, 4, 1))
    given = {"monthly_amount": amount("450"), "starts": DAY}

    make.make_allocation(**given, ends=date(2026, 4, 1))
    with pytest.raises(GuardrailBroken, match="from 1 Apr 2026 on"):
        make.make_allocation(**given)


def test_what_was_broken_already_may_get_better_but_not_worse():
    row = make.make_allocation(monthly_amount=amount("600"))
    make.make_guardrail(amount=amount("400.00"))

    better = correct(row, monthly_amount=amount("500"))
    with pytest.raises(GuardrailBroken, match=r"\$150.00 more .*It was broken by .100.00 before"):
        correct(better, monthly_amount=amount("550"))
    make.make_allocation(monthly_amount=amount("10"))

    assert standing() == [amount("10"), amount("500")]


def test_retracting_or_ending_money_that_a_rule_asks_for_is_refused():
    row = make.make_allocation(monthly_amount=amount("600"))
    make.make_guardrail(kind="stage", stage="explore", bound="least", amount=amount("600.00"))

    with pytest.raises(GuardrailBroken, match=r"\$600.00 less than the least"):
        actions.retract(row, reason="Never agreed.", by=None)
    with pytest.raises(GuardrailBroken, match="from 10 Feb 2026 on"):
        correct(row, ends=DAY)
    assert standing() == [amount("600")]


def test_a_rule_that_begins_later_is_kept_from_then_on():
    make.make_guardrail(amount=amount("400.00"), starts=date(2026, 7, 1))

    make.make_allocation(monthly_amount=amount("450"), ends=date(2026, 7, 1))
    with pytest.raises(GuardrailBroken, match="from 1 Jul 2026 on"):
        make.make_allocation(monthly_amount=amount("450"))


def test_an_allocation_that_stands_later_is_counted():
    product = make.make_product()
    make.make_allocation(product=product, monthly_amount=amount("300"), starts=date(2026, 7, 1))
    make.make_guardrail(amount=amount("400.00"))

    with pytest.raises(GuardrailBroken, match="from 1 Jul 2026 on"):
        make.make_allocation(product=product, monthly_amount=amount("200"))


def test_days_before_a_rule_was_in_force_are_free():
    make.make_guardrail(amount=amount("400.00"), starts=DAY)

    make.make_allocation(monthly_amount=amount("900"), ends=DAY)

    assert standing() == [amount("900")]


def test_a_change_beyond_what_a_quarter_allows_is_refused():
    row = make.make_allocation(monthly_amount=amount("1000"), starts=date(2025, 1, 1))
    make.make_guardrail(kind="change", amount=None, share=amount("0.10"), starts=date(2025, 1, 1))
    stopped = {"product": row.product, "stream": row.stream, "starts": DAY}

    with transaction.atomic(), checked_together():
        correct(row, ends=DAY)
        make.make_allocation(**stopped, monthly_amount=amount("1100"))
    with pytest.raises(GuardrailBroken, match=r"gains \$101.00 a month this quarter, \$1.00 more"):
        correct(Allocation.objects.known().get(starts=DAY), monthly_amount=amount("1101"))


def test_money_can_be_moved_in_one_step_where_either_write_alone_would_break_a_rule():
    stream = make.make_stream()
    a = make.make_allocation(stream=stream, monthly_amount=amount("500"), product=make.make_product(stage="explore"))
    b = make.make_product(stage="explore")
    make.make_guardrail(kind="stage", stage="explore", bound="least", amount=amount("500.00"))

    with pytest.raises(GuardrailBroken):
        correct(a, monthly_amount=amount("200"))
    with transaction.atomic(), checked_together():
        correct(a, monthly_amount=amount("200"))
        make.make_allocation(stream=stream, product=b, monthly_amount=amount("300"))

    assert standing() == [amount("200"), amount("300")]


def test_a_row_recorded_and_corrected_in_one_step_was_not_there_before():
    make.make_guardrail(amount=amount("400.00"))

    with pytest.raises(GuardrailBroken) as refused, transaction.atomic(), checked_together():
        correct(make.make_allocation(monthly_amount=amount("900")), monthly_amount=amount("450"))

    assert "before" not in str(refused.value)


def test_an_import_is_checked_at_its_end_and_not_by_row():
    stream = make.make_stream(code="fees")
    for code in ("a", "b"):
        make.make_allocation(
            stream=stream, product=make.make_product(code=code, stage="explore"), monthly_amount=amount("300")
        )
    make.make_guardrail(kind="stage", stage="explore", bound="least", amount=amount("600.00"), name="explore")

    def load(a: str, b: str):
        rows = [
            {"stream": "fees", "product": code, "monthly_amount": given, "starts": "2026-01-01", "ends": ""}
            for code, given in (("a", a), ("b", b))
        ]
        return load_rows("allocations", rows)

    moved, taken = load("100.00", "500.00"), load("100.00", "400.00")

    assert (moved.errors, moved.corrected) == ([], 2)
    assert [(error.row, "explore, which" in error.message) for error in taken.errors] == [(0, True)]
    assert standing() == [amount("100"), amount("500")]


def test_a_file_with_a_bad_row_is_told_of_that_row_and_not_of_rules():
    make.make_stream(code="fees")
    make.make_product(code="a")
    make.make_guardrail(amount=amount("400.00"))
    row = {"stream": "fees", "product": "a", "monthly_amount": "900.00", "starts": "2026-01-01", "ends": ""}

    report = load_rows("allocations", [row, row | {"starts": "2026-02-01"}])

    assert [error.row for error in report.errors] == [3]


def test_a_thousand_rows_are_checked_in_as_many_queries_as_two():
    stream = make.make_stream(category="run")
    make.make_guardrail(kind="category", category="run", amount=amount("400000.00"))

    def queries(count: int) -> int:
        rows = [make_plain(stream, make.make_product()) for _ in range(count)]
        with CaptureQueriesContext(connection) as counted:
            require_kept(recorded=rows)
        return len(counted)

    def make_plain(stream, product):
        return Allocation.objects.create(stream=stream, product=product, monthly_amount=1, starts=START)

    assert queries(2) == queries(40) <= 14


def test_without_guardrails_one_query_is_all_there_is():
    row = make.make_allocation()

    with CaptureQueriesContext(connection) as counted:
        require_kept(recorded=[row])

    assert len(counted) == 1
    require_kept()


def test_writes_in_bulk_are_held_against_what_stood_before_them():
    row = make.make_allocation(monthly_amount=amount("600"))
    make.make_guardrail(amount=amount("400.00"))
    Allocation.objects.filter(pk=row.pk).update(retracted_at=row.recorded_at)
    new = Allocation.objects.create(
        stream=row.stream, product=row.product, monthly_amount=amount("700"), starts=row.starts
    )

    with pytest.raises(GuardrailBroken, match=r"\$300.00 more .* broken by \$200.00 before"):
        require_kept(recorded=[new], retracted=[row])
    with pytest.raises(GuardrailBroken, match=r"\$300.00 more"):
        require_kept(recorded=[new])


def test_many_products_that_break_one_rule_are_counted():
    make.make_guardrail(kind="product", amount=amount("10.00"))
    stream = make.make_stream(code="fees")
    rows = [
        {"stream": stream.code, "product": make.make_product().code, "monthly_amount": "20.00", "starts": "2026-01-01"}
        for _ in range(7)
    ]

    report = load_rows("allocations", rows)

    assert "So do 2 more products." in report.errors[0].message


def test_what_was_never_written_is_not_checked():
    row = make.make_allocation(monthly_amount=amount("100"))
    make.make_guardrail(amount=amount("400.00"))

    with pytest.raises(ValidationError), checked_together():
        make.make_allocation(stream=row.stream, product=row.product, monthly_amount=amount("900"))


def test_checks_are_made_once_and_by_whoever_groups_most():
    seen = []

    with checked_together():
        check_afterwards(seen.append, 1)
        with checked_together(unless=lambda: True):
            check_afterwards(seen.append, 2)
        with checked_together():
            check_afterwards(seen.append, 3)
        assert seen == []

    assert seen == [[1, 3]]
    with pytest.raises(RuntimeError, match="inside of checked_together"):
        check_afterwards(seen.append, 4)


def test_pages_and_api_say_which_rule_is_broken(client):
    leader = make.make_user("leader")
    client.force_login(leader)
    make.make_guardrail(name="most-on-one", amount=amount("400.00"))
    product, stream = make.make_product(code="tax"), make.make_stream(code="fees")
    given = {"monthly_amount": "450.00", "starts": "2026-01-01"}

    page = client.post("/funding/allocations/add/", given | {"stream": stream.pk, "product": product.pk})
    answer = client.post(
        "/api/v1/allocations/", given | {"stream": "fees", "product": "tax"}, content_type="application/json"
    )

    assert page.status_code == 422
    assert "most-on-one, which" in page.content.decode()
    assert answer.status_code == 400
    assert "$50.00 more than the most that is allowed" in answer.json()["detail"]
    assert check(frame(START))[0].broken_by == 0
