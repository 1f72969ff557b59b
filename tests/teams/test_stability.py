"""How steady a team is, who it has, and what people are there for: from plain rows."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from teams.presence import Presence, by_person
from teams.shape import shape
from teams.stability import stability, stints

ON = date(2017, 3, 31)
WEEKS = (3, 8)


@dataclass(frozen=True)
class Row:
    person_id: int
    starts: date
    ends: date | None = None
    fte: Decimal = Decimal(1)
    discipline: object = None
    kind: str = "away"
    share: Decimal = Decimal(1)


@dataclass(frozen=True)
class Named:
    code: str
    name: str


def test_a_change_of_hours_is_no_leave_and_whoever_formed_a_team_did_not_join_it():
    """Ada and Ben formed the team in 2015; Ada went part-time; Cleo came in June 2016; Ben left at New Year."""
    rows = [
        Row(1, date(2015, 1, 1), date(2016, 9, 1)),
        Row(1, date(2016, 9, 1), None, Decimal("0.6")),
        Row(2, date(2015, 1, 1), date(2017, 1, 1)),
        Row(3, date(2016, 6, 1), None, Decimal("0.5")),
        Row(3, date(2016, 6, 1), None, Decimal("0.3")),
    ]
    assert [(stint.person, stint.starts, stint.ends) for stint in stints(rows)] == [
        (1, date(2015, 1, 1), None),
        (2, date(2015, 1, 1), date(2017, 1, 1)),
        (3, date(2016, 6, 1), None),
    ]
    found = stability(rows, ON, WEEKS)
    assert [stint.person for stint in found.joins] == [3]
    assert [stint.person for stint in found.leaves] == [2]
    assert (found.people, found.joined_fte) == (2, Decimal("0.8"))
    assert found.cost == (Decimal("2.4"), Decimal("6.4"))  # 0.8 FTE at 3 to 8 FTE-weeks
    assert found.median_days == ((ON - date(2015, 1, 1)).days + (ON - date(2016, 6, 1)).days) // 2
    assert (found.core, found.core_since) == ((1, 3), date(2016, 6, 1))  # Ada's 0.6 is less than half of 1.4
    assert found.core_months == 9


def test_a_team_with_nobody_in_it_has_no_tenure_and_no_core():
    found = stability([], ON, WEEKS)
    assert (found.people, found.median_months, found.core_months, found.cost) == (0, None, None, (0, 0))


def test_a_team_names_the_disciplines_it_lacks_and_by_how_many_people_it_is_past_the_limit():
    design, ops = Named("design", "Design"), Named("ops", "Operations")
    members = [Row(1, ON, discipline=design), Row(1, ON, discipline=ops), Row(2, ON, discipline=ops)]
    found = shape(members, ["product", "design"], 1, {"product": "Product", "design": "Design"})
    assert [(one.name, one.people, one.is_needed) for one in found.disciplines] == [
        ("Product", 0, True),
        ("Design", 1, True),
        ("Operations", 2, False),
    ]
    assert [one.name for one in found.gaps] == ["Product"]
    assert (found.covered, found.needed, found.people, found.over) == (1, 2, 2, 1)


def test_being_away_lowers_capacity_and_learning_and_quiet_time_do_not():
    """March: one person all month at 0.8 FTE; away the first ten days, half of each day quiet until the 20th."""
    rows = [Row(1, date(2016, 1, 1), None, Decimal("0.8"))]
    absent = [
        Row(1, date(2017, 2, 20), date(2017, 3, 11)),
        Row(1, date(2017, 3, 1), date(2017, 3, 21), kind="quiet", share=Decimal("0.5")),
        Row(1, date(2017, 3, 31), date(2017, 4, 2), kind="learning"),
        Row(2, date(2017, 3, 1), date(2017, 4, 1)),
    ]
    found = Presence(rows, by_person(absent)).during(date(2017, 3, 1), date(2017, 4, 1))
    assert (found.total, found.away) == (Decimal("24.8"), Decimal("8"))
    assert (found.capacity, found.quiet, found.learning) == (Decimal("16.8"), Decimal("4"), Decimal("0.8"))
    assert Presence([]).during(date(2017, 3, 1), date(2017, 4, 1)).present == 1


days = st.dates(date(2016, 1, 1), date(2017, 12, 31))


@st.composite
def absences(draw):
    first, second = draw(days), draw(days)
    kind = draw(st.sampled_from(["away", "learning", "quiet"]))
    ends = max(first, second) if first != second else date(2018, 1, 1)
    return Row(
        draw(st.integers(1, 2)), min(first, second), ends, kind=kind, share=draw(st.decimals("0.1", 1, places=1))
    )


@given(st.lists(absences(), max_size=8), days)
def test_what_is_away_learning_and_quiet_is_never_more_than_there_is_and_adds_up_over_days(rows, middle):
    team = Presence([Row(1, date(2016, 3, 1)), Row(2, date(2016, 1, 1), date(2017, 6, 1))], by_person(rows))
    first, after = date(2016, 1, 1), date(2018, 1, 1)
    whole = team.during(first, after)
    assert whole.away + whole.learning + whole.quiet <= whole.total
    assert team.during(first, middle) + team.during(middle, after) == whole
