"""Pages of recognition: outcomes that a team shares, and metrics that passed their target."""

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from portfolio.common import access, pages
from portfolio.common.rows import RecordedPages, Shown, period_of
from products.value import recognition_exports as exports
from products.value.models import Celebration, Metric, SharedOutcome
from products.value.recognition_reading import LATEST, CelebrationTable, SharedOutcomeTable
from teams.models import Rate, Team, Thanks

DAY = {"type": "date"}


class SharedOutcomeForm(forms.ModelForm):
    """A metric for which a team's business and technology people are recognised together."""

    class Meta:
        model = SharedOutcome
        fields = ["team", "metric", "starts", "ends", "is_illustrative"]
        labels = {"starts": "First day", "ends": "Ends before"}
        help_texts = {"ends": "The first day that no longer counts. Leave empty for an open end."}
        widgets = {
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "ends": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }


SHARED_OUTCOMES = RecordedPages(
    SharedOutcome,
    room="value",
    name="shared-outcome",
    at="shared-outcomes",
    form=SharedOutcomeForm,
    table=SharedOutcomeTable,
    export=exports.SHARED_OUTCOMES,
    columns=(
        Shown("Team", "team", sort="team"),
        Shown("Outcome", "metric", sort="metric"),
        Shown("Product", "metric__product"),
        Shown("When", "self", period_of, sort="starts"),
    ),
    room_nav="teams/_room.html",
    intro="What the business and the technology people of a team are recognised for together: when such a metric "
    "passes its target, all who were in the team that day are named.",
    add="Share an outcome",
    add_intro="From a day on, the whole team is recognised together for this metric, whoever's name is on the work.",
    retract_words="It was never agreed. If it has ended, correct its end instead.",
    empty="Agree on a metric that a team's business and technology people are recognised for together.",
    begins={"team": Team, "metric": Metric},
)


@require_safe
def celebration_list(request: HttpRequest) -> HttpResponseBase:
    """List what was celebrated, and the latest thanks that the user may read."""
    return pages.render_list(
        request,
        "value/celebration_list.html",
        CelebrationTable(request.GET, Celebration.objects.visible_to(request.user).for_table()),
        export=exports.CELEBRATIONS,
        thanks=list(Thanks.objects.visible_to(request.user).known().for_table()[:LATEST]),
        may_read_rates=access.may_add(request.user, Rate),
    )
