"""Thanks that demo users gave, and what the system celebrated: made up, on the services' own metrics."""

from datetime import date
from typing import NamedTuple

from portfolio.common import actions
from portfolio.common.models import User
from products.value.celebrating import celebrate
from teams.models import Person, Team, Thanks

#: The day after satisfaction with vehicle tax passed its target.
PASSED = date(2017, 2, 1)


class Given(NamedTuple):
    """Thanks: from which account, to a team or to a person, by code, and in which words."""

    by: str
    text: str
    team: str = ""
    person: str = ""
    is_open: bool = True


GIVEN = (
    Given("leader", "Nine in ten keepers say that taxing was easy. That is yours.", team="vehicle-tax-online"),
    Given("partner", "You explained certificates to us until we understood them.", person="goran-millrace"),
    Given(
        "lead",
        "You took my nights on call when my daughter was ill. I have not forgotten.",
        person="huda-kingsferry",
        is_open=False,
    ),
)  # fmt: skip


def recognise() -> None:
    """Celebrate, and give the thanks that are not there yet."""
    celebrate(PASSED)
    for given in GIVEN:
        by = User.objects.get(username=given.by)
        whom = {
            "team": Team.objects.get(code=given.team) if given.team else None,
            "person": Person.objects.get(code=given.person) if given.person else None,
        }
        if not Thanks.objects.filter(recorded_by=by, text=given.text, **whom).exists():
            thanks = Thanks(text=given.text, is_open=given.is_open, is_illustrative=True, **whom)
            actions.record(thanks, by=by)
