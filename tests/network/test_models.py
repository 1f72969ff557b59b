"""Rules of links and usage."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from portfolio.common import actions
from portfolio.common.models import StaleMark
from portfolio.common.months import add_months
from portfolio.network.models import Link, Usage
from tests.factories import make_link, make_product, make_usage, make_value_stream

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))


def refused(call, **given):
    """Return the refusals of a call, by field."""
    with pytest.raises(ValidationError) as refusal:
        call(**given)
    return refusal.value.message_dict


# -- Links


def test_a_product_cannot_pull_from_itself():
    product = make_product()
    assert refused(make_link, supplier=product, consumer=product) == {
        "consumer": ["A product cannot pull from itself: choose another supplier or consumer."]
    }


@pytest.mark.parametrize("share", ["-0.1", "1.000001"])
def test_a_share_is_a_part_of_the_whole(share):
    assert refused(make_link, share=Decimal(share))["share"] == ["A share is at least 0 and at most 1."]


@pytest.mark.parametrize(
    ("given", "field"),
    [({"starts": date(2026, 1, 2)}, "starts"), ({"ends": date(2026, 2, 27)}, "ends")],
)
def test_a_link_holds_for_whole_months(given, field):
    assert "is not the first of one" in refused(make_link, **given)[field][0]


def test_a_link_cannot_end_before_it_starts():
    assert "ends" in refused(make_link, starts=MARCH, ends=FEBRUARY)


def test_a_pair_has_one_link_on_any_day_but_one_each_way():
    link = make_link(starts=JANUARY, ends=MARCH)
    again = {"supplier": link.supplier, "consumer": link.consumer}
    assert "already pulls from" in refused(make_link, **again, starts=FEBRUARY)["consumer"][0]
    assert make_link(**again, starts=MARCH).pk
    assert make_link(supplier=link.consumer, consumer=link.supplier).pk


def test_a_supplier_never_passes_on_more_than_all_it_makes():
    supplier = make_product()
    make_link(supplier=supplier, share=Decimal("0.5"), starts=JANUARY, ends=MARCH)
    make_link(supplier=supplier, share=Decimal("0.4"), starts=FEBRUARY)
    assert make_link(supplier=supplier, share=Decimal("0.6"), starts=MARCH).pk
    errors = refused(make_link, supplier=supplier, share=Decimal("0.2"), starts=JANUARY, ends=MARCH)
    assert "already passes on 90.00% of its output on 2026-02-01" in errors["share"][0]
    assert "At most 10.00% is left" in errors["share"][0]
    assert make_link(supplier=supplier, share=Decimal("0.1"), starts=JANUARY, ends=MARCH).pk


def test_a_link_makes_room_for_itself_when_it_is_corrected():
    link = make_link(share=Decimal("0.9"))
    new = actions.correct(link, changes={"share": Decimal("1")}, reason="All of it", by=None)
    assert list(Link.objects.known()) == [new]


class SharesOfASupplier(TestCase):
    """Whatever is asked for, in whatever order, the agreed shares of a supplier never exceed the whole."""

    @settings(max_examples=20, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 6), st.integers(1, 5) | st.none(), st.integers(1, 100)), min_size=3, max_size=10
        )
    )
    def test_no_day_passes_on_more_than_all(self, asked):
        supplier = make_product()
        for first, length, percent in asked:
            starts = add_months(JANUARY, first)
            try:
                make_link(
                    supplier=supplier,
                    share=Decimal(percent) / 100,
                    starts=starts,
                    ends=add_months(starts, length) if length else None,
                )
            except ValidationError:
                continue
        for month in range(14):
            links = Link.objects.known().current(add_months(JANUARY, month)).filter(supplier=supplier)
            assert sum(link.share for link in links) <= 1


def test_a_link_marks_the_months_of_its_supplier(settings):
    settings.TWOFOLD_TODAY = date(2026, 3, 15)
    link = make_link(starts=FEBRUARY)
    assert set(StaleMark.objects.values_list("product_id", "month")) == {
        (link.supplier_id, FEBRUARY),
        (link.supplier_id, MARCH),
    }


# -- Usage


def test_usage_needs_a_link():
    supplier, consumer = make_product(), make_product()
    make_link(supplier=supplier, consumer=consumer, starts=FEBRUARY, ends=MARCH)
    usage = Usage(supplier=supplier, consumer=consumer, month=MARCH, quantity=1)
    assert "There is no link by which" in refused(actions.record, row=usage, by=None)["consumer"][0]
    assert make_usage(supplier=supplier, consumer=consumer, month=FEBRUARY).pk


def test_customers_outside_need_no_link():
    assert make_usage(consumer=None).pk


def test_a_product_cannot_use_itself():
    product = make_product()
    usage = Usage(supplier=product, consumer=product, month=MARCH, quantity=1)
    assert "cannot use itself" in refused(actions.record, row=usage, by=None)["consumer"][0]


def test_usage_is_for_a_whole_month():
    assert "month" in refused(make_usage, month=date(2026, 1, 2))


def test_usage_cannot_be_negative():
    assert "quantity" in refused(make_usage, quantity=Decimal("-1"))


@pytest.mark.parametrize("is_outside", [True, False])
def test_usage_is_recorded_once_a_month(is_outside):
    first = make_usage(consumer=None if is_outside else make_product())
    again = {"supplier": first.supplier, "consumer": first.consumer, "month": first.month}
    assert "already recorded" in refused(make_usage, **again)["month"][0]
    actions.retract(first, reason="Metered twice", by=None)
    assert make_usage(**again).pk


def test_usage_marks_the_months_until_the_supplier_is_metered_again(settings):
    settings.TWOFOLD_TODAY = date(2026, 6, 15)
    supplier = make_product()
    make_usage(supplier=supplier, month=APRIL)
    StaleMark.objects.all().delete()
    make_usage(supplier=supplier, month=FEBRUARY)
    assert set(StaleMark.objects.values_list("month", flat=True)) == {FEBRUARY, MARCH}


# -- Corrections


@pytest.mark.parametrize("change", [{"ends": MARCH}, {"starts": date(2026, 5, 1)}, {"consumer": "another"}])
def test_a_link_with_usage_on_it_cannot_go(change):
    link = make_link(starts=JANUARY)
    usage = make_usage(supplier=link.supplier, consumer=link.consumer, month=APRIL)
    changes = {name: make_product() if value == "another" else value for name, value in change.items()}
    for attempt in (
        lambda: actions.correct(link, changes=changes, reason="Misread", by=None),
        lambda: actions.retract(link, reason="Misread", by=None),
    ):
        with pytest.raises(ValidationError, match=r"in 2026-04 would have no link \(1 month in all\)"):
            attempt()
        assert list(Link.objects.known()) == [link]
    actions.retract(usage, reason="Metered twice", by=None)
    actions.retract(link, reason="Never agreed", by=None)
    assert not Link.objects.known().exists()


def test_a_link_can_be_split_where_usage_goes_on():
    link = make_link(starts=JANUARY, share=Decimal("0.2"))
    make_usage(supplier=link.supplier, consumer=link.consumer, month=FEBRUARY)
    before = timezone.now()
    ended = actions.correct(link, changes={"ends": MARCH}, reason="The share changed", by=None)
    after = make_link(supplier=link.supplier, consumer=link.consumer, starts=MARCH, share=Decimal("0.3"))
    assert set(Link.objects.known()) == {ended, after}
    assert list(Link.objects.known(before)) == [link]


# -- Reads


def test_links_are_found_by_either_side_and_by_streams_below():
    top = make_value_stream(code="top")
    below = make_value_stream(parent=top)
    link = make_link(supplier=make_product(code="pay", name="Payments"), consumer=make_product(value_stream=below))
    other = make_link()
    assert list(Link.objects.of_products(["pay"])) == [link]
    assert list(Link.objects.of_products([link.consumer.code])) == [link]
    assert list(Link.objects.of_value_streams(["top"])) == [link]
    assert list(Link.objects.matching("paym")) == [link]
    assert list(Link.objects.of_products([other.supplier.code, "pay"]).order_by("pk")) == [link, other]


def test_a_link_shows_its_part_of_the_latest_metered_month(settings):
    settings.TWOFOLD_TODAY = date(2026, 3, 15)
    supplier = make_product()
    link = make_link(supplier=supplier)
    unmetered = make_link()
    for month, inside, outside in ((JANUARY, 1, 1), (FEBRUARY, 1, 3), (APRIL, 1, 0)):
        make_usage(supplier=supplier, consumer=link.consumer, month=month, quantity=Decimal(inside))
        make_usage(supplier=supplier, month=month, quantity=Decimal(outside))
    rows = {row.pk: row for row in Link.objects.with_use()}
    assert (rows[link.pk].metered_month, rows[link.pk].metered_share) == (FEBRUARY, Decimal("0.25"))
    assert (rows[unmetered.pk].metered_month, rows[unmetered.pk].metered_share) == (None, None)


def test_nothing_used_by_anyone_has_no_shares():
    usage = make_usage(quantity=Decimal("0"))
    assert Usage.objects.with_total().get(pk=usage.pk).part is None
