"""Pages of results: what shipped items did to their metrics, and what experiments on items found."""

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, pages
from portfolio.common.filters import MomentField
from portfolio.common.months import today
from products.roadmaps import experiments
from products.roadmaps.models import Experiment, Item, Roadmap, State
from products.roadmaps.outcomes import Track, results_of
from products.roadmaps.result_exports import RESULTS
from products.roadmaps.result_filters import ResultTable, ShippedTable
from products.roadmaps.result_forms import ResultForm

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


class MomentForm(forms.Form):
    """As known when a record is shown."""

    known = MomentField()


@require_GET
def roadmap_results(request: HttpRequest, code: str) -> HttpResponse:
    """Show what became of all that a roadmap shipped: the record as a whole, and each item."""
    roadmap = get_object_or_404(Roadmap.objects.visible_to(request.user), code=code)
    form = MomentForm(request.GET)
    known = form.cleaned_data.get("known") if form.is_valid() else None
    items = Item.objects.visible_to(request.user).filter(roadmap=roadmap, state=State.SHIPPED, ended_on__lte=today())
    rows = items.select_related("roadmap", "product", "metric").order_by("-ended_on", "-pk")
    table = ShippedTable(request.GET, rows)
    results = results_of(table.qs, known=known)
    return pages.render_list(
        request,
        "roadmaps/shipped_list.html",
        table,
        rows=results,
        roadmap=roadmap,
        track=Track(results),
        form=form,
        known=known,
    )


def _experiments(request: HttpRequest) -> QuerySet[Experiment]:
    rows = Experiment.objects.visible_to(request.user)
    return rows.select_related("item__metric", "item__roadmap", "recorded_by").order_by("-concluded_on", "-pk")


@require_safe
def result_list(request: HttpRequest) -> HttpResponseBase:
    """List what experiments on items found, raw and shrunk."""
    table = ResultTable(request.GET, _experiments(request))
    known = table.form.cleaned_data.get("known") if table.form.is_valid() else None
    return pages.render_list(
        request,
        "roadmaps/result_list.html",
        table,
        export=RESULTS,
        may_add=access.may_add(request.user, Experiment),
        earlier=experiments.past(known),
    )


@require_GET
def result_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an experiment: what it found, raw and shrunk, and its corrections."""
    row = get_object_or_404(_experiments(request), pk=pk)
    found = experiments.effect_of(row, experiments.past())
    return pages.render_recorded(request, "roadmaps/result_detail.html", row, found=found)


@get_or_post
def result_add(request: HttpRequest) -> HttpResponse:
    """Record what an experiment on an item found."""
    pages.require_addable(request, Experiment)
    given = pages.rows_named(request, item=Item)
    item = given.get("item")
    return pages.record_form(
        request,
        ResultForm(request.POST or None, initial=given),
        FORM,
        to=Experiment.get_absolute_url,
        title="Record an experiment",
        kicker=f"{item} · {item.code}" if item else "Experiments",
        intro="Give both groups, or the effect and its standard error alone. It is drawn towards what effects usually "
        "are before it counts: large effects of small experiments are mostly luck.",
        submit="Record",
        cancel=item.get_absolute_url() if item else reverse("roadmaps:result-list"),
    )


@get_or_post
def result_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an experiment."""
    row = get_object_or_404(_experiments(request), pk=pk)
    return pages.correct_form(
        request,
        row,
        ResultForm,
        FORM,
        to=Experiment.get_absolute_url,
        title="Correct this experiment",
        kicker=str(row),
        intro="The old figures stay readable; what is shown follows the new ones.",
        submit="Correct",
        cancel=row.get_absolute_url(),
    )


@get_or_post
def result_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract an experiment."""
    row = get_object_or_404(_experiments(request), pk=pk)
    return pages.retract_form(
        request,
        row,
        CONFIRM,
        to=Experiment.get_absolute_url,
        title="Retract this experiment",
        kicker=str(row),
        what="It no longer stands beside its item, and says nothing any more of what effects are like.",
        submit="Retract",
        cancel=row.get_absolute_url(),
    )
