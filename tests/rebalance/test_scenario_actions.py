"""What can be done to scenarios, and that nothing is lost by it."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from portfolio.common.errors import NotAllowed
from portfolio.rebalance import scenario_actions as actions
from portfolio.rebalance.models import ScenarioStep, StepKind
from portfolio.rebalance.scenario_actions import ScenarioRefused
from portfolio.rebalance.steps import ScenarioMoved
from tests.factories import make_allocation, make_product, make_scenario, make_stream, make_user, make_value_stream

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 1)


@pytest.fixture
def leader():
    return make_user("leader")


@pytest.fixture
def scenario(leader):
    """A scenario of three lines of 1,000 a month each."""
    for _ in range(3):
        make_allocation(monthly_amount=Decimal("1000.00"))
    return make_scenario(by=leader)


def amounts(scenario) -> list[Decimal]:
    return list(scenario.lines.order_by("pk").values_list("monthly_amount", flat=True))


def give(scenario, line, amount, by, version=None, **more):
    key = scenario.lines.order_by("pk")[line].pk
    changes = {key: {"monthly_amount": Decimal(amount)}}
    version = version or type(scenario).objects.get(pk=scenario.pk).version
    return actions.edit(scenario, version=version, changes=changes, by=by, **more)


# -- Beginning ---------------------------------------------------------------------------------------------------------


def test_a_scenario_begins_with_what_is_allotted_on_its_day(leader):
    stays = make_allocation(monthly_amount=Decimal("500.00"))
    make_allocation(ends=DAY)
    make_allocation(starts=date(2026, 7, 2))
    scenario = make_scenario(by=leader, starts=DAY)
    line = scenario.lines.get()
    assert (line.stream, line.product) == (stays.stream, stays.product)
    assert (line.base_amount, line.monthly_amount, line.is_locked) == (Decimal("500.00"), Decimal("500.00"), False)
    assert (scenario.version, scenario.steps.count()) == (1, 0)


def test_a_scenario_of_a_value_stream_has_the_lines_of_all_below_it(leader):
    top = make_value_stream()
    below = make_value_stream(parent=top)
    inside = make_allocation(product=make_product(value_stream=below))
    make_allocation()
    scenario = make_scenario(by=leader, value_stream=top)
    assert [line.product for line in scenario.lines.all()] == [inside.product]


def test_without_money_on_the_day_there_is_nothing_to_begin_with(leader):
    make_allocation(ends=DAY)
    with pytest.raises(ValidationError, match="No money is allotted to any product on 2026-07-01"):
        actions.begin_scenario(name="Empty", starts=DAY, by=leader)


def test_a_scenario_on_top_of_another_has_its_amounts_and_what_is_allotted_now(scenario, leader):
    give(scenario, 0, "1500", leader)
    newer = make_allocation(monthly_amount=Decimal("70.00"))
    second = make_scenario(by=leader, based_on=scenario)
    assert second.based_on == scenario
    assert sorted(amounts(second)) == [Decimal("70.00"), Decimal("1000.00"), Decimal("1000.00"), Decimal("1500.00")]
    assert second.lines.get(product=newer.product).base_amount == Decimal("70.00")
    assert second.lines.get(monthly_amount=1500).base_amount == Decimal("1000.00")


def test_a_scenario_of_everything_cannot_grow_out_of_one_of_a_part(leader):
    part = make_value_stream()
    make_allocation(product=make_product(value_stream=part))
    first = make_scenario(by=leader, value_stream=part)
    with pytest.raises(ValidationError, match="Choose that value stream"):
        make_scenario(by=leader, based_on=first)


def test_it_takes_a_role_over_the_value_stream_to_begin_one():
    ours, theirs = make_value_stream(), make_value_stream()
    make_allocation(product=make_product(value_stream=ours))
    make_allocation(product=make_product(value_stream=theirs))
    owner = make_user("product_owner", value_stream=ours)
    assert make_scenario(by=owner, value_stream=ours).made_by == owner
    for value_stream in (theirs, None):
        with pytest.raises(NotAllowed):
            make_scenario(by=owner, value_stream=value_stream)


# -- Editing -----------------------------------------------------------------------------------------------------------


def test_an_edit_is_one_step_that_keeps_old_and_new(scenario, leader):
    first, second, _ = scenario.lines.order_by("pk")
    changes = {
        first.pk: {"monthly_amount": Decimal("900"), "is_locked": True},
        second.pk: {"monthly_amount": Decimal("1100")},
    }
    edited = actions.edit(scenario, version=1, changes=changes, by=leader)
    assert amounts(scenario) == [900, 1100, 1000]
    assert edited.scenario.version == edited.step.number == 2
    assert (edited.step.kind, edited.step.by) == (StepKind.EDIT, leader)
    assert {(row["line"], row["field"], row["old"], row["new"]) for row in edited.step.changes} == {
        (first.pk, "monthly_amount", "1000.00", "900.00"),
        (first.pk, "is_locked", "no", "yes"),
        (second.pk, "monthly_amount", "1000.00", "1100.00"),
    }


def test_an_edit_to_what_stands_already_is_no_step(scenario, leader):
    assert give(scenario, 0, "1000", leader).step is None
    give(scenario, 0, "1500", leader)
    assert give(scenario, 0, "1500.00", leader).step is None
    assert ScenarioStep.objects.count() == 1


def test_a_line_of_another_scenario_is_not_edited(scenario, leader):
    other = make_scenario(by=leader)
    with pytest.raises(ValidationError, match="has no line"):
        actions.edit(scenario, version=1, changes={other.lines.first().pk: {"is_locked": True}}, by=leader)


def test_an_amount_below_nothing_is_refused(scenario, leader):
    with pytest.raises(ValidationError, match="cannot be negative"):
        give(scenario, 0, "-1", leader)


def test_who_has_no_role_edits_nothing(scenario):
    line = scenario.lines.first().pk
    for change in (
        lambda by: actions.edit(scenario, version=1, changes={line: {"is_locked": True}}, by=by),
        lambda by: actions.edit(scenario, version=1, settings={"name": "Mine"}, by=by),
        lambda by: actions.add_line(
            scenario, stream=make_stream(), product=make_product(), monthly_amount=Decimal(1), by=by
        ),
        lambda by: actions.take_suggestion(scenario, version=1, amounts={line: Decimal(1)}, by=by),
        lambda by: actions.undo(scenario, by=by),
        lambda by: actions.redo(scenario, by=by),
        lambda by: actions.archive(scenario, by=by),
        lambda by: actions.restore(scenario, by=by),
    ):
        with pytest.raises(NotAllowed):
            change(make_user("team_lead"))


def test_settings_are_a_step_too(scenario, leader):
    edited = actions.edit(scenario, version=1, settings={"name": "Bold", "budget": Decimal("2500")}, by=leader)
    assert (edited.scenario.name, edited.scenario.budget, edited.scenario.version) == ("Bold", Decimal("2500.00"), 2)
    assert [row["field"] for row in edited.step.changes] == ["name", "budget"]
    actions.undo(scenario, by=leader)
    scenario.refresh_from_db()
    assert (scenario.name.startswith("Scenario"), scenario.budget) == (True, None)


def test_a_stream_can_begin_to_pay_a_product(scenario, leader):
    stream, product = make_stream(), make_product()
    line = actions.add_line(scenario, stream=stream, product=product, monthly_amount=Decimal("10"), by=leader)
    assert line.step.kind == StepKind.ADD
    added = scenario.lines.get(stream=stream)
    assert (added.base_amount, added.monthly_amount) == (0, 10)
    with pytest.raises(ValidationError, match="already"):
        actions.add_line(scenario, stream=stream, product=product, monthly_amount=Decimal("20"), by=leader)
    actions.undo(scenario, by=leader)
    actions.add_line(scenario, stream=stream, product=product, monthly_amount=Decimal("20"), by=leader)
    assert scenario.lines.get(stream=stream).monthly_amount == 20


def test_a_line_outside_of_the_value_stream_is_refused(leader):
    part = make_value_stream()
    make_allocation(product=make_product(value_stream=part))
    scenario = make_scenario(by=leader, value_stream=part)
    with pytest.raises(ValidationError, match="which this scenario is about"):
        actions.add_line(scenario, stream=make_stream(), product=make_product(), monthly_amount=Decimal(1), by=leader)


def test_an_archived_scenario_changes_no_more_until_it_is_restored(scenario, leader):
    give(scenario, 0, "900", leader)
    actions.archive(scenario, by=leader)
    assert actions.archive(scenario, by=leader).step is None
    with pytest.raises(ScenarioRefused, match="archived"):
        give(scenario, 0, "800", leader)
    actions.restore(scenario, by=leader)
    give(scenario, 0, "800", leader)
    assert amounts(scenario)[0] == 800


def test_archiving_can_be_undone_and_an_edit_under_it_cannot(scenario, leader):
    edited = give(scenario, 0, "900", leader)
    actions.archive(scenario, by=leader)
    with pytest.raises(ScenarioRefused, match="archived"):
        actions.undo(scenario, step=edited.step, by=leader)
    assert actions.undo(scenario, by=leader).scenario.archived_at is None


def test_a_taken_suggestion_is_one_step_and_leaves_locked_lines(scenario, leader):
    first, second, third = scenario.lines.order_by("pk")
    taken = actions.take_suggestion(
        scenario, version=1, amounts={first.pk: Decimal("1200"), second.pk: Decimal("800")}, by=leader
    )
    assert (taken.step.kind, amounts(scenario)) == (StepKind.SUGGEST, [1200, 800, 1000])
    actions.edit(scenario, version=2, changes={third.pk: {"is_locked": True}}, by=leader)
    with pytest.raises(ScenarioRefused, match="locked"):
        actions.take_suggestion(scenario, version=3, amounts={third.pk: Decimal("1")}, by=leader)


# -- Two people --------------------------------------------------------------------------------------------------------


def test_a_stale_edit_is_told_what_changed_since(scenario, leader):
    other = make_user("leader")
    give(scenario, 0, "1500", other, version=1)
    with pytest.raises(ScenarioMoved) as moved:
        give(scenario, 1, "700", leader, version=1)
    assert (moved.value.version, moved.value.conflicts) == (2, [])
    [step] = moved.value.steps
    [change] = step.changes
    assert (step.by, step.number, change.old, change.new) == (other, 2, "1000.00", "1500.00")
    assert str(other) in str(moved.value)
    assert "as a merge" in str(moved.value)
    assert amounts(scenario) == [1500, 1000, 1000]


def test_a_stale_edit_of_other_lines_is_made_on_top_if_that_is_asked_for(scenario, leader):
    give(scenario, 0, "1500", make_user("leader"), version=1)
    merged = give(scenario, 1, "700", leader, version=1, merge=True)
    assert amounts(scenario) == [1500, 700, 1000]
    assert (merged.scenario.version, [step.number for step in merged.merged]) == (3, [2])


def test_a_stale_edit_of_the_same_line_is_refused_with_both_values(scenario, leader):
    give(scenario, 0, "1500", make_user("leader"), version=1)
    with pytest.raises(ScenarioMoved) as moved:
        give(scenario, 0, "700", leader, version=1, merge=True)
    [conflict] = moved.value.conflicts
    assert (conflict.yours, conflict.theirs, conflict.field) == ("700.00", "1500.00", "monthly_amount")
    assert amounts(scenario)[0] == 1500


def test_a_line_that_was_changed_and_changed_back_is_no_conflict(scenario, leader):
    other = make_user("leader")
    give(scenario, 0, "1500", other, version=1)
    give(scenario, 0, "1000", other, version=2)
    give(scenario, 0, "700", leader, version=1, merge=True)
    assert amounts(scenario)[0] == 700


def test_a_version_that_never_was_is_refused(scenario, leader):
    with pytest.raises(ScenarioRefused, match="has no version 7"):
        give(scenario, 0, "700", leader, version=7)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_who_edit_at_once_neither_overwrites_the_other():
    for _ in range(2):
        make_allocation(monthly_amount=Decimal("1000.00"))
    people = [make_user("leader"), make_user("leader")]
    scenario = make_scenario(by=people[0])
    lines = list(scenario.lines.order_by("pk").values_list("pk", flat=True))
    told: list[ScenarioMoved] = []
    ready = threading.Barrier(2)

    def work(place: int) -> None:
        try:
            ready.wait(timeout=30)
            for amount in range(1, 21):
                # Both change the first line, each one of their own as well.
                mine = {lines[0]: {"monthly_amount": Decimal(100 * amount + place)}} if amount % 5 == 0 else {}
                mine |= {lines[place]: {"monthly_amount": Decimal(amount)}} if place else {}
                mine = mine or {lines[0]: {"is_locked": amount % 2 == 0}}
                version = type(scenario).objects.get(pk=scenario.pk).version
                try:
                    actions.edit(scenario, version=version, changes=mine, by=people[place], merge=True)
                except ScenarioMoved as moved:
                    told.append(moved)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scenario.refresh_from_db()
    steps = list(scenario.steps.order_by("number"))
    assert [step.number for step in steps] == list(range(2, scenario.version + 1))
    assert all(moved.conflicts for moved in told)
    # Each step took up where the one before it left off: nobody's change was lost.
    held: dict = {}
    for step in steps:
        for row in step.changes:
            where = row["line"], row["field"]
            assert held.get(where, row["old"]) == row["old"]
            held[where] = row["new"]


# -- Undo and redo -----------------------------------------------------------------------------------------------------


def test_undo_goes_back_step_by_step_and_redo_forward_again(scenario, leader):
    give(scenario, 0, "1500", leader)
    give(scenario, 1, "700", leader)
    actions.undo(scenario, by=leader)
    assert amounts(scenario) == [1500, 1000, 1000]
    actions.undo(scenario, by=leader)
    assert amounts(scenario) == [1000, 1000, 1000]
    with pytest.raises(ScenarioRefused, match="no step of yours"):
        actions.undo(scenario, by=leader)
    actions.redo(scenario, by=leader)
    actions.redo(scenario, by=leader)
    assert amounts(scenario) == [1500, 700, 1000]
    with pytest.raises(ScenarioRefused, match="nothing to redo"):
        actions.redo(scenario, by=leader)
    assert [step.kind for step in scenario.steps.all()] == ["edit", "edit", "undo", "undo", "redo", "redo"]


def test_undo_is_of_ones_own_steps(scenario, leader):
    other = make_user("leader")
    give(scenario, 0, "1500", leader)
    give(scenario, 1, "700", other)
    actions.undo(scenario, by=leader)
    assert amounts(scenario) == [1000, 700, 1000]


def test_any_step_can_be_undone_by_name_while_nothing_later_changed_the_same(scenario, leader):
    other = make_user("leader")
    first = give(scenario, 0, "1500", other).step
    second = give(scenario, 0, "1600", leader).step
    with pytest.raises(ScenarioRefused, match=f"Undo step {second.number} first"):
        actions.undo(scenario, step=first, by=leader)
    actions.undo(scenario, step=second, by=other)
    actions.undo(scenario, step=first, by=leader)
    assert amounts(scenario)[0] == 1000
    with pytest.raises(ScenarioRefused, match="undone already"):
        actions.undo(scenario, step=first, by=leader)


def test_nothing_is_redone_once_something_else_was_changed(scenario, leader):
    give(scenario, 0, "1500", leader)
    actions.undo(scenario, by=leader)
    give(scenario, 1, "700", leader)
    with pytest.raises(ScenarioRefused, match="nothing to redo"):
        actions.redo(scenario, by=leader)


def test_a_stale_undo_is_made_where_others_changed_something_else(scenario, leader):
    other = make_user("leader")
    give(scenario, 0, "1500", leader)
    give(scenario, 1, "700", other)
    undone = actions.undo(scenario, by=leader, version=2)
    assert [step.by for step in undone.merged] == [other]


class WhateverIsDone(TestCase):
    """Properties over any run of edits, undoings and redoings."""

    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("edit"), st.integers(0, 2), st.integers(0, 5)),
                st.tuples(st.just("lock"), st.integers(0, 2), st.booleans()),
                st.tuples(st.just("budget"), st.none() | st.integers(0, 3), st.none()),
                st.tuples(st.just("undo"), st.none(), st.none()),
                st.tuples(st.just("redo"), st.none(), st.none()),
            ),
            max_size=12,
        )
    )
    def test_undoing_all_steps_gives_the_beginning_back_and_redoing_them_the_end(self, moves):
        leader = make_user("leader")
        for _ in range(3):
            make_allocation(monthly_amount=Decimal("1000.00"))
        scenario = make_scenario(by=leader)
        lines = list(scenario.lines.order_by("pk").values_list("pk", flat=True))

        def state():
            stored = type(scenario).objects.get(pk=scenario.pk)
            return stored.budget, list(stored.lines.order_by("pk").values_list("monthly_amount", "is_locked"))

        def version():
            return type(scenario).objects.values_list("version", flat=True).get(pk=scenario.pk)

        def while_it_goes(action) -> int:
            count = 0
            while True:
                try:
                    action(scenario, by=leader)
                except ScenarioRefused:
                    return count
                count += 1

        beginning = state()
        for what, which, value in moves:
            try:
                match what:
                    case "edit":
                        changes = {lines[which]: {"monthly_amount": Decimal(value)}}
                        actions.edit(scenario, version=version(), changes=changes, by=leader)
                    case "lock":
                        changes = {lines[which]: {"is_locked": value}}
                        actions.edit(scenario, version=version(), changes=changes, by=leader)
                    case "budget":
                        budget = None if which is None else Decimal(which)
                        actions.edit(scenario, version=version(), settings={"budget": budget}, by=leader)
                    case "undo":
                        actions.undo(scenario, by=leader)
                    case "redo":
                        actions.redo(scenario, by=leader)
            except ScenarioRefused:
                pass
        end = state()
        redone = while_it_goes(actions.redo)
        for _ in range(redone):
            actions.undo(scenario, by=leader)
        assert state() == end
        undone = while_it_goes(actions.undo)
        assert state() == beginning
        for _ in range(undone):
            actions.redo(scenario, by=leader)
        assert state() == end
        assert [step.number for step in scenario.steps.order_by("number")] == list(range(2, version() + 1))
