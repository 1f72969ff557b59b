"""Differences between documents: exact, minimal, and told by what matters."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.roadmaps.difference import (
    Difference,
    DoesNotFit,
    Kind,
    Worth,
    apply,
    difference,
    entries,
    is_material,
    reordered,
)

ITEM = {
    "name": "Renew by phone", "description": "Keepers without a computer renew in a minute", "kind": "outcome",
    "product": "tax", "starts": None, "ends": None, "metric": "renewals", "metric_from": "100", "metric_low": "120",
    "metric_high": "140", "by_when": "2026-12-31", "exception": None, "effort_low": "4", "effort_high": "8",
    "team": None, "business_champion": "ada", "technology_champion": "grace", "state": "planned", "blocked_by": None,
    "needs": [],
}  # fmt: skip
WORTHS = {"renewals": Worth(Decimal(2), "GBP")}


def document(items: dict, **order) -> dict:
    places = {"now": list(items), "next": [], "later": [], "shipped": []} | order
    return {"roadmap": {"name": "Tax", "products": ["tax"]}, "items": items, "order": places}


def edited(**fields) -> tuple[dict, dict]:
    return document({"phone": ITEM}), document({"phone": ITEM | fields})


CODES = st.sampled_from([f"item-{number}" for number in range(8)])
ITEMS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Renew", "Pay", "Renew by phone"]),
        "metric": st.sampled_from([None, "renewals", "calls"]),
        "metric_from": st.sampled_from([None, "0", "100"]),
        "needs": st.lists(CODES, max_size=2, unique=True),
    }
)


@st.composite
def documents(draw):
    items = draw(st.dictionaries(CODES, ITEMS, max_size=8))
    order = {place: [] for place in ("now", "next", "later", "shipped")}
    for code in draw(st.permutations(sorted(items))):
        order[draw(st.sampled_from(sorted(order)))].append(code)
    return {"roadmap": {"name": draw(st.sampled_from(["A", "B"]))}, "items": items, "order": order}


@given(documents(), documents())
def test_applying_the_difference_of_two_documents_to_the_first_gives_the_second(old, new):
    assert apply(difference(old, new), old) == new
    assert bool(difference(old, new)) == (old != new)
    assert difference(old, old) == Difference()


@given(documents(), documents())
def test_every_item_that_differs_is_told_once(old, new):
    told = [entry.code for entry in entries(old, new, {})]

    assert len(told) == len(set(told))
    unchanged = {code for code in old["items"] if code in new["items"] and old["items"][code] == new["items"][code]}
    if old["order"] == new["order"]:
        assert set(told) == {*old["items"], *new["items"]} - unchanged
    assert all(entry.parts for entry in entries(old, new, {}))


def test_a_difference_does_not_fit_another_document():
    old, new = edited(metric_low="130")

    with pytest.raises(DoesNotFit, match="metric_low of phone"):
        apply(difference(old, new), new)


@given(st.permutations(list("abcdefgh")))
def test_the_fewest_moves_explain_another_order(new):
    old = list("abcdefgh")
    moved = reordered(old, new)

    assert [code for code in new if code not in moved] == [code for code in old if code not in moved]
    if new != old:
        assert moved


def test_one_item_moved_to_the_front_is_one_move():
    assert reordered(list("abcde"), list("eabcd")) == ["e"]


def test_a_typo_is_not_material_and_a_new_description_is():
    for fields, expected in (
        ({"name": "Renew by fone"}, False),
        ({"description": "Keepers without a computer renew in one minute"}, False),
        ({"description": "Dealers file monthly returns"}, True),
        ({"metric_low": "121"}, False),
        ({"metric_low": "110"}, True),
        ({"metric": "calls"}, True),
        ({"effort_high": "9"}, False),
        ({"effort_high": "20"}, True),
        ({"by_when": "2027-01-20"}, False),
        ({"by_when": "2027-06-30"}, True),
        ({"ends": "2026-10-01"}, True),
        ({"needs": ["other"]}, True),
        ({"team": "identity", "state": "started", "business_champion": "linus"}, False),
    ):
        old, new = edited(**fields)
        assert is_material(old, new, "phone") is expected, fields


def test_moving_between_horizons_is_material_and_shipping_is_not():
    old = document({"phone": ITEM})
    later = document({"phone": ITEM}, now=[], later=["phone"])
    shipped = document({"phone": ITEM | {"state": "shipped"}}, now=[], shipped=["phone"])

    assert is_material(old, later, "phone")
    assert not is_material(old, shipped, "phone")


def test_what_changes_the_most_value_comes_first():
    small, large = ITEM | {"metric_low": "118"}, ITEM | {"metric_high": "400"}
    old = document({"small": ITEM, "large": ITEM, "gone": ITEM | {"metric": None}})
    new = document({"small": small, "large": large})

    told = entries(old, new, WORTHS)

    assert [(entry.code, entry.kind, entry.value_change) for entry in told] == [
        ("large", Kind.PROMISE, Decimal(260)),
        ("small", Kind.PROMISE, Decimal(-2)),
        ("gone", Kind.REMOVED, None),
    ]


def test_a_promise_of_another_metric_in_another_currency_is_two_changes_that_are_never_added():
    old, new = edited(metric="calls")

    [entry] = entries(old, new, WORTHS | {"calls": Worth(Decimal(-3), "USD")})

    assert entry.value_changes == {"GBP": Decimal(-60), "USD": Decimal(-90)}
    assert entry.value_change is None


def test_a_promise_that_is_made_where_there_was_none_is_its_whole_worth():
    old = document({"phone": ITEM | {"metric": None, "metric_from": None}})

    [entry] = entries(old, document({"phone": ITEM}), WORTHS)

    assert entry.value_change == Decimal(60)
