"""Pages of absences: who is away, learns or has quiet time, and when."""

from portfolio.common import formats
from portfolio.common.rows import RecordedPages, Shown, period_of
from teams import exports
from teams.filters import AbsenceTable
from teams.forms import AbsenceForm
from teams.models import Absence, Person

ABSENCES = RecordedPages(
    Absence,
    room="teams",
    name="absence",
    at="absences",
    form=AbsenceForm,
    table=AbsenceTable,
    export=exports.ABSENCES,
    columns=(
        Shown("Person", "person", sort="person"),
        Shown("Kind", "kind", sort="kind"),
        Shown("Share of their time", "share", formats.share, sort="share", is_number=True),
        Shown("When", "self", period_of, sort="starts"),
    ),
    room_nav="teams/_room.html",
    intro="Whoever is away lowers what their team can do. Learning days and quiet time are capacity, not waste, and "
    "are shown as such. Why somebody is away is nobody's business, and is not kept.",
    add="Add an absence",
    add_intro="Days on which somebody is away, learns or has quiet time; for a part of each day, give the share.",
    retract_words="They were at work on these days. If they came back sooner, correct the end instead.",
    empty="Add the days on which people are away, learn or have quiet time: capacity then goes by who is there.",
    begins={"person": Person},
)
