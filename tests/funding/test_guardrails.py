"""What each kind of guardrail measures, by how much it is kept or broken, and how waivers let it go."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from funding.guardrails import as_bounds, check, frame, quarter_of, read_books
from funding.models import Guardrail
from portfolio.common import actions
from portfolio.common.errors import TwofoldError
from tests import factories as make
from tests.factories import START
from tests.funding.splits import random_frame

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 10)


def outcome(rule=None, on=DAY, known=None):
    """Return how the split that stands is to the only guardrail, or to one by name."""
    found = check(frame(on, known))
    return next(one for one in found if rule is None or one.rule.name == rule.name)


def money(amount: str) -> Decimal:
    return Decimal(amount)


# -- Kinds -------------------------------------------------------------------------------------------------------------


def test_a_category_is_measured_over_all_its_streams():
    for code, category, amount in (("a", "transform", "300"), ("b", "transform", "150"), ("c", "run", "550")):
        make.make_allocation(stream=make.make_stream(code=code, category=category), monthly_amount=money(amount))
    most = make.make_guardrail(kind="category", category="transform", amount=money("400.00"))
    least = make.make_guardrail(kind="category", category="run", bound="least", amount=None, share=money("0.5"))

    broken, kept = outcome(most), outcome(least)

    assert (broken.measured, broken.limit, broken.distance, broken.broken_by) == (450, 400, -50, 50)
    assert broken.words == "Transform gets $450 a month, $50 more than the most that is allowed."
    assert (kept.measured, kept.limit, kept.distance, kept.broken_by) == (550, 500, 50, 0)
    assert kept.words == "Run gets $550 a month, $50 above the least that is asked."


def test_a_value_stream_is_measured_with_all_below_it():
    top = make.make_value_stream(code="top", name="Top")
    below = make.make_value_stream(code="below", parent=top)
    for stream, amount in ((top, "100"), (below, "200"), (make.make_value_stream(), "700")):
        make.make_allocation(product=make.make_product(value_stream=stream), monthly_amount=money(amount))
    least = make.make_guardrail(kind="value_stream", value_stream=top, bound="least", amount=None, share=money("0.4"))
    most = make.make_guardrail(kind="value_stream", value_stream=below, amount=money("200.00"))

    assert (outcome(least).measured, outcome(least).broken_by) == (300, 100)
    assert outcome(least).words == "Top gets $300 a month, $100 less than the least that is asked."
    assert outcome(most).words == "Below gets $200 a month, exactly the most that is allowed."
    assert outcome(most).is_kept


def test_least_on_explore_is_a_rule_about_a_stage():
    make.make_allocation(product=make.make_product(stage="explore"), monthly_amount=money("50"))
    make.make_allocation(product=make.make_product(stage="sustain"), monthly_amount=money("950"))
    rule = make.make_guardrail(kind="stage", stage="explore", bound="least", amount=None, share=money("0.10"))

    found = outcome(rule)

    assert (found.measured, found.limit, found.broken_by) == (50, 100, 50)
    assert found.words == "Explore products get $50 a month, $50 less than the least that is asked."


def test_a_stream_has_a_ceiling_in_the_base_currency():
    make.make_exchange_rate(currency="EUR", rate=money("0.80"))
    levy = make.make_stream(code="levy", name="Levy", currency="EUR")
    make.make_allocation(stream=levy, monthly_amount=money("1000"))
    rule = make.make_guardrail(kind="stream", stream=levy, amount=money("750.00"))

    assert outcome(rule).words == "Levy pays $800 a month, $50 more than the most that is allowed."


def test_the_most_on_any_one_product_tells_the_largest_and_all_that_break_it():
    for code, amount in (("a", "600"), ("b", "450"), ("c", "10")):
        make.make_allocation(product=make.make_product(code=code, name=code.upper()), monthly_amount=money(amount))
    rule = make.make_guardrail(amount=money("400.00"))

    found = outcome(rule)

    assert [(part.product_name, part.broken_by) for part in found.parts] == [("A", 200), ("B", 50)]
    assert (found.broken_by, found.words) == (200, "A gets $600 a month, $200 more than the most that is allowed.")


def test_money_from_several_streams_counts_together_for_a_named_product():
    product = make.make_product(name="Tax")
    for amount in ("300", "250"):
        make.make_allocation(product=product, monthly_amount=money(amount))
    make.make_allocation(monthly_amount=money("450"))
    rule = make.make_guardrail(product=product, amount=None, share=money("0.5"))

    assert (outcome(rule).measured, outcome(rule).limit, outcome(rule).broken_by) == (550, 500, 50)


def test_a_change_is_measured_against_what_the_product_had_as_the_quarter_began():
    product, stream = make.make_product(name="Tax"), make.make_stream()
    make.make_allocation(
        product=product, stream=stream, monthly_amount=money("1000"), starts=date(2025, 6, 1), ends=date(2026, 1, 1)
    )
    # It changes on the first day of the quarter, and again within it: both count.
    make.make_allocation(product=product, stream=stream, monthly_amount=money("1200"), starts=START, ends=DAY)
    make.make_allocation(product=product, stream=stream, monthly_amount=money("1300"), starts=DAY)
    rule = make.make_guardrail(kind="change", amount=None, share=money("0.25"))

    before, after = outcome(rule, on=DAY - timedelta(days=1)), outcome(rule, on=DAY)

    assert (before.measured, before.limit, before.distance) == (200, 250, 50)
    assert before.words == "Tax gains $200 a month this quarter, $50 below the most that is allowed."
    assert (after.measured, after.broken_by) == (300, 50)
    assert outcome(rule, on=date(2026, 4, 1)).measured == 0


def test_a_product_that_keeps_its_money_has_room_to_change():
    make.make_allocation(product=make.make_product(name="Tax"), starts=date(2025, 1, 1))
    rule = make.make_guardrail(kind="change", amount=None, share=money("0.25"))

    assert outcome(rule).words == "Tax gets what it did as the quarter began, and may change by $250 a month."


def test_what_comes_closest_to_its_limit_is_told_for_its_size():
    stream = make.make_stream()
    for name, before, now in (("Small", "10", "10"), ("Large", "1000", "1200")):
        product = make.make_product(name=name)
        make.make_allocation(
            product=product, stream=stream, monthly_amount=money(before), starts=date(2025, 1, 1), ends=START
        )
        make.make_allocation(product=product, stream=stream, monthly_amount=money(now))
    rule = make.make_guardrail(kind="change", amount=None, share=money("0.25"))

    assert outcome(rule).words == "Large gains $200 a month this quarter, $50 below the most that is allowed."


def test_a_product_that_loses_money_changes_too_and_a_new_one_is_free_to_begin():
    stream, product = make.make_stream(), make.make_product(name="Old")
    make.make_allocation(product=product, stream=stream, starts=date(2025, 1, 1), ends=START)
    make.make_allocation(monthly_amount=money("5000"))
    rule = make.make_guardrail(kind="change", amount=None, share=money("0.5"))

    found = outcome(rule)

    assert [part.product_name for part in found.parts] == ["Old"]
    assert found.words == "Old loses $1.0k a month this quarter, $500 more than the most that is allowed."


def test_a_change_can_be_limited_for_a_stage():
    for stage in ("sustain", "explore"):
        product, stream = make.make_product(stage=stage, name=stage), make.make_stream()
        make.make_allocation(product=product, stream=stream, starts=date(2025, 1, 1), ends=START)
        make.make_allocation(product=product, stream=stream, monthly_amount=money("2000"))
    rule = make.make_guardrail(kind="change", stage="sustain", amount=None, share=money("0.5"))

    assert [part.product_name for part in outcome(rule).parts] == ["sustain"]


def engineers(team, count=3, rate="4000.00"):
    """Put some engineers into a team, all of one discipline."""
    discipline = make.make_discipline()
    make.make_rate(discipline=discipline, monthly_amount=money(rate))
    for _ in range(count):
        make.make_membership(team=team, discipline=discipline)


def test_a_team_is_kept_whole_where_each_of_its_products_gets_its_part_of_what_it_costs():
    team = make.make_team(name="Ours")
    engineers(team)
    for name, share, amount in (("Half", "0.50", "5000"), ("Quarter", "0.25", "3100")):
        product = make.make_product(name=name)
        make.make_assignment(team=team, product=product, share=money(share))
        make.make_allocation(product=product, monthly_amount=money(amount))
    rule = make.make_guardrail(kind="team", team=team, bound="least", amount=None, share=money("1"))

    found = outcome(rule)

    assert [(part.product_name, part.limit, part.broken_by) for part in found.parts] == [("Half", 6000, 1000)]
    assert found.words == "Half gets $5.0k a month, $1.0k less than what keeps Ours whole."


def test_a_product_of_two_teams_pays_for_both_where_every_team_is_kept_whole():
    product = make.make_product()
    for share in ("0.50", "0.25"):
        team = make.make_team()
        engineers(team)
        make.make_assignment(team=team, product=product, share=money(share))
    rule = make.make_guardrail(kind="team", bound="least", amount=None, share=money("0.9"))

    assert outcome(rule).limit == pytest.approx(0.9 * (6000 + 3000))


def test_the_floor_of_a_team_of_one_person_does_not_give_away_what_they_are_paid():
    others, alone = make.make_team(), make.make_team(name="One")
    engineers(others, count=3, rate="4000.00")
    engineers(alone, count=1, rate="9999.00")
    product = make.make_product()
    make.make_assignment(team=alone, product=product)
    rule = make.make_guardrail(kind="team", team=alone, bound="least", amount=None, share=money("1"))

    floor = outcome(rule).limit

    assert floor == pytest.approx((3 * 4000 + 9999) / 4, abs=0.01)


def test_where_hardly_anybody_is_paid_no_team_has_a_floor():
    team, product = make.make_team(), make.make_product()
    engineers(team, count=2)
    make.make_assignment(team=team, product=product)
    rule = make.make_guardrail(kind="team", team=team, bound="least", amount=None, share=money("1"))

    assert not outcome(rule).has_basis
    assert outcome(rule).words == "There is nothing to measure yet."
    assert (outcome(rule).broken_by, outcome(rule).distance) == (0, None)


# -- What is in force --------------------------------------------------------------------------------------------------


def test_a_rule_holds_from_its_first_day_to_the_one_before_its_end():
    rule = make.make_guardrail(starts=date(2026, 2, 1), ends=date(2026, 3, 1))

    def in_force(day):
        return [one.rule.name for one in check(frame(day))]

    assert [in_force(date(2026, 1, 31)), in_force(date(2026, 3, 1))] == [[], []]
    assert [in_force(date(2026, 2, 1)), in_force(date(2026, 2, 28))] == [[rule.name]] * 2


def test_a_waiver_lets_a_rule_go_on_its_days_and_the_amount_is_still_told():
    make.make_allocation(monthly_amount=money("500"))
    rule = make.make_guardrail(amount=money("400.00"))
    waiver = make.make_waiver(guardrail=rule, starts=DAY, ends=date(2026, 3, 1))

    inside, last, after = (outcome(rule, on=day) for day in (DAY, date(2026, 2, 28), date(2026, 3, 1)))

    assert (inside.waiver, inside.broken_by, inside.is_kept, inside.is_allowed) == (waiver, 100, False, True)
    assert last.is_allowed
    assert (after.waiver, after.is_allowed) == (None, False)
    assert not outcome(rule, on=DAY - timedelta(days=1)).is_allowed


def test_a_waiver_for_one_product_lets_no_other_go():
    a, b = make.make_product(name="A"), make.make_product(name="B")
    make.make_allocation(product=a, monthly_amount=money("600"))
    make.make_allocation(product=b, monthly_amount=money("500"))
    rule = make.make_guardrail(amount=money("400.00"))
    make.make_waiver(guardrail=rule, product=a)

    found = outcome(rule)

    assert [part.product_name for part in found.parts] == ["A", "B"]
    assert [part.product_name for part in found.unwaived] == ["B"]
    # What there is something to do about is told first.
    assert found.worst.product_name == "B"


def test_a_waiver_for_a_value_stream_lets_go_what_lies_below_it():
    top = make.make_value_stream()
    product = make.make_product(value_stream=make.make_value_stream(parent=top))
    make.make_allocation(product=product, monthly_amount=money("600"))
    rule = make.make_guardrail(amount=money("400.00"))
    make.make_waiver(guardrail=rule, value_stream=top)

    assert outcome(rule).is_allowed
    assert not outcome(rule).is_kept


def test_the_split_of_a_day_can_be_had_as_it_was_known():
    allocation = make.make_allocation(monthly_amount=money("600"))
    rule = make.make_guardrail(amount=money("400.00"))
    then = rule.recorded_at
    actions.correct(allocation, changes={"monthly_amount": money("300")}, reason="A slip.", by=None)

    assert outcome(rule, known=then).broken_by == 200
    assert outcome(rule).broken_by == 0


def test_a_missing_exchange_rate_is_named():
    make.make_allocation(stream=make.make_stream(currency="SEK"))
    make.make_guardrail()

    with pytest.raises(TwofoldError, match="no exchange rate from SEK to USD on 2026-02-01"):
        frame(DAY)


def test_quarters_are_those_of_the_fiscal_year(settings):
    settings.TWOFOLD_FISCAL_YEAR_START = 2

    assert [quarter_of(date(2026, month, 15)) for month in (1, 2, 4, 5)] == [
        date(2025, 11, 1),
        date(2026, 2, 1),
        date(2026, 2, 1),
        date(2026, 5, 1),
    ]


def test_reading_takes_as_many_queries_for_twenty_rules_and_days_as_for_one():
    team = make.make_team()
    engineers(team)
    make.make_assignment(team=team)
    make.make_exchange_rate()

    def queries(days) -> int:
        with CaptureQueriesContext(
            connection,
        ) as counted:
            books = read_books(days)
            for day in days:
                for one in check(books.frame(day)):
                    assert one.words.endswith(".")
        return len(counted)

    def more(number: int) -> None:
        tree = make.make_value_stream()
        product = make.make_product(value_stream=tree)
        make.make_allocation(product=product, stream=make.make_stream(currency="EUR", category="run"))
        rule = make.make_guardrail(kind="value_stream", value_stream=tree)
        make.make_guardrail(kind="team", team=team, bound="least", amount=None, share=Decimal(1))
        make.make_waiver(guardrail=rule)

    more(1)
    one = queries([DAY])
    for number in range(19):
        more(number)

    assert queries([DAY + timedelta(days=30 * number) for number in range(20)]) == one
    assert one <= 12


# -- Whatever the split ------------------------------------------------------------------------------------------------


@given(random_frame(), st.randoms(use_true_random=False))
def test_a_rule_is_broken_by_something_if_and_only_if_it_is_not_kept(made, random):
    amounts = np.array([random.choice([0.0, random.uniform(0, 500)]) for _ in made.amounts])

    for found in check(made, amounts):
        assert (found.broken_by == 0) == found.is_kept
        assert found.is_kept == (found.distance is None or found.distance >= 0)
        assert [part.broken_by for part in found.parts] == sorted((p.broken_by for p in found.parts), reverse=True)


@given(random_frame(), st.randoms(use_true_random=False))
def test_what_the_bounds_let_through_keeps_every_rule_that_they_stand_for_and_nothing_else_is_refused(made, random):
    by_product = np.array([random.choice([0.0, random.uniform(0, 500)]) for _ in made.product_ids])
    has_line = np.bincount(made.line_products, minlength=len(by_product)) > 0
    by_product[~has_line] = 0
    split = made.spread(by_product)
    bounds = as_bounds(made, float(split.sum()))
    out = {rule.name for rule in (*bounds.unmapped, *bounds.waived)}

    slack = 0.005
    fits = bool(
        (by_product >= bounds.floor - slack).all()
        and (by_product <= bounds.ceiling + slack).all()
        and all(g.least - slack <= by_product[g.members].sum() <= g.most + slack for g in bounds.groups)
    )
    broken = [one.rule.name for one in check(made, split) if one.rule.name not in out and not one.is_allowed]

    assert fits == (not broken)


def test_a_split_by_product_comes_back_from_its_lines():
    product = make.make_product()
    for amount in ("300", "100"):
        make.make_allocation(product=product, monthly_amount=money(amount))
    made = frame(DAY)

    assert made.spread(np.array([1000.0])).tolist() == [750.0, 250.0]
    assert made.by_product(made.spread(np.array([1000.0]))).tolist() == [1000.0]


def test_a_line_that_no_allocation_has_yet_can_be_added():
    allocation = make.make_allocation()
    other = make.make_stream(category="transform")
    rule = make.make_guardrail(kind="category", category="transform", amount=money("100.00"))
    made = frame(DAY).with_lines([(allocation.product_id, other.pk), (allocation.product_id, allocation.stream_id)])

    assert made.amounts.tolist() == [1000.0, 0.0]
    assert check(made, np.array([1000.0, 150.0]))[0].broken_by == 50
    assert [one.rule.name for one in check(made)] == [rule.name]
    with pytest.raises(ValueError, match="no product 0"):
        made.with_lines([(0, other.pk)])
    with pytest.raises(ValueError, match="give one for each"):
        check(made, np.zeros(5))


def test_bounds_say_which_rule_they_come_from_and_the_tightest_counts():
    a, b = make.make_product(name="A"), make.make_product(name="B")
    for product in (a, b):
        make.make_allocation(product=product, monthly_amount=money("500"))
    make.make_guardrail(name="any", amount=money("800.00"))
    make.make_guardrail(name="of-a", product=a, amount=None, share=money("0.6"))
    make.make_guardrail(name="explore", kind="stage", stage="explore", bound="least", amount=None, share=money("0.1"))

    bounds = as_bounds(frame(DAY), budget=1200)

    assert bounds.ceiling.tolist() == [720, 800]
    assert [bounds.ceiling_rule(index).name for index in (0, 1)] == ["of-a", "any"]
    assert bounds.floor_rule(0) is None
    assert [(g.name, g.members.tolist(), g.least, g.most) for g in bounds.groups] == [("explore", [0, 1], 120, np.inf)]


def test_a_rule_on_a_category_that_pays_a_product_in_part_is_left_to_be_checked_after():
    product = make.make_product()
    for category in ("run", "grow"):
        make.make_allocation(product=product, stream=make.make_stream(category=category))
    rule = make.make_guardrail(kind="category", category="run")
    make.make_guardrail(name="waived")
    make.make_waiver(guardrail="waived")

    bounds = as_bounds(frame(DAY))

    assert [one.name for one in bounds.unmapped] == [rule.name]
    assert [one.name for one in bounds.waived] == ["waived"]
    assert bounds.groups == ()


# -- The rows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "category", "category": ""}, "Say what is measured"),
        ({"kind": "category", "category": "run", "stage": "explore"}, "Say what is measured"),
        ({"kind": "stage"}, "Say what is measured"),
        ({"kind": "stream"}, "Say what is measured"),
        ({"kind": "value_stream"}, "Say what is measured"),
        ({"kind": "product", "stage": "explore"}, "Say what is measured"),
        ({"kind": "product", "bound": "least"}, "bounded by a most"),
        ({"kind": "team", "bound": "most", "amount": None, "share": Decimal(1)}, "bounded by a most"),
        ({"kind": "change", "amount": Decimal("5.00")}, "give a share, not an amount"),
        ({"amount": None, "share": None}, "one limit"),
        ({"amount": Decimal("5.00"), "share": Decimal("0.5")}, "one limit"),
        ({"amount": Decimal("-5.00")}, "greater than or equal to 0"),
        ({"amount": None, "share": Decimal("35")}, "at most 1|no more than 1 digit"),
        ({"amount": None, "share": Decimal("3.5")}, "at most 1"),
        ({"category": "nonsense", "kind": "category"}, "not a category here"),
        ({"ends": START}, "must come after the start"),
    ],
)
def test_a_guardrail_says_what_it_measures_and_nothing_else(given, words):
    with pytest.raises(ValidationError, match=words):
        make.make_guardrail(**given)


def test_a_change_names_a_product_or_a_stage_not_both():
    with pytest.raises(ValidationError, match="Say what is measured"):
        make.make_guardrail(kind="change", product=make.make_product(), stage="grow", amount=None, share=Decimal("0.1"))


def test_the_database_itself_keeps_the_rules():
    from django.db import IntegrityError

    with pytest.raises(IntegrityError, match="guardrail_names_what_it_measures"):
        Guardrail.objects.create(
            name="odd", owner=make.make_person(), kind="stage", bound="most", amount=1, starts=START, why="No."
        )


def test_two_guardrails_of_one_name_do_not_hold_on_the_same_day():
    make.make_guardrail(name="rule", ends=date(2026, 6, 1))
    make.make_guardrail(name="rule", starts=date(2026, 6, 1))

    with pytest.raises(ValidationError, match="rule already holds from 2026-01-01 to 2026-06-01"):
        make.make_guardrail(name="rule", starts=date(2026, 5, 1))


def test_a_waiver_needs_an_end_a_rule_and_somebody_else_to_grant_it():
    leader = make.make_user("leader")
    person = make.make_person(user=leader)
    rule = make.make_guardrail(ends=date(2026, 6, 1))

    with pytest.raises(ValidationError, match="cannot be null"):
        make.make_waiver(guardrail=rule, ends=None)
    with pytest.raises(ValidationError, match="No guardrail named nothing holds"):
        make.make_waiver(guardrail="nothing")
    with pytest.raises(ValidationError, match=f"No guardrail named {rule.name} holds between 2026-06-01"):
        make.make_waiver(guardrail=rule, starts=date(2026, 6, 1))
    with pytest.raises(ValidationError, match="someone other than the one who asks"):
        make.make_waiver(guardrail=rule, person=person, by=leader)
    assert make.make_waiver(guardrail=rule, person=person, by=make.make_user("finance_partner")).pk


def test_a_rule_that_holds_a_sum_is_waived_as_a_whole():
    rule = make.make_guardrail(kind="stage", stage="explore")

    with pytest.raises(ValidationError, match="That holds a sum"):
        make.make_waiver(guardrail=rule, product=make.make_product())


def test_a_waiver_is_for_a_product_or_a_value_stream_not_both_and_not_twice():
    rule, product = make.make_guardrail(), make.make_product()
    make.make_waiver(guardrail=rule, product=product)

    with pytest.raises(ValidationError, match="not both"):
        make.make_waiver(guardrail=rule, product=make.make_product(), value_stream=make.make_value_stream())
    with pytest.raises(ValidationError, match="is waived already"):
        make.make_waiver(guardrail=rule, product=product, starts=date(2026, 2, 1))


def test_a_waiver_outlives_a_correction_of_its_rule_and_keeps_it_from_being_retracted():
    make.make_allocation(monthly_amount=money("500"))
    rule = make.make_guardrail(amount=money("400.00"))
    waiver = make.make_waiver(guardrail=rule)
    corrected = actions.correct(rule, changes={"amount": money("450.00")}, reason="A slip.", by=None)

    assert outcome(corrected, on=START).waiver == waiver
    with pytest.raises(ValidationError, match="would have nothing left to waive"):
        actions.retract(corrected, reason="No longer.", by=None)
    with pytest.raises(ValidationError, match="would have nothing left to waive"):
        actions.correct(corrected, changes={"name": "other"}, reason="A better name.", by=None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"share": Decimal("0.35")}, "Any one product gets at most 35% of all money."),
        ({"amount": Decimal("5000.00")}, "Any one product gets at most $5,000 a month."),
        ({"kind": "stage", "stage": "explore", "bound": "least", "share": Decimal("0.025")},
         "Explore products get at least 2.5% of all money."),
        ({"kind": "category", "category": "run", "share": Decimal("0.8")}, "Run gets at most 80% of all money."),
        ({"kind": "change", "stage": "sustain", "share": Decimal("0.1")},
         "Any sustain product changes within a quarter by at most 10% of what it had as the quarter began."),
        ({"kind": "team", "bound": "least", "share": Decimal("1")},
         "Every team is kept whole: each of its products gets at least 100% of what the team costs."),
    ],
)  # fmt: skip
def test_a_guardrail_can_be_read_as_a_sentence(given, words):
    assert make.make_guardrail(**({"amount": None} | given)).in_words == words
