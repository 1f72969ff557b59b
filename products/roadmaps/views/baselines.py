"""Pages of what is agreed: the agreement, its baselines, and what members say to them."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, pages
from products.roadmaps import agreed, baseline_actions, content
from products.roadmaps.agreement_exports import BASELINES
from products.roadmaps.agreement_filters import BaselineTable
from products.roadmaps.agreement_forms import BaselineForm, DeclineForm, SignForm
from products.roadmaps.difference import MATERIAL
from products.roadmaps.models import Baseline, Member, Roadmap, SignOff, Verdict
from products.roadmaps.telling import PLACE_NAMES, facts_of, names_of, own_facts_of

FORM = "roadmaps/baseline_form.html"
SHOWN = 5  #: baselines on the page of the agreement; the list has them all
FIRST_ROWS = 20  #: items on its first screen; `?whole=1` shows them all
NOT_A_MEMBER = (
    "You cannot sign or decline: you are neither a business partner nor a technology owner of this roadmap. Whoever "
    "edits it can name you as one."
)
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def roadmap_named(request: HttpRequest, code: str) -> Roadmap:
    """Return a roadmap that the reader may read, by its code."""
    return get_object_or_404(Roadmap.objects.visible_to(request.user), code=code)


@require_GET
def roadmap_agreement(request: HttpRequest, code: str) -> HttpResponse:
    """Show what of a roadmap both sides have signed, item by item."""
    roadmap = roadmap_named(request, code)
    found = agreed.read(roadmap)
    baselines = Baseline.objects.visible_to(request.user).filter(roadmap=roadmap).for_table()
    return render(
        request,
        "roadmaps/roadmap_agreement.html",
        {
            "roadmap": roadmap,
            "agreed": found,
            "rows": found.rows if request.GET.get("whole") else found.rows[:FIRST_ROWS],
            "mine": found.person(request.user),
            "not_a_member": NOT_A_MEMBER,
            "material": MATERIAL,
            "baselines": list(baselines[:SHOWN]),
            "may_take": access.may_write(request.user, Baseline(roadmap=roadmap)),
        },
    )


@require_safe
def baseline_list(request: HttpRequest, code: str) -> HttpResponseBase:
    """List all baselines of a roadmap, latest first."""
    roadmap = roadmap_named(request, code)
    rows = Baseline.objects.visible_to(request.user).filter(roadmap=roadmap).for_table()
    filterset = BaselineTable(request.GET, rows, request=request)
    return pages.render_list(request, "roadmaps/baseline_list.html", filterset, export=BASELINES, roadmap=roadmap)


@require_GET
def baseline_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a roadmap as a baseline froze it, whether that is intact, and what was said to it."""
    baseline = _baseline(request, pk)
    document = baseline.document
    names = names_of([document])
    items = document["items"]
    places = [
        (name, [(code, items[code]["name"], facts_of(items[code], None, names)) for code in document["order"][place]])
        for place, name in PLACE_NAMES.items()
    ]  # fmt: skip
    latest = baseline.roadmap.baselines.order_by("-number").values_list("number", flat=True)[0]
    said = SignOff.objects.filter(baseline=baseline).select_related("by").order_by("at", "pk")
    for row in said:
        row.items = [names.of("needs", code) for code in row.about]
    return render(
        request,
        "roadmaps/baseline_detail.html",
        {
            "baseline": baseline,
            "roadmap": baseline.roadmap,
            "places": places,
            "own": own_facts_of(document["roadmap"], names),
            "computed": content.hash_of(baseline.content),
            "latest": latest,
            "said": said,
            "may_say": latest == baseline.number and is_member(request, baseline.roadmap),
        },
    )


@get_or_post
def baseline_add(request: HttpRequest, code: str) -> HttpResponse:
    """Freeze a roadmap as it is."""
    roadmap = roadmap_named(request, code)
    pages.require_writable(request, Baseline(roadmap=roadmap))
    form = BaselineForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = pages.attempt(
            form,
            lambda: baseline_actions.take_baseline(roadmap, by=request.user, name=given["name"], why=given["why"]),
        )
        if made:
            messages.success(request, f"{made} is taken. It never changes; its members can sign it now.")
            return redirect(made.get_absolute_url())
    return _show(
        request,
        form,
        roadmap=roadmap,
        title="Take a baseline",
        intro="It freezes the roadmap as it is. What the members sign is the baseline; you may go on editing.",
        submit="Take the baseline",
        cancel=reverse("roadmaps:roadmap-agreement", args=[roadmap.code]),
    )


@get_or_post
def baseline_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign the latest baseline, with a comment or without."""
    baseline = _signable(request, pk)
    form = SignForm(request.POST if request.method == "POST" else None)
    return _say(
        request,
        baseline,
        form,
        lambda given: baseline_actions.say(baseline, verdict=Verdict.SIGNED, comment=given["comment"], by=request.user),
        done=f"You have signed {baseline}.",
        title="Sign",
        intro="You agree with all that is in it, for your side. A material change of an item voids your signature for "
        "that item alone.",
        submit="Sign",
    )


@get_or_post
def baseline_decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Decline the latest baseline, or some items of it, with a reason."""
    baseline = _signable(request, pk)
    form = DeclineForm(request.POST if request.method == "POST" else None, baseline=baseline)
    return _say(
        request,
        baseline,
        form,
        lambda given: baseline_actions.say(
            baseline, verdict=Verdict.DECLINED, comment=given["comment"], about=given["about"], by=request.user
        ),
        done=f"You have declined {baseline}. Your reason is there for all to read.",
        title="Decline",
        intro="It stays as it is. Your reason is there for all to read, until what you decline changes materially.",
        submit="Decline",
    )


# -- What they share --------------------------------------------------------------------------------------------------


def _baseline(request: HttpRequest, pk: int) -> Baseline:
    return get_object_or_404(Baseline.objects.visible_to(request.user).select_related("roadmap", "made_by"), pk=pk)


def is_member(request: HttpRequest, roadmap: Roadmap) -> bool:
    return Member.objects.filter(roadmap=roadmap, user=request.user.pk).exists()


def _signable(request: HttpRequest, pk: int) -> Baseline:
    """Return a baseline to a member of its roadmap; 403, with why, to anybody else."""
    baseline = _baseline(request, pk)
    if not is_member(request, baseline.roadmap):
        raise PermissionDenied(NOT_A_MEMBER)
    return baseline


def _say(
    request: HttpRequest,
    baseline: Baseline,
    form: forms.Form,
    change: Callable[[dict[str, Any]], SignOff],
    *,
    done: str,
    **context: Any,
) -> HttpResponse:
    agreement = reverse("roadmaps:roadmap-agreement", args=[baseline.roadmap.code])
    if request.method == "POST" and form.is_valid() and pages.attempt(form, lambda: change(form.cleaned_data)):
        messages.success(request, done)
        return redirect(agreement)
    return _show(request, form, roadmap=baseline.roadmap, kicker=str(baseline), cancel=agreement, **context)


def _show(request: HttpRequest, form: forms.Form, **context: Any) -> HttpResponse:
    is_refused = form.is_bound and bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    return render(request, FORM, {"form": form, **context}, status=status)
