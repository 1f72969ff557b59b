"""What teams are recognised for, as files; the columns that the import reads come first."""

from django.db.models import F, OuterRef

from portfolio.common import sheets
from portfolio.common.exports import ILLUSTRATIVE, Codes, Column, Export
from products.value.models import Celebration, SharedOutcome


def _teams() -> Codes:
    rows = Celebration.teams.through.objects.filter(celebration=OuterRef("pk")).order_by("team__code")
    return Codes(rows.values(code=F("team__code")))


def _people() -> Codes:
    rows = Celebration.people.through.objects.filter(celebration=OuterRef("pk")).order_by("person__code")
    return Codes(rows.values(code=F("person__code")))


SHARED_OUTCOMES = Export("shared-outcomes", SharedOutcome, f"team metric starts ends {ILLUSTRATIVE}")
#: Nobody imports these: the system finds them.
CELEBRATIONS = Export(
    "celebrations",
    Celebration,
    "metric",
    "product=metric__product target value unit=metric__unit observed_on celebrated_at teams people id",
    worked_out=(
        Column("teams", "told_teams", sheets.TEXT, _teams),
        Column("people", "told_people", sheets.TEXT, _people),
    ),
)
