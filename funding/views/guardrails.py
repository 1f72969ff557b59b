"""Pages of guardrails."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from funding import exports
from funding.guardrail_filters import GuardrailTable
from funding.guardrail_forms import GuardrailForm
from funding.guardrails import Books, NoExchangeRate, Outcome, check, quarter_ends, read_books
from funding.models import Guardrail, Waiver
from funding.views.common import CONFIRM, FORM, get_or_post
from portfolio.common import access, pages
from portfolio.common.months import FIRST_DAY, LAST_DAY, today

QUARTERS = 8
MOST_PARTS = 20


@require_safe
def guardrail_list(request: HttpRequest) -> HttpResponseBase:
    """List the guardrails, each with how the money stands to it on a day, today without one."""
    filterset = GuardrailTable(request.GET, Guardrail.objects.visible_to(request.user).for_table())
    asked = filterset.form.cleaned_data if filterset.form.is_valid() else {}
    on, known = min(max(asked.get("on") or today(), FIRST_DAY), LAST_DAY), asked.get("known")
    rows, books = list(filterset.qs), read_books([on], known)
    return pages.render_list(
        request,
        "funding/guardrail_list.html",
        filterset,
        export=exports.GUARDRAILS,
        rows=rows,
        on=on,
        problem=_measure(rows, books, on),
        waivers=books.waivers_on(on),
        may_add=access.may_add(request.user, Guardrail),
    )


def _measure(rows: Iterable[Any], books: Books, on: date) -> str:
    """Give each row its `outcome` on a day, None where it does not hold then; return what keeps it from being told."""
    outcomes: dict[int, Outcome] = {}
    problem = ""
    try:
        outcomes = {outcome.rule.pk: outcome for outcome in check(books.frame(on))}
    except NoExchangeRate as error:
        problem = str(error)
    for row in rows:
        row.outcome = outcomes.get(row.pk)
    return problem


@require_GET
def guardrail_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a guardrail: how the money stands to it, what it measured lately, its waivers and corrections."""
    row = get_object_or_404(Guardrail.objects.visible_to(request.user).for_table(), pk=pk)
    days = quarter_ends(today(), QUARTERS)
    problem, measured = "", []
    try:
        books = read_books(days, of=row)
        measured = [(day, check(books.frame(day))[0]) for day in reversed(days)]
    except NoExchangeRate as error:
        problem = str(error)
    latest = measured[0][1] if measured else None
    parts = [(part, latest.tell(part)) for part in latest.parts[:MOST_PARTS]] if latest else []
    return pages.render_recorded(
        request,
        "funding/guardrail_detail.html",
        row,
        problem=problem,
        outcome=latest,
        parts=parts,
        further=len(latest.parts) - len(parts) if latest else 0,
        measured=[(day, outcome, _is_in_force(row, day)) for day, outcome in measured],
        is_in_force=_is_in_force(row, today()),
        waivers=Waiver.objects.known().filter(guardrail=row.name).for_table(),
        may_waive=access.may_add(request.user, Waiver),
    )


def _is_in_force(row: Guardrail, day: date) -> bool:
    return row.starts <= day and (row.ends is None or day < row.ends)


@get_or_post
def guardrail_add(request: HttpRequest) -> HttpResponse:
    """Record a guardrail."""
    pages.require_addable(request, Guardrail)
    return pages.record_form(
        request,
        GuardrailForm(request.POST or None),
        FORM,
        to=Guardrail.get_absolute_url,
        title="Record a guardrail",
        kicker="Funding",
        intro="A rule that every split of money is held against. Allocations that break it, or break it further, are "
        "refused unless it is waived.",
        submit="Record",
        cancel=reverse("funding:guardrail-list"),
    )


@get_or_post
def guardrail_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a guardrail."""
    row = get_object_or_404(Guardrail.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.correct_form(
        request,
        row,
        GuardrailForm,
        FORM,
        to=Guardrail.get_absolute_url,
        title="Correct or end this guardrail",
        kicker=str(row),
        intro="To end it, give the first day on which it no longer counts. If its limit changes from some day on, end "
        "it there and record another one of the same name.",
        submit="Correct",
        cancel=row.get_absolute_url(),
    )


@get_or_post
def guardrail_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract a guardrail."""
    row = get_object_or_404(Guardrail.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        row,
        CONFIRM,
        to=Guardrail.get_absolute_url,
        title="Retract this guardrail",
        kicker=str(row),
        what="It was never agreed. If it no longer counts from some day on, correct its end instead.",
        submit="Retract",
        cancel=row.get_absolute_url(),
    )
