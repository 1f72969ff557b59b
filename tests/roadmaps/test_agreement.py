"""What of a roadmap both sides have signed, once it changes."""

import pytest

from portfolio.common.errors import NotAllowed
from products.roadmaps import content
from products.roadmaps.agreement import Mark, agreement, is_due, said_of
from products.roadmaps.baseline_actions import say, take_baseline
from products.roadmaps.item_actions import change_item, drop_item
from products.roadmaps.models import Side, SignOff
from products.roadmaps.roadmap_actions import save_roadmap
from tests import factories as make

pytestmark = pytest.mark.django_db


def said(roadmap):
    return said_of(SignOff.objects.filter(baseline__roadmap=roadmap).select_related("baseline", "by"))


def marks(roadmap):
    found = agreement(content.document_of(roadmap), said(roadmap))
    return {code: {side: standing.mark for side, standing in sides.items()} for code, sides in found.items.items()}


@pytest.fixture
def signed():
    """A roadmap of two items that both sides have signed."""
    roadmap = make.make_roadmap()
    items = [make.make_item(roadmap=roadmap, code=code) for code in ("phone", "paper")]
    baseline = make.make_baseline(roadmap)
    for member in roadmap.members.all():
        say(baseline, verdict="signed", by=member.user)
    return roadmap, items, baseline


def test_a_typo_voids_nothing_and_a_material_change_voids_the_changed_item_alone(signed):
    roadmap, (phone, _), _ = signed
    both = {Side.BUSINESS: Mark.SIGNED, Side.TECHNOLOGY: Mark.SIGNED}
    assert marks(roadmap) == {"phone": both, "paper": both}

    change_item(phone, changes={"name": phone.name + "."}, by=None)
    assert marks(roadmap)["phone"] == both

    change_item(phone, changes={"metric_low": 101, "metric_high": 105}, by=None)
    assert marks(roadmap) == {"phone": dict.fromkeys(Side, Mark.VOID), "paper": both}


def test_what_was_changed_back_is_signed_again(signed):
    roadmap, (phone, _), _ = signed
    change_item(phone, changes={"effort_high": 80}, by=None)
    change_item(phone, changes={"effort_high": 8}, by=None)

    assert agreement(content.document_of(roadmap), said(roadmap)).is_whole


def test_an_item_that_was_signed_and_is_gone_leaves_the_roadmap_open(signed):
    roadmap, (phone, _), _ = signed
    drop_item(phone, why="Nobody asks for it.", by=None)

    found = agreement(content.document_of(roadmap), said(roadmap))

    assert not found.is_whole
    assert found.removed == {"business": ["phone"], "technology": ["phone"]}


def test_a_decline_of_one_item_is_of_that_item_until_it_changes(signed):
    roadmap, (phone, _), _ = signed
    partner = roadmap.business[0].user
    change_item(phone, changes={"metric_low": 101, "metric_high": 105}, by=None)
    second = take_baseline(roadmap, by=None)
    say(second, verdict="declined", comment="That is too little.", about=["phone"], by=partner)

    assert marks(roadmap)["phone"]["business"] == Mark.DECLINED
    assert marks(roadmap)["paper"]["business"] == Mark.SIGNED

    change_item(phone, changes={"metric_low": 130, "metric_high": 150}, by=None)
    assert marks(roadmap)["phone"]["business"] == Mark.UNSIGNED


def test_a_member_who_leaves_has_signed_and_their_no_binds_nobody(signed):
    roadmap, _, first = signed
    partner = roadmap.business[0].user
    say(first, verdict="declined", comment="Too little.", about=["phone"], by=partner)
    assert marks(roadmap)["phone"]["business"] == Mark.DECLINED
    save_roadmap(
        roadmap,
        products=list(roadmap.products.all()),
        business=[make.make_user()],
        technology=[member.user for member in roadmap.technology],
        by=None,
    )

    assert marks(roadmap)["phone"]["business"] == Mark.UNSIGNED
    assert marks(roadmap)["paper"]["business"] == Mark.SIGNED


def test_a_new_baseline_is_due_only_to_who_has_not_signed_what_is_in_it(signed):
    roadmap, (phone, _), first = signed
    partner = roadmap.business[0].user
    assert not is_due(first.document, first.number, said(roadmap), partner.pk)

    change_item(phone, changes={"name": phone.name + "."}, by=None)
    typo = take_baseline(roadmap, by=None)
    assert not is_due(typo.document, typo.number, said(roadmap), partner.pk)

    change_item(phone, changes={"metric_high": 900}, by=None)
    third = take_baseline(roadmap, by=None)
    assert is_due(third.document, third.number, said(roadmap), partner.pk)

    say(third, verdict="signed", by=partner)
    assert not is_due(third.document, third.number, said(roadmap), partner.pk)


def test_only_members_sign_and_only_the_latest_baseline(signed):
    roadmap, (phone, _), first = signed
    with pytest.raises(NotAllowed, match="neither a business partner"):
        say(first, verdict="signed", by=make.make_user("leader"))

    change_item(phone, changes={"metric_high": 900}, by=None)
    take_baseline(roadmap, by=None)
    with pytest.raises(Exception, match="not the latest"):
        say(first, verdict="signed", by=roadmap.business[0].user)


def test_the_same_roadmap_gives_the_same_hash_and_no_second_baseline(signed):
    roadmap, _, first = signed

    assert content.hash_of(content.canonical(content.document_of(roadmap))) == first.content_hash
    with pytest.raises(Exception, match="Nothing has changed"):
        take_baseline(roadmap, by=None)
