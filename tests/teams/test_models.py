"""What stored rows of teams may be, and what a change of them makes stale."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from portfolio.common import actions
from portfolio.common.errors import AlreadyRetracted
from portfolio.common.models import StaleMark
from portfolio.common.months import today
from teams.capacity import capacity
from teams.models import Discipline, Membership, Person, Rate, Team, labour_touches
from tests import factories as make

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def stored(row):
    """Put a row into the database past the actions, as a careless script would."""
    with transaction.atomic():
        row.save(force_insert=True)


# -- Rules of the database ------------------------------------------------------------------------------


def test_a_membership_cannot_end_before_it_starts():
    with pytest.raises(ValidationError, match="after the start"):
        make.make_membership(starts=date(2026, 3, 2), ends=date(2026, 3, 1))
    known = make.make_membership()
    wrong = Membership(
        person=make.make_person(),
        team=known.team,
        discipline=known.discipline,
        fte=1,
        starts=date(2026, 3, 2),
        ends=date(2026, 3, 2),
    )
    with pytest.raises(IntegrityError):
        stored(wrong)


@pytest.mark.parametrize("fte", ["0", "-0.5", "1.51"])
def test_a_membership_has_a_possible_fte(fte):
    with pytest.raises(ValidationError, match=r"FTE|greater than"):
        make.make_membership(fte=Decimal(fte))


def test_a_rate_cannot_be_negative():
    with pytest.raises(ValidationError):
        make.make_rate(monthly_amount=Decimal("-1.00"))
    with pytest.raises(IntegrityError):
        stored(Rate(discipline=make.make_discipline(), monthly_amount=Decimal("-1"), starts=make.START))


def test_a_rate_is_in_a_currency_that_exists():
    with pytest.raises(ValidationError, match="not a currency"):
        make.make_rate(currency="ZZZ")


def test_a_code_is_unique_among_its_kind():
    make.make_team(code="alpha")

    with pytest.raises(ValidationError, match="already exists"):
        make.make_team(code="alpha")


@pytest.mark.parametrize("code", ["Alpha", "al pha", "-alpha", "alpha--beta", "al_pha", ""])
def test_a_code_is_short_and_readable(code):
    with pytest.raises(ValidationError):
        make.make_team(code=code, name="Alpha")


@pytest.mark.parametrize("code", ["add", "people", "rates", "disciplines", "memberships"])
def test_a_team_cannot_take_a_code_that_is_an_address(code):
    with pytest.raises(ValidationError, match="part of an address"):
        make.make_team(code=code)


# -- Guards -----------------------------------------------------------------------------------------------


def test_a_person_is_in_a_team_with_a_discipline_once_on_each_day():
    first = make.make_membership(starts=date(2026, 1, 1), ends=date(2026, 4, 1))
    same = {"person": first.person, "team": first.team, "discipline": first.discipline}

    with pytest.raises(ValidationError, match="already in"):
        make.make_membership(**same, starts=date(2026, 3, 31))
    make.make_membership(**same, starts=date(2026, 4, 1))
    make.make_membership(**(same | {"team": make.make_team()}), starts=date(2026, 3, 1))


def test_a_discipline_has_one_rate_on_each_day():
    rate = make.make_rate(starts=date(2026, 1, 1), ends=date(2027, 1, 1))

    with pytest.raises(ValidationError, match="already has a rate"):
        make.make_rate(discipline=rate.discipline, starts=date(2026, 12, 31))
    make.make_rate(discipline=rate.discipline, starts=date(2027, 1, 1))


def test_a_retracted_rate_makes_room_for_another():
    rate = make.make_rate()
    actions.retract(rate, reason="Wrong discipline", by=None)

    assert make.make_rate(discipline=rate.discipline).retracted_at is None


# -- Corrections --------------------------------------------------------------------------------------------


def test_a_corrected_membership_keeps_the_old_row_beside_the_new():
    user = make.make_user("team_lead")
    old = make.make_membership(fte=Decimal("1.00"))
    before = timezone.now()
    new = actions.correct(old, changes={"fte": Decimal("0.60")}, reason="Part time", by=user)

    old.refresh_from_db()
    assert (old.fte, old.retracted_by, old.reason) == (Decimal("1.00"), user, "Part time")
    assert (new.fte, new.corrects, new.recorded_by) == (Decimal("0.60"), old, user)
    assert list(Membership.objects.known()) == [new]
    assert list(Membership.objects.known(before)) == [old]


def test_a_membership_is_corrected_once():
    old = make.make_membership()
    actions.correct(Membership.objects.get(pk=old.pk), changes={"fte": Decimal("0.60")}, reason="Part time", by=None)

    with pytest.raises(AlreadyRetracted):
        actions.correct(old, changes={"fte": Decimal("0.80")}, reason="Rather", by=None)


def test_a_retraction_says_why():
    with pytest.raises(ValidationError, match="Say why"):
        actions.retract(make.make_rate(), reason="  ", by=None)


# -- What a change makes stale --------------------------------------------------------------------------------


def test_labour_touches_the_products_with_a_team_on_those_days_only():
    june = {"starts": date(2026, 6, 1), "ends": date(2026, 7, 1)}
    inside = make.make_assignment(starts=date(2026, 5, 1), ends=date(2026, 6, 16))
    open_ended = make.make_assignment(starts=date(2026, 6, 20))
    make.make_assignment(starts=date(2026, 1, 1), ends=date(2026, 6, 1))
    make.make_assignment(starts=date(2026, 7, 1))
    retracted = make.make_assignment(**june)
    actions.retract(retracted, reason="Never worked there", by=None)

    touched = {(touch.product_id, touch.first, touch.last) for touch in labour_touches(june["starts"], june["ends"])}

    assert touched == {
        (inside.product_id, date(2026, 6, 1), date(2026, 6, 15)),
        (open_ended.product_id, date(2026, 6, 20), date(2026, 6, 30)),
    }


def test_a_membership_without_any_assignment_marks_nothing():
    make.make_membership()

    assert not StaleMark.objects.exists()


def test_a_membership_marks_the_months_of_the_product_its_team_works_on():
    team = make.make_team()
    assignment = make.make_assignment(team=team, starts=date(2026, 2, 1))
    StaleMark.objects.all().delete()
    make.make_membership(team=team, starts=date(2026, 3, 10), ends=date(2026, 5, 1))

    marks = set(StaleMark.objects.values_list("product_id", "month"))
    assert marks == {(assignment.product_id, date(2026, 3, 1)), (assignment.product_id, date(2026, 4, 1))}


# -- Reads ------------------------------------------------------------------------------------------------------


def test_capacity_counts_who_is_there_on_the_day():
    team = make.make_team()
    day = date(2026, 6, 15)
    make.make_membership(team=team, fte=Decimal("1.00"), starts=date(2026, 1, 1))
    make.make_membership(team=team, fte=Decimal("0.50"), starts=day, ends=day + DAY)
    make.make_membership(team=team, fte=Decimal("0.80"), starts=date(2026, 1, 1), ends=day)
    make.make_assignment(team=team, share=Decimal("0.25"), starts=date(2026, 1, 1))
    make.make_assignment(team=team, share=Decimal("0.75"), starts=date(2026, 1, 1), ends=day)

    now = capacity(team, day)

    assert (now.people, now.fte, now.assigned, now.free) == (2, Decimal("1.50"), Decimal("0.25"), Decimal("0.75"))
    assert now.free_fte == Decimal("1.125")
    assert [line.fte for line in now.work] == [Decimal("0.375")]
    assert (len(now.others), len(now.other_work)) == (1, 1)


def test_capacity_as_it_was_known():
    membership = make.make_membership(fte=Decimal("1.00"))
    before = timezone.now()
    actions.correct(membership, changes={"fte": Decimal("0.20")}, reason="Mostly elsewhere", by=None)

    assert capacity(membership.team, today(), before).fte == Decimal("1.00")
    assert capacity(membership.team, today()).fte == Decimal("0.20")


def test_capacity_over_time_has_each_month_less_whoever_is_away():
    """From 15 January to 9 March; away for all of February but the last four days, and half of those quiet."""
    membership = make.make_membership(starts=date(2026, 1, 15), ends=date(2026, 3, 10))
    make.make_absence(person=membership.person, starts=date(2026, 2, 1), ends=date(2026, 2, 25))
    quiet = {"kind": "quiet", "share": Decimal("0.5"), "starts": date(2026, 2, 25), "ends": date(2026, 3, 1)}
    make.make_absence(person=membership.person, **quiet)
    make.make_absence()  # of somebody who is not in the team
    chart = capacity(membership.team, date(2026, 4, 20)).over_time()

    assert [column.label for column in chart.columns[1:4]] == ["In the team", "Away", "Capacity"]
    assert [row[1:] for row in chart.rows] == [
        ("0.55", "0", "0.55", "0.55", "0", "0"),
        ("1", "0.86", "0.14", "0.07", "0", "0.07"),
        ("0.29", "0", "0.29", "0.29", "0", "0"),
        ("0", "0", "0", "0", "0", "0"),
    ]
    assert capacity(membership.team, date(2026, 2, 10)).today.capacity == 0


def test_capacity_over_time_of_a_team_without_members_is_empty_of_people():
    chart = capacity(make.make_team(), date(2026, 4, 20)).over_time()

    assert [row[1] for row in chart.rows] == ["0"]


def test_the_table_of_teams_agrees_with_the_capacity_of_each():
    team = make.make_team()
    make.make_membership(team=team, fte=Decimal("0.60"))
    make.make_membership(team=team, fte=Decimal("1.00"))
    for share in ("0.25", "0.50"):
        make.make_assignment(team=team, share=Decimal(share))
    make.make_team()

    row = Team.objects.for_table().get(pk=team.pk)
    now = capacity(team, today())

    assert (row.people, row.fte, row.products, row.assigned) == (2, now.fte, 2, now.assigned)
    assert row.free == now.free_fte == Decimal("0.40")


def test_the_table_of_teams_leaves_out_what_was_retracted():
    team = make.make_team()
    actions.retract(make.make_membership(team=team), reason="Never", by=None)
    actions.retract(make.make_assignment(team=team), reason="Never", by=None)

    row = Team.objects.for_table().get(pk=team.pk)

    assert (row.people, row.fte, row.assigned, row.free) == (0, 0, 0, 0)


def test_people_and_disciplines_count_the_memberships_of_today():
    now = make.make_membership(fte=Decimal("0.60"))
    make.make_membership(
        person=now.person, discipline=now.discipline, starts=make.START, ends=make.START + DAY, fte=Decimal("0.40")
    )

    assert Person.objects.for_table().get(pk=now.person_id).fte == Decimal("0.60")
    assert [row.team for row in Person.objects.for_table().get(pk=now.person_id).current_memberships] == [now.team]
    discipline = Discipline.objects.for_table().get(pk=now.discipline_id)
    assert (discipline.people, discipline.fte) == (1, Decimal("0.60"))
