"""Pages of waivers."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from funding import exports
from funding.guardrail_filters import WaiverTable
from funding.guardrail_forms import WaiverForm
from funding.models import Guardrail, Waiver
from funding.views.common import CONFIRM, FORM, get_or_post
from portfolio.common import access, pages
from portfolio.common.months import today


@require_safe
def waiver_list(request: HttpRequest) -> HttpResponseBase:
    """List the waivers of all guardrails."""
    return pages.render_list(
        request,
        "funding/waiver_list.html",
        WaiverTable(request.GET, Waiver.objects.visible_to(request.user).for_table()),
        export=exports.WAIVERS,
        today=today(),
        may_add=access.may_add(request.user, Waiver),
    )


@require_GET
def waiver_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a waiver, the rule that it lets go, and its corrections."""
    row = get_object_or_404(Waiver.objects.visible_to(request.user), pk=pk)
    rules = Guardrail.objects.known().during(row.starts, row.ends).filter(name=row.guardrail).for_table()
    return pages.render_recorded(
        request,
        "funding/waiver_detail.html",
        row,
        rules=rules,
        is_in_force=not row.retracted_at and row.starts <= today() < row.ends,
    )


@get_or_post
def waiver_add(request: HttpRequest) -> HttpResponse:
    """Grant a waiver."""
    pages.require_addable(request, Waiver)
    named = request.GET.get("guardrail", "")
    return pages.record_form(
        request,
        WaiverForm(request.POST or None, initial={"guardrail": named, "starts": today()}),
        FORM,
        to=Waiver.get_absolute_url,
        title="Grant a waiver",
        kicker="Guardrails",
        intro="Leave not to keep a rule until a day, for someone who asked and answers for it. It shows on every page "
        "that shows how money is split, for as long as it is in force.",
        submit="Grant",
        cancel=reverse("funding:waiver-list"),
    )


@get_or_post
def waiver_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a waiver."""
    row = get_object_or_404(Waiver.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        row,
        WaiverForm,
        FORM,
        to=Waiver.get_absolute_url,
        title="Correct or end this waiver",
        kicker=str(row),
        intro="To end it early, give the first day on which the rule holds again.",
        submit="Correct",
        cancel=row.get_absolute_url(),
    )


@get_or_post
def waiver_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract a waiver."""
    row = get_object_or_404(Waiver.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        row,
        CONFIRM,
        to=Waiver.get_absolute_url,
        title="Retract this waiver",
        kicker=str(row),
        what="It was never granted. If it is no longer needed from some day on, correct its end instead.",
        submit="Retract",
        cancel=row.get_absolute_url(),
    )
