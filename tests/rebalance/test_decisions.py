"""Proposals: who must approve them, what they freeze, and what applying and reverting them does."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from funding.models import Allocation
from portfolio.common import actions
from portfolio.common.errors import NotAllowed
from portfolio.rebalance import approvals
from portfolio.rebalance.decision_actions import (
    NotOpen,
    ProposalRefused,
    ScenarioChanged,
    apply,
    approve,
    decline,
    propose,
    revert,
    withdraw,
)
from portfolio.rebalance.freezing import digest_of
from portfolio.rebalance.ground import GroundMoved
from portfolio.rebalance.models import Decision, ScenarioLine, Status
from tests.factories import (
    make_allocation,
    make_close,
    make_ledger_entry,
    make_product,
    make_user,
    make_value_stream,
)
from tests.rebalance.proposals import STARTS, make_approved, make_decision, make_move, make_scenario, paid

pytestmark = pytest.mark.django_db


# -- Proposing -------------------------------------------------------------------------------------------------------


def test_a_proposal_freezes_the_lines_that_differ():
    one, two = make_allocation(monthly_amount=Decimal("500.00")), make_allocation()
    decision = make_decision(make_scenario((one, "600.00"), (two, two.monthly_amount)))

    [line] = decision.lines.all()
    assert (line.stream, line.product) == (one.stream, one.product)
    assert (line.before, line.after) == (Decimal("500.00"), Decimal("600.00"))


def test_a_proposal_does_not_move_with_its_scenario():
    decision = make_decision()
    ScenarioLine.objects.filter(scenario=decision.scenario).update(monthly_amount=7)

    assert [line.after for line in decision.lines.all()] == [Decimal("800.00"), Decimal("1200.00")]
    assert digest_of(Decision.objects.get(pk=decision.pk)) == decision.digest


def test_what_other_people_changed_outside_of_the_scenario_is_left_alone():
    moved, untouched = make_allocation(), make_allocation()
    scenario = make_scenario((moved, "900.00"), (untouched, untouched.monthly_amount))
    actions.correct(untouched, changes={"monthly_amount": Decimal("1.00")}, reason="Agreed elsewhere", by=None)

    assert [line.product for line in make_decision(scenario).lines.all()] == [moved.product]


def test_before_is_what_stands_when_it_is_proposed():
    allocation = make_allocation()
    scenario = make_scenario((allocation, "900.00"))
    actions.correct(allocation, changes={"monthly_amount": Decimal("950.00")}, reason="Agreed elsewhere", by=None)

    assert make_decision(scenario).lines.get().before == Decimal("950.00")


def test_a_scenario_that_changes_nothing_is_no_proposal():
    allocation = make_allocation()
    with pytest.raises(ProposalRefused, match="changes no amount from 1 Apr 2026 on"):
        make_decision(make_scenario((allocation, allocation.monthly_amount)))


def test_a_scenario_that_moved_on_is_looked_at_again_first():
    with pytest.raises(ScenarioChanged, match="is at version 1, and you looked at version 3"):
        make_decision(version=3)


def test_an_amount_agreed_for_later_refuses_the_proposal():
    allocation = make_allocation(ends=date(2026, 6, 1))
    make_allocation(stream=allocation.stream, product=allocation.product, starts=date(2026, 6, 1))
    with pytest.raises(ProposalRefused, match="agreed to change on 1 Jun 2026"):
        make_decision(make_scenario((allocation, "1.00")))


def test_a_proposal_says_what_and_why():
    with pytest.raises(ValidationError) as refused:
        make_decision(title="", why="")
    assert set(refused.value.message_dict) == {"title", "why"}


def test_who_may_not_change_the_scenario_may_not_propose_it():
    with pytest.raises(NotAllowed):
        make_decision(by=make_user("business_partner"))


# -- Approving -------------------------------------------------------------------------------------------------------


def test_a_leader_and_a_finance_partner_approve_it():
    decision = make_decision(by=make_user("leader"))
    assert decision.status == Status.PROPOSED

    approve(decision, comment="The money is there.", by=make_user("finance_partner"))

    assert decision.status == Status.APPROVED
    assert [approval.role for approval in decision.approvals.all()] == ["leader", "finance_partner"]


def test_an_owner_who_proposes_has_approved_nothing():
    scenario = make_move()
    decision = make_decision(scenario, by=make_user("product_owner"))
    assert not decision.approvals.exists()

    approve(decision, by=make_user("leader"))
    assert decision.status == Status.PROPOSED
    approve(decision, by=make_user("finance_partner"))
    assert decision.status == Status.APPROVED


def test_the_proposer_alone_never_approves_whatever_roles_they_hold():
    both = make_user("leader", "finance_partner")
    decision = make_decision(by=both)

    with pytest.raises(NotAllowed, match="Somebody else must approve it as well"):
        approve(decision, by=both)
    with pytest.raises(NotOpen, match="not approved yet: it needs a finance partner over all 2 products"):
        apply(decision, by=both)


@pytest.mark.parametrize("role", ["leader", "finance_partner"])
def test_who_holds_both_roles_counts_in_the_one_that_the_other_person_leaves(role):
    decision = make_decision(by=make_user("leader", "finance_partner"))

    approve(decision, by=make_user(role))

    assert decision.status == Status.APPROVED
    assert {approval.role for approval in decision.approvals.all()} == {"leader", "finance_partner"}


def test_two_leaders_are_not_enough():
    decision = make_decision()
    approve(decision, by=make_user("leader"))

    assert decision.status == Status.PROPOSED
    assert approvals.missing(decision.approvals.all()) == ["finance_partner"]


def test_a_role_over_some_of_the_products_is_not_enough():
    decision = make_decision()
    product = decision.lines.first().product
    with pytest.raises(NotAllowed, match="over every product that it changes: Licences, Tests"):
        approve(decision, by=make_user("finance_partner", product=product))


def test_roles_over_a_value_stream_cover_what_is_below_it():
    top = make_value_stream(name="Vehicles")
    below = make_value_stream(parent=top)
    allocation = make_allocation(product=make_product(value_stream=below))
    decision = make_decision(
        make_scenario((allocation, "1.00"), value_stream=top), by=make_user("leader", value_stream=top)
    )
    words = approvals.needed_in_words(decision, list(decision.approvals.all()), [allocation.product])
    assert words == [f"a finance partner over {allocation.product}, other than {decision.proposed_by}"]

    approve(decision, by=make_user("finance_partner", value_stream=below))
    assert decision.status == Status.APPROVED


def test_a_yes_is_given_once():
    decision, somebody = make_decision(), make_user("leader")
    approve(decision, by=somebody)
    with pytest.raises(NotOpen, match="approved this already"):
        approve(decision, by=somebody)


def test_a_no_ends_it_and_needs_a_reason():
    decision, somebody = make_decision(), make_user("finance_partner")
    with pytest.raises(ValidationError, match="Say why"):
        decline(decision, comment=" ", by=somebody)

    decline(decision, comment="Not this year.", by=somebody)

    assert (decision.status, decision.ended_by, decision.ended_why) == (Status.DECLINED, somebody, "Not this year.")
    with pytest.raises(NotOpen, match="was declined by"):
        approve(decision, by=make_user("leader"))


def test_who_approved_may_think_again_until_it_is_applied():
    decision, somebody = make_decision(), make_user("finance_partner")
    approve(decision, by=somebody)
    decline(decision, comment="The budget was cut.", by=somebody)

    assert decision.status == Status.DECLINED
    assert decision.approvals.get(by=somebody).is_approval


def test_only_who_proposed_it_withdraws_it():
    somebody = make_user("leader")
    decision = make_decision(by=somebody)
    with pytest.raises(NotAllowed, match="may withdraw it"):
        withdraw(decision, why="No.", by=make_user("leader"))
    with pytest.raises(NotAllowed, match="withdraw it instead"):
        decline(decision, comment="No.", by=somebody)

    withdraw(decision, why="Something better came up.", by=somebody)
    assert decision.status == Status.WITHDRAWN


# -- Applying --------------------------------------------------------------------------------------------------------


def test_applying_changes_every_allocation_and_says_which_came_of_it():
    decision, somebody = make_approved(), make_user("finance_partner")
    apply(decision, by=somebody)

    assert paid(decision, date(2026, 3, 31)) == [Decimal("1000.00"), Decimal("1000.00")]
    assert paid(decision) == [Decimal("800.00"), Decimal("1200.00")]
    assert (decision.status, decision.applied_by) == (Status.APPLIED, somebody)
    for line in decision.lines.all():
        assert (line.allocation.monthly_amount, line.allocation.starts) == (line.after, STARTS)
        assert line.allocation.why.startswith(f"Decision {decision.pk}: Move 200")


def test_applying_it_again_is_refused_in_words_and_changes_nothing():
    decision, somebody = make_approved(), make_user("leader")
    apply(decision, by=somebody)
    rows = Allocation.objects.count()

    with pytest.raises(NotOpen, match=f"This was applied by {somebody} on .*; all of it is in force"):
        apply(decision, by=make_user("leader"))
    assert Allocation.objects.count() == rows


def test_money_that_stops_ends_its_allocation():
    allocation = make_allocation()
    decision = apply(make_approved(make_scenario((allocation, "0.00"))), by=make_user("leader"))

    assert not Allocation.objects.known().current(STARTS).exists()
    assert decision.lines.get().allocation is None


def test_a_stream_that_paid_nothing_begins_to_pay():
    old = make_allocation()
    scenario = make_scenario((old, "900.00"))
    product = make_product()
    ScenarioLine.objects.create(
        scenario=scenario, stream=old.stream, product=product, base_amount=0, monthly_amount=Decimal("100.00")
    )
    decision = apply(make_approved(scenario), by=make_user("leader"))

    assert paid(decision) == [Decimal("900.00"), Decimal("100.00")]
    assert [line.before for line in decision.lines.order_by("pk")] == [Decimal("1000.00"), Decimal("0.00")]


def test_what_is_not_approved_is_not_applied():
    with pytest.raises(NotOpen, match="needs a finance partner"):
        apply(make_decision(), by=make_user("leader"))


def test_who_covers_only_some_of_it_does_not_apply_it():
    decision = make_approved()
    with pytest.raises(NotAllowed):
        apply(decision, by=make_user("leader", product=decision.lines.first().product))
    assert paid(decision) == [Decimal("1000.00"), Decimal("1000.00")]


def test_it_is_refused_where_the_ground_moved_with_each_thing_that_did():
    decision = make_approved()
    first, second = (line.allocation_before for line in _with_allocations(decision))
    actions.correct(first, changes={"monthly_amount": Decimal("1100.00")}, reason="Agreed elsewhere", by=None)
    actions.correct(second, changes={"ends": date(2026, 9, 1)}, reason="Agreed elsewhere", by=None)
    make_allocation(stream=second.stream, product=second.product, starts=date(2026, 9, 1))

    with pytest.raises(GroundMoved) as refused:
        apply(decision, by=make_user("leader"))

    assert refused.value.differences == [
        "Fees to Licences was $1,000.00 a month when it was proposed and is $1,100.00.",
        "Fees to Tests is agreed to change on 1 Sep 2026.",
    ]
    assert "2 things moved" in str(refused.value)
    decision.refresh_from_db()
    assert decision.status == Status.APPROVED
    assert paid(decision) == [Decimal("1100.00"), Decimal("1000.00")]


def test_it_is_refused_where_its_first_month_was_closed_meanwhile(settings):
    decision = make_approved()
    settings.TWOFOLD_TODAY = date(2027, 6, 30)
    make_ledger_entry(product=decision.lines.first().product)
    make_close(month=decision.starts.replace(day=1))
    with pytest.raises(GroundMoved, match="is closed, and the money was to be split anew"):
        apply(decision, by=make_user("leader"))
    assert paid(decision) == [Decimal("1000.00"), Decimal("1000.00")]


def _with_allocations(decision):
    lines = list(decision.lines.order_by("pk"))
    for line in lines:
        line.allocation_before = Allocation.objects.known().get(stream=line.stream, product=line.product)
    return lines


# -- Reverting -------------------------------------------------------------------------------------------------------


def test_a_revert_is_a_decision_of_its_own_that_is_approved_like_any_other():
    somebody = make_user("leader")
    decision = apply(make_approved(), by=somebody)

    back = revert(decision, why="It did not help.", starts=date(2026, 7, 1), by=somebody)

    assert (back.reverts, back.status, back.title) == (decision, Status.PROPOSED, "Revert: Move 200 to tests")
    assert [(line.before, line.after) for line in back.lines.order_by("pk")] == [
        (Decimal("800.00"), Decimal("1000.00")),
        (Decimal("1200.00"), Decimal("1000.00")),
    ]
    with pytest.raises(NotOpen):
        apply(back, by=somebody)
    assert Decision.objects.get(pk=decision.pk).status == Status.APPLIED

    approve(back, by=make_user("finance_partner"))
    apply(back, by=somebody)

    assert Decision.objects.get(pk=decision.pk).status == Status.REVERTED
    assert paid(decision, date(2026, 6, 30)) == [Decimal("800.00"), Decimal("1200.00")]
    assert paid(decision, date(2026, 7, 1)) == [Decimal("1000.00"), Decimal("1000.00")]


def test_a_revert_that_was_declined_may_be_proposed_again_but_not_twice_at_once():
    somebody = make_user("leader")
    decision = apply(make_approved(), by=somebody)
    first = revert(decision, why="It did not help.", by=somebody)
    with pytest.raises(NotOpen, match=f"see decision {first.pk}"):
        revert(decision, why="It did not help.", by=somebody)

    withdraw(first, why="Wait and see.", by=somebody)
    assert revert(decision, why="It still does not.", by=somebody).status == Status.PROPOSED


def test_what_was_not_applied_is_not_reverted():
    with pytest.raises(NotOpen, match="waits to be applied"):
        revert(make_approved(), why="No.", by=make_user("leader"))


def test_a_decision_cannot_be_applied_by_nobody():
    decision = make_decision()
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(status=Status.APPLIED)


def test_proposing_locks_nothing_out_a_second_proposal_may_stand_beside_the_first():
    scenario, somebody = make_move(), make_user("leader")
    first, second = (
        propose(scenario, version=1, title=title, why="It returns more.", by=somebody) for title in ("One", "Two")
    )
    finance = make_user("finance_partner")
    for decision in (first, second):
        approve(decision, by=finance)
    apply(first, by=somebody)

    with pytest.raises(GroundMoved, match=r"was \$1,000\.00 a month when it was proposed and is \$800\.00"):
        apply(second, by=somebody)
