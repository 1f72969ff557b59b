"""What a proposal froze never changes, whatever is done to it, its scenario, its money and the figures."""

import json
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funding.models import Allocation
from portfolio.common import actions
from portfolio.common.errors import TwofoldError
from portfolio.rebalance.decision_actions import apply, approve, decline, revert, withdraw
from portfolio.rebalance.freezing import canonical, digest_of
from portfolio.rebalance.models import Decision, Scenario, ScenarioLine
from tests.factories import make_user
from tests.rebalance.proposals import make_decision

pytestmark = pytest.mark.django_db

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def _edit(decision: Decision, by) -> None:
    ScenarioLine.objects.filter(scenario=decision.scenario).update(monthly_amount=Decimal("7.00"))
    Scenario.objects.filter(pk=decision.scenario_id).update(name="Another", version=9)


def _move_ground(decision: Decision, by) -> None:
    line = decision.lines.first()
    row = Allocation.objects.known().filter(stream=line.stream, product=line.product).order_by("starts").last()
    if row:
        actions.correct(row, changes={"monthly_amount": row.monthly_amount + 1}, reason="Agreed", by=None)


STEPS = {
    "approve": lambda decision, by: approve(decision, by=by),
    "decline": lambda decision, by: decline(decision, comment="No.", by=by),
    "withdraw": lambda decision, by: withdraw(decision, why="No.", by=decision.proposed_by),
    "apply": lambda decision, by: apply(decision, by=by),
    "revert": lambda decision, by: revert(decision, why="It did not help.", by=by),
    "edit": _edit,
    "move": _move_ground,
}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=8))
def test_whatever_is_done_a_decision_keeps_what_it_froze(db, steps):
    with transaction.atomic():
        decision = make_decision()
        lines = list(decision.lines.values_list("stream", "product", "before", "after"))
        people = {"approve": make_user("finance_partner")}
        for step in steps:
            try:
                STEPS[step](decision, people.get(step) or make_user("leader", "finance_partner"))
            except TwofoldError:
                continue

        stored = Decision.objects.get(pk=decision.pk)
        assert digest_of(stored) == stored.digest == decision.digest
        assert list(stored.lines.values_list("stream", "product", "before", "after")) == lines
        for other in Decision.objects.all():
            assert digest_of(other) == other.digest
        transaction.set_rollback(True)  # each example begins with nothing


@given(what=JSON)
def test_the_same_content_is_written_the_same(what):
    assert canonical(json.loads(json.dumps(what))) == canonical(what)


@given(number=st.integers(-(10**11), 10**11))
def test_a_number_is_the_same_as_an_integer_and_as_a_float(number):
    assert canonical([number]) == canonical([float(number)])


@pytest.mark.parametrize("column", ["title", "why", "seed", "starts", "frozen"])
def test_any_change_of_what_was_frozen_is_seen(column):
    decision = make_decision()
    other = {"title": "T", "why": "W", "seed": 5, "starts": "2020-01-01", "frozen": {"is_predicted": True}}[column]
    Decision.objects.filter(pk=decision.pk).update(**{column: other})
    assert digest_of(Decision.objects.get(pk=decision.pk)) != decision.digest


def test_a_changed_line_is_seen():
    decision = make_decision()
    decision.lines.filter(pk=decision.lines.first().pk).update(after=1)
    assert digest_of(decision) != decision.digest
