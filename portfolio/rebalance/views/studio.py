"""The studio: the page on which money is moved, and its parts.

It works as a form; `static/studio.js` saves each edit as it is made and brings the effects up to date.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portfolio.common import access, exports, pages
from portfolio.common.errors import TwofoldError
from portfolio.rebalance import panel, studio
from portfolio.rebalance import scenario_actions as actions
from portfolio.rebalance.amounts import typed_amount
from portfolio.rebalance.exports import LINES
from portfolio.rebalance.models import Scenario
from portfolio.rebalance.steps import ScenarioMoved
from portfolio.rebalance.studio import Study
from portfolio.rebalance.suggest import CannotSuggest, Suggestion, suggest
from portfolio.rebalance.views.scenarios import moved_words, scenario_of, tell
from portfolio.rollup.filters import WindowForm
from products.catalog.models import ValueStream


class StudioForm(WindowForm):
    """The window that figures are of, and which lines are shown."""

    search = forms.CharField(required=False, max_length=100, widget=forms.SearchInput)
    value_stream = forms.CharField(required=False, label="Value stream")

    field_order = ("search", "value_stream", "window", "from", "to", "known")

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        tree = ValueStream.objects.all().as_tree()
        self.fields["value_stream"].widget = forms.Select(
            choices=[("", "all"), *((row.code, "\u2003" * row.depth + row.name) for row in tree)]
        )
        self.order_fields(self.field_order)

    @property
    def at(self):
        """The past moment that is asked for, or None."""
        return self.cleaned_data.get("known") if self.is_valid() else None


@require_safe
def scenario_detail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show the studio of a scenario: its lines, what is left to give, and what the split would do."""
    scenario = scenario_of(request, pk)
    form = StudioForm(request.GET)
    if not form.is_valid():
        return _show(request, scenario, form, studio.study(scenario), status=HTTPStatus.BAD_REQUEST)
    if file := exports.asked_for(request):
        lines = scenario.lines.select_related("stream", "product").order_by("pk")
        return pages.file_of(request, LINES, lines, file, ())
    return _show(request, scenario, form, _study(scenario, form))


@require_safe
def scenario_effects(request: HttpRequest, pk: int) -> HttpResponse:
    """Give what the split would do as a part of the studio's page, with the totals and figures of its lines."""
    scenario = scenario_of(request, pk)
    form = StudioForm(request.GET)
    if not form.is_valid():
        return HttpResponse(form.found, status=HTTPStatus.BAD_REQUEST, content_type="text/plain; charset=utf-8")
    found = _study(scenario, form)
    context = {"study": found, "scenario": scenario, "panel": panel.read(found, form.asked), "is_part": True}
    context["figures"] = _row_figures(found)
    return render(request, "rebalance/_effects.html", context)


@require_POST
def scenario_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the whole form: what differs from the version that it was shown for is one step.

    What others changed meanwhile is kept, and told. Where both changed the same, nothing is saved and both are shown.
    """
    scenario = scenario_of(request, pk)
    pages.require_writable(request, scenario)
    form = StudioForm(request.GET)
    found = _study(scenario, form) if form.is_valid() else studio.study(scenario)
    version = request.POST.get("version", "")
    if not version.isdecimal() or len(version) > 9:
        messages.error(request, "The form did not say which version it was shown for, so nothing is saved. Look again.")
        return redirect(scenario)
    changes = _changes(request.POST, scenario, found, int(version))
    if any(row.error for row in found.rows):
        return _show(request, scenario, form, found, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        edited = actions.edit(scenario, version=int(version), changes=changes, by=request.user, merge=True)
    except ScenarioMoved as moved:
        theirs = {conflict.line: conflict for conflict in moved.conflicts}
        for row in found.rows:
            if (conflict := theirs.get(row.line.pk)) is not None:
                row.error = f"{conflict.label.capitalize()}: yours {conflict.yours}, theirs {conflict.theirs}."
        scenario.refresh_from_db()
        return _show(request, scenario, form, found, moved=moved_words(moved), status=HTTPStatus.CONFLICT)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except TwofoldError as error:
        messages.error(request, str(error))
    else:
        tell(request, edited, "Saved.")
    query = request.GET.urlencode()
    return redirect(f"{scenario.get_absolute_url()}{'?' if query else ''}{query}")


def _changes(given: Mapping[str, str], scenario: Scenario, found: Study, version: int) -> dict[int, dict[str, Any]]:
    """Return what the form changes, against the version that it was shown for; what is wrong is put on its row."""
    seen = studio.as_seen(scenario, found.lines, version)
    changes: dict[int, dict[str, Any]] = {}
    for row in found.rows:
        typed = given.get(f"amount-{row.line.pk}")
        if typed is None:
            continue  # the filter left it out
        was_amount, was_locked = seen[row.line.pk]
        change: dict[str, Any] = {}
        try:
            amount = typed_amount(typed, was_amount, row.line.stream.currency)
        except ValidationError as error:
            row.typed, row.error = typed, error.messages[0]
            continue
        if amount != was_amount:
            change["monthly_amount"] = amount
            row.typed = typed  # should nothing be saved, it stays in its box
        if (f"locked-{row.line.pk}" in given) != was_locked:
            change["is_locked"] = row.line.is_locked = not was_locked
        if change:
            changes[row.line.pk] = change
    return changes


# -- The best split ----------------------------------------------------------------------------------------------------


@require_safe
def scenario_suggest(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the best split under the guardrails beside the one that stands, to take or leave."""
    scenario = scenario_of(request, pk)
    form = StudioForm(request.GET)
    found = _study(scenario, form) if form.is_valid() else studio.study(scenario)
    return _show_suggestion(request, scenario, form, found)


@require_POST
def scenario_take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a suggestion, if it still is what was shown; else show what it is by now."""
    scenario = scenario_of(request, pk)
    pages.require_writable(request, scenario)
    version, digest = request.POST.get("version", ""), request.POST.get("digest", "")
    if not digest or not version.isdecimal() or len(version) > 9:
        messages.error(request, "Look at the suggestion first; nothing is taken.")
        return redirect("rebalance:scenario-suggest", scenario.pk)
    form = StudioForm(request.GET)
    found = _study(scenario, form) if form.is_valid() else studio.study(scenario)
    try:
        suggestion = suggest(found, form.asked)
        if suggestion.digest != digest:
            note = (
                "The figures, or the scenario, changed since this was shown, and with them the suggestion. Look again."
            )
            return _show_suggestion(request, scenario, form, found, note=note, status=HTTPStatus.CONFLICT)
        edited = actions.take_suggestion(scenario, version=int(version), amounts=suggestion.changes, by=request.user)
    except ScenarioMoved as moved:
        note = " ".join(moved_words(moved))
        return _show_suggestion(request, scenario, form, found, note=note, status=HTTPStatus.CONFLICT)
    except TwofoldError as error:
        messages.error(request, str(error))
    else:
        tell(request, edited, "The suggested split is taken; it can be undone as one step.")
    return redirect(scenario)


def _show_suggestion(
    request: HttpRequest, scenario: Scenario, form: StudioForm, found: Study, *, note: str = "", status: int = 200
) -> HttpResponse:
    suggestion: Suggestion | None = None
    problem = ""
    if form.is_valid() and not form.at:
        try:
            suggestion = suggest(found, form.asked)
        except CannotSuggest as error:
            problem = str(error)
    else:
        problem = "A suggestion is made for the present: leave out the past moment, or mend the window."
    context = {
        "scenario": scenario,
        "study": found,
        "suggestion": suggestion,
        "problem": problem,
        "note": note,
        "may_write": access.may_write(request.user, scenario) and not scenario.archived_at,
    }
    return render(request, "rebalance/scenario_suggest.html", context, status=status)


# -- What they share ---------------------------------------------------------------------------------------------------


def _study(scenario: Scenario, form: StudioForm) -> Study:
    given = form.cleaned_data
    return studio.study(scenario, at=given["known"], words=given["search"], stream=given["value_stream"])


def _show(
    request: HttpRequest,
    scenario: Scenario,
    form: StudioForm,
    found: Study,
    *,
    moved: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    asked = form.asked if form.is_valid() else None
    shown = panel.read(found, asked)
    context = {
        "scenario": scenario,
        "form": form,
        "study": found,
        "panel": shown,
        "errors": [row for row in found.rows if row.error],
        "moved": moved,
        "may_write": access.may_write(request.user, scenario) and not form.at and not scenario.archived_at,
        "may_restore": access.may_write(request.user, scenario),
        "at": form.at,
        "api": reverse("scenarios-detail", args=[scenario.pk]),
    }
    return render(request, "rebalance/scenario_detail.html", context, status=status)


def _row_figures(found: Study) -> dict[str, dict[str, Any]]:
    """Return what the table shows of each line, as text, by line: for the script, which keeps it current."""
    shown = list(found.shown)
    return {
        "rows": {str(row.line.pk): row.figures.texts for row in shown if row.figures is not None},
        "changes": {str(row.line.pk): row.change_text for row in shown},
    }
