"""Pages of scenarios besides the studio: the list, beginning one, its settings, its lines, its steps."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from portfolio.common import access, pages
from portfolio.common.errors import TwofoldError
from portfolio.rebalance import exports, steps
from portfolio.rebalance import scenario_actions as actions
from portfolio.rebalance.filters import ScenarioTable
from portfolio.rebalance.forms import LineForm, ScenarioForm, ScenarioSettingsForm
from portfolio.rebalance.models import Scenario
from portfolio.rebalance.scenario_actions import Edited
from portfolio.rebalance.steps import ScenarioMoved

FORM = "components/page_form.html"
STEPS_SHOWN = 50
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def scenario_of(request: HttpRequest, pk: int) -> Scenario:
    """Return the scenario of an address, or answer 404."""
    rows = Scenario.objects.visible_to(request.user).select_related("value_stream", "made_by", "based_on")
    return get_object_or_404(rows, pk=pk)


@require_safe
def scenario_list(request: HttpRequest) -> HttpResponseBase:
    """List the scenarios, those that were worked on last first."""
    rows = Scenario.objects.visible_to(request.user).for_table().with_changes()
    return pages.render_list(
        request,
        "rebalance/scenario_list.html",
        ScenarioTable(request.GET, rows),
        export=exports.SCENARIOS,
        may_add=access.may_add(request.user, Scenario),
    )


@get_or_post
def scenario_add(request: HttpRequest) -> HttpResponse:
    """Begin a scenario from what is allotted, or from another one."""
    pages.require_addable(request, Scenario)
    first = Scenario.objects.visible_to(request.user).filter(pk=request.GET.get("based_on") or None).first() if (
        request.GET.get("based_on", "").isdecimal() and len(request.GET["based_on"]) < 19
    ) else None  # fmt: skip
    initial = {"based_on": first, "value_stream": first.value_stream, "starts": first.starts} if first else {}
    form = ScenarioForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = pages.attempt(form, lambda: actions.begin_scenario(**form.cleaned_data, by=request.user))
        if made:
            messages.success(request, f"{made} has begun. What you change is kept, step by step.")
            return redirect(made)
    return render(
        request,
        FORM,
        {
            "form": form,
            "title": "Begin a scenario",
            "kicker": "Rebalance",
            "intro": "Another split of money, to try out: nothing is paid differently until it is proposed, approved "
            "and applied.",
            "submit": "Begin",
            "cancel": reverse("rebalance:scenario-list"),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


@get_or_post
def scenario_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a scenario's name, day, budget or note."""
    scenario = scenario_of(request, pk)
    pages.require_writable(request, scenario)
    form = ScenarioSettingsForm(request.POST or None, instance=scenario, initial={"version": scenario.version})
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        version = given.pop("version")
        edited = pages.attempt(
            form, lambda: actions.edit(scenario, version=version, settings=given, by=request.user, merge=True)
        )
        if edited:
            tell(request, edited, "The settings are saved.")
            return redirect(scenario)
    return render(
        request,
        FORM,
        {
            "form": form,
            "title": "Settings of this scenario",
            "kicker": str(scenario),
            "intro": "Its lines keep what they were when it began, also if its day changes.",
            "submit": "Save",
            "cancel": scenario.get_absolute_url(),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


@get_or_post
def scenario_line(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a stream pay a product that it does not pay today."""
    scenario = scenario_of(request, pk)
    pages.require_writable(request, scenario)
    form = LineForm(request.POST or None, scenario=scenario)
    if request.method == "POST" and form.is_valid():
        edited = pages.attempt(form, lambda: actions.add_line(scenario, **form.cleaned_data, by=request.user))
        if edited:
            tell(request, edited, "The line is added.")
            return redirect(scenario)
    return render(
        request,
        FORM,
        {
            "form": form,
            "title": "Pay a product from another stream",
            "kicker": str(scenario),
            "submit": "Add the line",
            "cancel": scenario.get_absolute_url(),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


# -- Steps -------------------------------------------------------------------------------------------------------------


@require_GET
def scenario_steps(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was done to a scenario, latest first, with a button to undo each step that stands."""
    scenario = scenario_of(request, pk)
    taken = list(scenario.steps.select_related("by").order_by("number"))
    page = Paginator(taken[::-1], STEPS_SHOWN).get_page(request.GET.get("page"))
    stands = steps.standing(taken)
    return render(
        request,
        "rebalance/scenario_steps.html",
        {
            "scenario": scenario,
            "page": page,
            "steps": steps.tell(scenario, page.object_list, stands),
            "may_write": access.may_write(request.user, scenario),
        },
    )


def _step_back(request: HttpRequest, pk: int, change: Callable[[Scenario], Edited], words: str) -> HttpResponse:
    scenario = scenario_of(request, pk)
    pages.require_writable(request, scenario)
    try:
        tell(request, change(scenario), words)
    except TwofoldError as error:
        messages.error(request, str(error))
    following = request.POST.get("to")
    return redirect("rebalance:scenario-steps", scenario.pk) if following == "steps" else redirect(scenario)


@require_POST
def scenario_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo one's own latest step, or the `step` that is named."""

    def change(scenario: Scenario) -> Edited:
        number = request.POST.get("step", "")
        step = get_object_or_404(scenario.steps, number=number) if number.isdecimal() and len(number) < 10 else None
        return actions.undo(scenario, step=step, by=request.user)

    return _step_back(request, pk, change, "Undone.")


@require_POST
def scenario_redo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take again the step that one undid last."""
    return _step_back(request, pk, lambda scenario: actions.redo(scenario, by=request.user), "Redone.")


@require_POST
def scenario_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a scenario away."""
    return _step_back(
        request, pk, lambda scenario: actions.archive(scenario, by=request.user), "Archived; it stays readable."
    )


@require_POST
def scenario_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring an archived scenario back."""
    return _step_back(request, pk, lambda scenario: actions.restore(scenario, by=request.user), "Restored.")


def tell(request: HttpRequest, edited: Edited, words: str) -> None:
    """Tell what became of a change, and what others had changed meanwhile."""
    if edited.step is None:
        messages.info(request, "Nothing was different, so nothing is changed.")
    else:
        messages.success(request, words)
    for step in edited.merged:
        messages.warning(request, told(step))


def told(step: steps.Told, most: int = 3) -> str:
    """Return in a sentence what somebody else changed."""
    changes = [
        f"{change.name or 'the scenario'}: {change.label} {change.old or 'none'} to {change.new or 'none'}"
        for change in step.changes[:most]
    ]
    more = f", and {len(step.changes) - most} more" if len(step.changes) > most else ""
    return f"Meanwhile {step.by} changed {'; '.join(changes)}{more} (step {step.number})."


def moved_words(moved: ScenarioMoved) -> list[str]:
    """Return in sentences what a refused edit collided with."""
    return [str(moved), *(told(step) for step in moved.steps)]
