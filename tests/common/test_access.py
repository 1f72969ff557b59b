"""Who may write what: roles over the whole portfolio, a value stream, a product or a team."""

from datetime import timedelta

import pytest

from portfolio.common import access, actions
from portfolio.common.access import Role
from portfolio.common.errors import NotAllowed
from portfolio.common.models import Grant, User
from products.catalog.models import Assignment, Insight, Product, Segment, ValueStream
from teams.models import Discipline, Membership, Person, Rate, Team
from tests import factories as make

pytestmark = pytest.mark.django_db


def fresh(user: User) -> User:
    """Return the user as a new request sees them: grants are read once a request."""
    return User.objects.get(pk=user.pk)


def assert_query_and_memory_agree(user, rows):
    for row in rows:
        in_query = access.writable(type(row).objects.filter(pk=row.pk), user).exists()
        assert in_query == access.may_write(user, row), row


@pytest.fixture
def tree():
    """A stream with a stream below it, each with a product, and a stream beside them with one."""
    top = make.make_value_stream(code="driving")
    below = make.make_value_stream(code="licences", parent=top)
    beside = make.make_value_stream(code="land")
    return {
        "top": top,
        "below": below,
        "beside": beside,
        "in_top": make.make_product(code="tests", value_stream=top),
        "in_below": make.make_product(code="renewals", value_stream=below),
        "in_beside": make.make_product(code="register", value_stream=beside),
    }


def test_a_product_owner_writes_the_product_and_what_belongs_to_it(tree):
    product = tree["in_below"]
    owner = make.make_user("product_owner", product=product)

    assert access.may_write(owner, product)
    assert access.may_write(owner, make.make_segment(product=product))
    assert access.may_write(owner, make.make_insight(product=product))
    assert access.may_write(owner, Segment(product=product))


def test_a_product_owner_writes_no_other_product(tree):
    owner = make.make_user("product_owner", product=tree["in_below"])
    others = [
        tree["in_top"],
        tree["below"],
        make.make_segment(product=tree["in_beside"]),
        make.make_insight(product=tree["in_top"]),
        make.make_assignment(product=tree["in_below"]),  # capacity is for leaders and team leads
    ]

    assert not any(access.may_write(owner, row) for row in others)
    assert_query_and_memory_agree(owner, [*others, tree["in_below"]])


def test_a_leader_of_a_value_stream_writes_all_that_lies_below_it(tree):
    leader = make.make_user("leader", value_stream=tree["top"])
    covered = [
        tree["top"],
        tree["below"],
        tree["in_top"],
        tree["in_below"],
        make.make_segment(product=tree["in_below"]),
        make.make_assignment(product=tree["in_below"]),
    ]
    others = [tree["beside"], tree["in_beside"], make.make_segment(product=tree["in_beside"])]

    assert all(access.may_write(leader, row) for row in covered)
    assert not any(access.may_write(leader, row) for row in others)
    assert_query_and_memory_agree(leader, [*covered, *others])


def test_a_leader_of_a_lower_stream_does_not_reach_up(tree):
    leader = make.make_user("leader", value_stream=tree["below"])

    assert access.may_write(leader, tree["in_below"])
    assert not access.may_write(leader, tree["top"])
    assert not access.may_write(leader, tree["in_top"])


def test_a_stream_that_is_moved_below_another_comes_within_its_leaders_reach(tree):
    leader = make.make_user("leader", value_stream=tree["top"])
    tree["beside"].parent = tree["below"]
    actions.save(tree["beside"], by=None)

    assert access.may_write(fresh(leader), tree["in_beside"])


def test_a_team_lead_writes_their_team_and_its_memberships_and_assignments():
    team, other = make.make_team(), make.make_team()
    lead = make.make_user("team_lead", team=team)
    covered = [team, make.make_membership(team=team), make.make_assignment(team=team)]
    others = [other, make.make_membership(team=other), make.make_assignment(team=other)]

    assert all(access.may_write(lead, row) for row in covered)
    assert not any(access.may_write(lead, row) for row in others)
    assert_query_and_memory_agree(lead, [*covered, *others])


def test_a_team_lead_writes_people_of_the_team_and_people_of_none():
    team = make.make_team()
    lead = make.make_user("team_lead", team=team)
    mine = make.make_membership(team=team).person
    elsewhere = make.make_membership().person
    free = make.make_person()

    assert access.may_write(lead, mine)
    assert access.may_write(lead, free)
    assert access.may_write(lead, Person(code="new", name="New"))
    assert not access.may_write(lead, elsewhere)
    assert_query_and_memory_agree(lead, [mine, free, elsewhere])


def test_a_retracted_membership_gives_no_right_over_the_person():
    membership = make.make_membership()
    lead = make.make_user("team_lead", team=membership.team)
    actions.retract(membership, reason="Wrong person", by=None)
    make.make_membership(person=membership.person)

    assert not access.may_write(lead, membership.person)
    assert_query_and_memory_agree(lead, [membership.person])


@pytest.mark.parametrize("scope", ["everything", "product", "value_stream", "team"])
@pytest.mark.parametrize("role", list(Role))
def test_rates_are_read_and_written_by_finance_partners_of_the_whole_portfolio_only(role, scope):
    rate = make.make_rate()
    scopes = {
        "everything": {},
        "product": {"product": make.make_product()},
        "value_stream": {"value_stream": make.make_value_stream()},
        "team": {"team": make.make_team()},
    }
    user = make.make_user(role, **scopes[scope])
    expected = role == Role.FINANCE_PARTNER and scope == "everything"

    assert Rate.objects.visible_to(user).exists() == expected
    assert access.may_write(user, rate) == expected
    assert access.may_add(user, Rate) == expected


@pytest.mark.parametrize("role", list(Role))
def test_a_role_over_the_whole_portfolio_writes_just_the_kinds_it_is_named_for(role):
    user = make.make_user(role)
    rows = [
        make.make_value_stream(),
        make.make_product(),
        make.make_segment(),
        make.make_insight(),
        make.make_assignment(),
        make.make_discipline(),
        make.make_person(),
        make.make_team(),
        make.make_membership(),
        make.make_rate(),
        make.make_metric(),
        make.make_ledger_entry(),
        make.make_link(),
    ]

    for row in rows:
        assert access.may_write(user, row) == (role in access.WRITERS[row._meta.label_lower]), row._meta.label
    assert_query_and_memory_agree(user, rows)


def test_a_superuser_writes_everything():
    superuser = User.objects.create_superuser("root", "root@example.org", "correct horse battery")
    rows = [make.make_rate(), make.make_product(), make.make_membership(), make.make_value_stream()]

    assert all(access.may_write(superuser, row) for row in rows)
    assert all(access.may_add(superuser, type(row)) for row in rows)
    assert Rate.objects.visible_to(superuser).exists()
    assert_query_and_memory_agree(superuser, rows)


def test_an_inactive_user_writes_nothing_whatever_they_hold():
    product = make.make_product()
    leaver = make.make_user("leader", "finance_partner")
    boss = User.objects.create_superuser("root", "root@example.org", "correct horse battery")
    for user in (leaver, boss):
        user.is_active = False
        user.save()
        assert not access.may_write(user, product)
        assert not access.may_add(user, Rate)
        assert not Rate.objects.visible_to(user).exists()
        assert not access.writable(Product.objects.all(), user).exists()


def test_a_user_without_a_role_writes_nothing():
    user = make.make_user()
    rows = [make.make_product(), make.make_person(), make.make_team()]

    assert not any(access.may_write(user, row) for row in rows)
    assert not any(access.may_add(user, type(row)) for row in rows)
    assert_query_and_memory_agree(user, rows)


def test_an_anonymous_visitor_writes_and_reads_nothing():
    from django.contrib.auth.models import AnonymousUser

    product = make.make_product()

    assert not access.may_write(AnonymousUser(), product)
    assert not Product.objects.visible_to(AnonymousUser()).exists()
    assert not Insight.objects.visible_to(AnonymousUser()).exists()


def test_a_role_over_a_row_that_stands_offers_no_form_for_new_ones():
    owner = make.make_user("product_owner", product=make.make_product())
    lead = make.make_user("team_lead", team=make.make_team())
    leader = make.make_user("leader", value_stream=make.make_value_stream())

    assert [access.may_add(owner, model) for model in (Product, Segment, Insight)] == [False, True, True]
    assert [access.may_add(lead, model) for model in (Team, Membership, Assignment, Person)] == [
        False,
        True,
        True,
        True,
    ]
    assert [access.may_add(leader, model) for model in (ValueStream, Product, Assignment, Team, Discipline)] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_kind_that_nobody_is_named_for_is_written_by_nobody():
    leader = make.make_user(*Role)

    assert not access.may_write(leader, Grant(user=leader, role="leader"))


def test_a_refusal_names_the_roles_it_takes():
    with pytest.raises(NotAllowed, match="leader, product owner"):
        access.require(make.make_user(), make.make_product())


def test_two_roles_add_up(tree):
    user = make.make_user("product_owner", product=tree["in_below"])
    Grant.objects.create(user=user, role="product_owner", product=tree["in_beside"])

    assert access.may_write(fresh(user), tree["in_below"])
    assert access.may_write(fresh(user), tree["in_beside"])
    assert not access.may_write(fresh(user), tree["in_top"])


def test_a_product_moves_to_another_stream_only_by_who_covers_both(tree):
    def move(user):
        product = Product.objects.get(pk=tree["in_below"].pk)
        product.value_stream = tree["beside"]
        return actions.save(product, by=user)

    for refused in (
        make.make_user("leader", value_stream=tree["top"]),
        make.make_user("leader", value_stream=tree["beside"]),
        make.make_user("product_owner", product=tree["in_below"]),
    ):
        with pytest.raises(NotAllowed):
            move(refused)
    both = make.make_user("leader", value_stream=tree["top"])
    Grant.objects.create(user=both, role="leader", value_stream=tree["beside"])

    assert move(fresh(both)).value_stream == tree["beside"]


def test_a_product_owner_still_edits_the_rest_of_the_product(tree):
    owner = make.make_user("product_owner", product=tree["in_below"])
    product = tree["in_below"]
    product.name = "Renewals of licences"

    assert actions.save(product, by=owner).name == "Renewals of licences"


@pytest.mark.parametrize("new_parent", ["beside", None])
def test_a_stream_leaves_its_parent_only_by_who_covers_both_places(tree, new_parent):
    stream = tree["below"]
    stream.parent = tree[new_parent] if new_parent else None

    with pytest.raises(NotAllowed, match="over both"):
        actions.save(stream, by=make.make_user("leader", value_stream=tree["below"]))
    with pytest.raises(NotAllowed):
        actions.save(stream, by=make.make_user("leader", value_stream=tree["top"]))
    actions.save(stream, by=make.make_user("leader"))

    assert ValueStream.objects.get(pk=stream.pk).parent == stream.parent


def test_a_row_cannot_be_taken_over_by_giving_it_to_a_product_one_owns(tree):
    segment = make.make_segment(product=tree["in_beside"])
    owner = make.make_user("product_owner", product=tree["in_below"])
    segment.product = tree["in_below"]

    with pytest.raises(NotAllowed):
        actions.save(segment, by=owner)


def test_a_correction_cannot_carry_a_row_out_of_reach(tree):
    assignment = make.make_assignment(product=tree["in_below"])
    leader = make.make_user("leader", value_stream=tree["below"])

    with pytest.raises(NotAllowed):
        actions.correct(assignment, changes={"product": tree["in_beside"]}, reason="Theirs", by=leader)
    assignment.refresh_from_db()
    assert assignment.retracted_at is None


def test_rights_are_read_anew_by_each_request(tree):
    user = make.make_user("leader", value_stream=tree["top"])
    assert access.may_write(user, tree["in_top"])
    user.grants.all().delete()

    assert not access.may_write(fresh(user), tree["in_top"])


def test_reading_rights_takes_one_query_for_grants_and_one_for_the_tree(tree, django_assert_num_queries):
    user = fresh(make.make_user("leader", value_stream=tree["top"]))

    with django_assert_num_queries(2):
        access.may_write(user, tree["in_below"])


def test_a_discipline_is_not_added_by_who_leads_one_team():
    lead = make.make_user("leader", team=make.make_team())

    with pytest.raises(NotAllowed):
        actions.save(Discipline(code="design", name="Design"), by=lead)


def test_a_membership_that_ended_still_binds_the_person_to_the_team():
    ended = make.make_membership(ends=make.START + timedelta(days=30))
    lead = make.make_user("team_lead", team=ended.team)

    assert access.may_write(lead, ended.person)
