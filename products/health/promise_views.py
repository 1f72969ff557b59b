"""Pages of what is promised: objectives with their error budgets, requirements, and whether a service is ready."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, histories, pages
from portfolio.common.formats import period
from portfolio.common.months import today
from portfolio.common.rows import RecordedPages, Shown, period_of
from products.health import promise_exports
from products.health.budget_reading import Row, budgets_of, over_time
from products.health.models import DeliveryEvent, Evidence, Measurement, Objective, Requirement, Service
from products.health.promise_filters import EvidenceTable, MeasurementTable, ObjectiveTable, RequirementTable
from products.health.promise_forms import EvidenceForm, MeasurementForm, ObjectiveForm, RequirementForm
from products.health.promise_reading import readiness_of, requirements_of, risky_releases
from products.health.readiness import Required, State, gap_in_words

FORM = "components/page_form.html"
LATEST = 12
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


# -- Objectives and error budgets -------------------------------------------------------------------------------


def _order(rows: list[Row], sort: str) -> list[Row]:
    """Return rows by what is worked out, largest or smallest first; those without a figure come last."""
    name, is_down = sort.lstrip("-"), sort.startswith("-")
    if name not in ("left", "burn"):
        return rows
    figures = {id(row): row.left if name == "left" else row.budget.week_burn for row in rows}
    known = [row for row in rows if figures[id(row)] is not None]
    known.sort(key=lambda row: figures[id(row)] or 0.0, reverse=is_down)
    return [*known, *(row for row in rows if figures[id(row)] is None)]


@require_safe
def objective_list(request: HttpRequest) -> HttpResponseBase:
    """List objectives with what is left of their error budgets today, what has least left first."""
    filterset = ObjectiveTable(request.GET, Objective.objects.visible_to(request.user).for_table())
    if filterset.is_valid() and "format" in request.GET:
        rows = None
    else:
        rows = _order(budgets_of(list(filterset.qs), today()), request.GET.get("sort") or "left")
    return pages.render_list(
        request,
        "health/objective_list.html",
        filterset,
        rows=rows,
        export=promise_exports.OBJECTIVES,
        may_add=access.may_add(request.user, Objective),
    )


@require_GET
def objective_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show an objective: what is left of its error budget, how fast it goes, and how it went."""
    objective = get_object_or_404(Objective.objects.visible_to(request.user).for_table(), code=code)
    on = today()
    (row,) = budgets_of([objective], on)
    measurements = Measurement.objects.known().filter(objective=objective)
    latest = list(measurements.select_related("recorded_by").order_by("-starts", "-pk")[:LATEST])
    for one in latest:
        one.objective = objective
    return render(
        request,
        "health/objective_detail.html",
        {
            "objective": objective,
            "row": row,
            "chart": over_time(objective, on),
            "latest": latest,
            "count": measurements.count(),
            "history": histories.described_history(objective),
            "may_write": access.may_write(request.user, objective),
            "may_measure": access.may_write(request.user, Measurement(objective=objective)),
        },
    )


@get_or_post
def objective_add(request: HttpRequest) -> HttpResponse:
    """Add an objective."""
    pages.require_addable(request, Objective)
    given = pages.rows_named(request, service=Service)
    service = given.get("service")
    return pages.save_form(
        request,
        ObjectiveForm(request.POST or None, initial=given),
        FORM,
        to=Objective.get_absolute_url,
        title="Add an objective",
        kicker=str(service) if service else "Objectives",
        intro="How often a service is to do well, over a rolling window. What the target leaves is its error budget: "
        "while some is left there is room for change.",
        submit="Add",
        cancel=service.get_absolute_url() if service else reverse("health:objective-list"),
    )


@get_or_post
def objective_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit an objective."""
    objective = get_object_or_404(Objective.objects.visible_to(request.user).for_table(), code=code)
    pages.require_writable(request, objective)
    return pages.save_form(
        request,
        ObjectiveForm(request.POST or None, instance=objective),
        FORM,
        to=Objective.get_absolute_url,
        title=f"Change {objective.name}",
        kicker=f"Objective · {objective.code}",
        submit="Save",
        cancel=objective.get_absolute_url(),
    )


MEASUREMENTS = RecordedPages(
    Measurement,
    room="health",
    name="measurement",
    at="measurements",
    form=MeasurementForm,
    table=MeasurementTable,
    export=promise_exports.MEASUREMENTS,
    columns=(
        Shown("When", "self", period_of, sort="starts"),
        Shown("Objective", "objective", sort="objective"),
        Shown("Service", "objective__service"),
        Shown("Good", "good", sort="good", is_number=True),
        Shown("Of all", "total", sort="total", is_number=True),
    ),
    room_nav="health/_promises.html",
    intro="How much of what a service did was good, by day or by several. Days without one are not counted as good.",
    add="Record a measurement",
    add_intro="Days that are measured already are refused: correct that measurement instead.",
    retract_words="It was never measured. If the counts were others, correct it instead.",
    empty="Record how much was good, or send measurements by the API or a file.",
    begins={"objective": Objective},
)


# -- Requirements and their evidence -----------------------------------------------------------------------------


def _states(rows: list[Requirement]) -> list[tuple[Requirement, Required, State]]:
    """Return requirements with how each stands today; two queries."""
    on = today()
    found = requirements_of({row.service_id for row in rows})
    by_key = {one.pk: one for several in found.values() for one in several}
    return [(row, by_key[row.pk], by_key[row.pk].state(on)) for row in rows]


@require_safe
def requirement_list(request: HttpRequest) -> HttpResponseBase:
    """List requirements with how each stands today."""
    on = today()
    response_rows = RequirementTable(request.GET, Requirement.objects.visible_to(request.user).for_table())
    if "format" in request.GET:
        rows = None
    else:
        rows = [
            {"requirement": row, "state": state, "till": one.verified_till(on), "is_expiring": one.is_expiring(on)}
            for row, one, state in _states(list(response_rows.qs))
        ]
    return pages.render_list(
        request,
        "health/requirement_list.html",
        response_rows,
        rows=rows,
        export=promise_exports.REQUIREMENTS,
        may_add=access.may_add(request.user, Requirement),
    )


@require_GET
def requirement_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show a requirement: what must hold, since when it is agreed, and every look at whether it holds."""
    requirement = get_object_or_404(Requirement.objects.visible_to(request.user).for_table(), code=code)
    on = today()
    ((_, one, state),) = _states([requirement])
    evidence = list(requirement.evidence.known().for_table())
    return render(
        request,
        "health/requirement_detail.html",
        {
            "requirement": requirement,
            "state": state,
            "gap": "" if state == State.VERIFIED else gap_in_words(one, on),
            "till": one.verified_till(on),
            "is_expiring": one.is_expiring(on),
            "evidence": [(row, period(row.verified_on, row.expires_on)) for row in evidence],
            "history": histories.described_history(requirement),
            "may_write": access.may_write(request.user, requirement),
            "may_verify": access.may_write(request.user, Evidence(requirement=requirement)),
        },
    )


@get_or_post
def requirement_add(request: HttpRequest) -> HttpResponse:
    """Add a requirement."""
    pages.require_addable(request, Requirement)
    given = pages.rows_named(request, service=Service)
    service = given.get("service")
    kind = request.GET.get("kind", "")
    begin = given | ({"kind": kind} if kind in dict(Requirement._meta.get_field("kind").flatchoices) else {})
    return pages.save_form(
        request,
        RequirementForm(request.POST or None, initial=begin),
        FORM,
        to=Requirement.get_absolute_url,
        title="State a requirement",
        kicker=str(service) if service else "Requirements",
        intro="What a service must withstand besides doing its work. Agree on it early: what is found out after the "
        "first deployment is dear to mend.",
        submit="State",
        cancel=service.get_absolute_url() if service else reverse("health:requirement-list"),
    )


@get_or_post
def requirement_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Edit a requirement."""
    requirement = get_object_or_404(Requirement.objects.visible_to(request.user).for_table(), code=code)
    pages.require_writable(request, requirement)
    return pages.save_form(
        request,
        RequirementForm(request.POST or None, instance=requirement),
        FORM,
        to=Requirement.get_absolute_url,
        title=f"Change {requirement.name}",
        kicker=f"Requirement · {requirement.code}",
        submit="Save",
        cancel=requirement.get_absolute_url(),
    )


EVIDENCE = RecordedPages(
    Evidence,
    room="health",
    name="evidence",
    at="evidence",
    form=EvidenceForm,
    table=EvidenceTable,
    export=promise_exports.EVIDENCE,
    columns=(
        Shown("Tested on", "verified_on", sort="tested"),
        Shown("Requirement", "requirement", sort="requirement"),
        Shown("Service", "requirement__service"),
        Shown("It held", "has_passed", sort="held"),
        Shown("Counts until before", "expires_on", sort="expires"),
        Shown("Where", "source"),
    ),
    room_nav="health/_promises.html",
    intro="That somebody looked whether a requirement holds. The latest look counts, until it expires.",
    add="Record evidence",
    add_intro="A test that failed is worth recording, too: it says that the requirement does not hold.",
    retract_words="It was never tested so. If the day or the outcome was another one, correct it instead.",
    empty="Test a requirement and record what came of it.",
    begins={"requirement": Requirement},
)


@require_GET
def service_readiness(request: HttpRequest, code: str) -> HttpResponse:
    """Show whether a service is ready for production, kind by kind, and what was released while it was not."""
    service = get_object_or_404(Service.objects.visible_to(request.user).for_table(), code=code)
    on = today()
    found = readiness_of([service], on)[service.pk]
    deployments = DeliveryEvent.objects.known().filter(service=service, kind="deployment").order_by("-happened_at")
    releases = risky_releases(deployments, requirements_of([service.pk]))
    return render(
        request,
        "health/service_readiness.html",
        {
            "service": service,
            "readiness": found,
            "releases": releases[:LATEST],
            "release_count": len(releases),
            "deployment_count": deployments.count(),
            "may_state": access.may_write(request.user, Requirement(service=service)),
            "on": on,
        },
    )
