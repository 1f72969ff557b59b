"""Changes of allocations from a day on, and reviews of streams."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from funding.actions import Change, change_allocation, change_allocations, mark_reviewed
from funding.models import Allocation
from portfolio.common import actions
from portfolio.common.errors import AlreadyRetracted, NotAllowed
from tests import factories as make

pytestmark = pytest.mark.django_db

JANUARY, APRIL, JULY = date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1)


def _standing() -> list[tuple]:
    rows = Allocation.objects.known().order_by("stream", "product", "starts")
    return [(row.monthly_amount, row.starts, row.ends, row.why) for row in rows]


def _change(row: Allocation, amount: str, starts: date = APRIL, *, by=None) -> list[Allocation]:
    return change_allocation(row, monthly_amount=Decimal(amount), starts=starts, why="It returns more here.", by=by)


def test_a_change_ends_what_stands_and_goes_on_with_the_new_amount():
    leader = make.make_user("leader")
    row = make.make_allocation(why="The first year.")
    before = timezone.now()

    ended, new = _change(row, "1500.00", by=leader)

    assert _standing() == [
        (Decimal("1000.00"), JANUARY, APRIL, "The first year."),
        (Decimal("1500.00"), APRIL, None, "It returns more here."),
    ]
    row.refresh_from_db()
    assert (ended.corrects, row.reason, row.retracted_by) == (row, "It returns more here.", leader)
    assert row.retracted_at == ended.recorded_at == new.recorded_at
    assert (ended.recorded_by, new.recorded_by, new.corrects) == (leader, leader, None)
    assert list(Allocation.objects.known(before)) == [row]


def test_the_same_change_twice_changes_nothing():
    row = make.make_allocation()
    _, new = _change(row, "1500.00")
    assert _change(new, "1500.00") == []
    assert _change(new, "1500.00", JULY) == []
    assert Allocation.objects.count() == 3


def test_nothing_a_month_stops_it_and_twice_stops_it_once():
    row = make.make_allocation()
    (ended,) = _change(row, "0")
    assert _standing() == [(Decimal("1000.00"), JANUARY, APRIL, "")]
    assert _change(ended, "0") == []


def test_a_product_is_paid_from_a_stream_for_the_first_time():
    stream, product = make.make_stream(), make.make_product()
    (new,) = change_allocations([Change(stream, product, Decimal("7.00"))], starts=APRIL, why="New.", by=None)
    assert (new.stream, new.product, new.monthly_amount, new.starts, new.ends) == (
        stream, product, Decimal("7.00"), APRIL, None,
    )  # fmt: skip


def test_what_starts_on_that_very_day_is_corrected_or_never_was():
    row = make.make_allocation(ends=JULY)
    (new,) = _change(row, "1500.00", JANUARY)
    assert new.corrects == row
    assert _standing() == [(Decimal("1500.00"), JANUARY, None, "It returns more here.")]
    assert _change(new, "0", JANUARY) == []  # nothing new is recorded
    assert _standing() == []


def test_what_begins_later_is_in_the_way_and_is_named():
    row = make.make_allocation(stream=make.make_stream(name="Levy"), product=make.make_product(name="Tax"), ends=JULY)
    make.make_allocation(stream=row.stream, product=row.product, starts=JULY)
    with pytest.raises(ValidationError) as refused:
        _change(row, "1500.00")
    (told,) = refused.value.message_dict["starts"]
    assert "Levy pays Tax 1000.00 USD a month from 2026-07-01 on, which is after 2026-04-01" in told
    assert "Retract or correct that allocation first" in told
    assert len(_standing()) == 2
    assert len(_change(row, "1500.00", JULY)) == 1  # from that day on it can be changed


def test_of_many_changes_all_are_made_or_none():
    first, second = make.make_allocation(), make.make_allocation(ends=APRIL)
    make.make_allocation(stream=second.stream, product=second.product, starts=JULY)
    changes = [Change(row.stream, row.product, Decimal("5.00")) for row in (first, second)]
    before = _standing()
    with pytest.raises(ValidationError):
        change_allocations(changes, starts=APRIL, why="Less.", by=None)
    assert _standing() == before


def test_refusals_of_many_are_told_up_to_a_number():
    stream, changes = make.make_stream(), []
    for _ in range(25):
        row = make.make_allocation(stream=stream, starts=JULY)
        changes.append(Change(stream, row.product, Decimal("5.00")))
    with pytest.raises(ValidationError) as refused:
        change_allocations(changes, starts=APRIL, why="Less.", by=None)
    told = refused.value.message_dict["starts"]
    assert (len(told), told[-1]) == (21, "So do 5 more.")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"monthly_amount": Decimal("-1")}, "monthly_amount"),
        ({"monthly_amount": Decimal("1.005")}, "monthly_amount"),
        ({"starts": date(1066, 10, 14)}, "starts"),
        ({"why": " "}, "why"),
        ({"why": "x" * 301}, "why"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(given, field):
    row = make.make_allocation(starts=date(1990, 1, 1) if field != "starts" else JANUARY)
    if field == "starts":
        actions.retract(row, reason="For a pair without any.", by=None)
    change = Change(row.stream, row.product, given.pop("monthly_amount", Decimal("5.00")))
    with pytest.raises(ValidationError) as refused:
        change_allocations([change], **({"starts": APRIL, "why": "Less.", "by": None} | given))
    assert field in refused.value.message_dict


def test_a_pair_is_changed_once():
    row = make.make_allocation()
    changes = [Change(row.stream, row.product, Decimal(amount)) for amount in (5, 6)]
    with pytest.raises(ValidationError, match="changed twice"):
        change_allocations(changes, starts=APRIL, why="Less.", by=None)


@pytest.mark.parametrize("amount", ["1000.00", "5.00"])
def test_it_takes_a_role_over_every_product_changed_or_not(amount):
    ours, theirs = make.make_allocation(), make.make_allocation()
    owner = make.make_user("leader", product=ours.product)
    assert len(_change(ours, "900.00", by=owner)) == 2
    changes = [Change(row.stream, row.product, Decimal(amount)) for row in (ours, theirs)]
    with pytest.raises(NotAllowed):
        change_allocations(changes, starts=JULY, why="Less.", by=owner)


def test_a_row_that_is_gone_is_not_changed():
    row = make.make_allocation()
    _change(row, "5.00")
    row.refresh_from_db()
    with pytest.raises(AlreadyRetracted):
        _change(row, "6.00", JULY)


def test_many_changes_take_few_statements(django_assert_max_num_queries):
    stream, changes = make.make_stream(), []
    for _ in range(60):
        row = make.make_allocation(stream=stream)
        changes.append(Change(stream, row.product, Decimal("1.00")))
    with django_assert_max_num_queries(2 * len(changes) + 20):  # each new row is held against those that stand
        recorded = change_allocations(changes, starts=APRIL, why="Less.", by=make.make_user("leader"))
    assert len(recorded) == 120


# -- Reviews


def test_a_review_is_due_again_after_its_cadence(settings):
    settings.TWOFOLD_TODAY = date(2026, 5, 31)
    stream = make.make_stream(review_months=1)
    assert (stream.review_due, stream.is_review_overdue) == (None, True)
    mark_reviewed(stream, by=make.make_user("finance_partner"))
    stream.refresh_from_db()
    assert (stream.reviewed_on, stream.review_due) == (date(2026, 5, 31), date(2026, 6, 30))
    assert not stream.is_review_overdue
    settings.TWOFOLD_TODAY = date(2026, 7, 1)
    assert stream.is_review_overdue


def test_a_review_is_marked_once_a_day(settings):
    settings.TWOFOLD_TODAY = date(2026, 5, 31)
    stream = make.make_stream()
    for _ in range(2):
        mark_reviewed(stream, by=None)
    assert stream.history.count() == 2  # added, reviewed


def test_a_review_is_marked_by_who_may_change_the_stream():
    with pytest.raises(NotAllowed):
        mark_reviewed(make.make_stream(), by=make.make_user("product_owner"))


def test_a_review_that_is_yet_to_come_is_refused(settings):
    settings.TWOFOLD_TODAY = date(2026, 5, 31)
    with pytest.raises(ValidationError, match="yet to come"):
        make.make_stream(reviewed_on=date(2026, 6, 1))


def test_a_category_is_one_of_the_organisations():
    with pytest.raises(ValidationError, match="it is one of run, grow, transform"):
        make.make_stream(category="whatever")
