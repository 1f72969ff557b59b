"""Pages of decisions: the log, each with what it froze and what came of it, and the steps from proposal to revert."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import pages
from portfolio.common.models import StaleMark
from portfolio.common.months import today
from portfolio.rebalance import decision_actions as actions
from portfolio.rebalance import decision_exports as exports
from portfolio.rebalance import decision_reading as reading
from portfolio.rebalance import pictures
from portfolio.rebalance.decision_filters import DecisionTable
from portfolio.rebalance.decision_forms import ApproveForm, DeclineForm, ProposeForm, RevertForm, WhyForm
from portfolio.rebalance.ground import GroundMoved
from portfolio.rebalance.models import Decision, Scenario

FORM, CONFIRM = "rebalance/decision_form.html", "rebalance/decision_apply.html"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def decision_list(request: HttpRequest) -> HttpResponseBase:
    """List the decisions, latest first."""
    filterset = DecisionTable(request.GET, Decision.objects.visible_to(request.user).for_table(), request=request)
    rows: Any = filterset.qs
    if request.GET.get("format") and filterset.form.is_valid() and filterset.form.cleaned_data.get("known"):
        rows = list(rows)  # a file says what the page says: the status of then
        for row in rows:
            row.status = row.state
    return pages.render_list(
        request, "rebalance/decision_list.html", filterset, export=exports.DECISIONS, rows=rows, today=today()
    )


@require_GET
def decision_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a decision froze, who approved and applied it, and what came of it; `known=` as at a moment."""
    try:
        at = reading.moment_of(request.GET.get("known", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("rebalance:decision-detail", pk=pk)
    rows = Decision.objects.visible_to(request.user).as_at(at)
    joined = rows.select_related("scenario", "value_stream", "proposed_by", "applied_by", "ended_by", "reverts", "run")
    decision = get_object_or_404(joined, pk=pk)
    found = reading.read(decision, at=at)
    may = reading.May() if at else reading.may(decision, request.user, found.products, found.approvals)
    return render(
        request,
        "rebalance/decision_detail.html",
        {"decision": decision, "found": found, "may": may, "known": at, "chart": pictures.predicted(found.whole)},
    )


@get_or_post
def decision_propose(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose a scenario as it is."""
    scenario = get_object_or_404(Scenario.objects.visible_to(request.user).select_related("value_stream"), pk=pk)
    pages.require_writable(request, scenario)
    form = ProposeForm(
        request.POST or None,
        scenario=scenario,
        initial={"title": scenario.name, "why": scenario.note, "version": scenario.version},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = pages.attempt(
            form,
            lambda: actions.propose(
                scenario,
                version=given["version"],
                title=given["title"],
                why=given["why"],
                alternatives=list(given.get("alternatives", ())),
                by=request.user,
            ),
        )
        if made:
            messages.success(request, f"{made} is proposed. What it says now never changes.")
            return redirect(made.get_absolute_url())
    return _show(
        request,
        form,
        FORM,
        title="Propose this scenario",
        kicker=str(scenario),
        intro="It is frozen as it is: the amounts, what they are predicted to bring, the guardrails, and what was "
        "known. A leader and a finance partner over all that it changes must approve it, two different people. You "
        "may go on editing the scenario.",
        submit="Propose",
        cancel=reverse("rebalance:decision-list"),
    )


@get_or_post
def decision_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes."""
    decision = _writable(request, pk)
    return _step(
        request,
        decision,
        ApproveForm(request.POST if request.method == "POST" else None),
        lambda given: actions.approve(decision, comment=given["comment"], by=request.user),
        done="You have approved it.",
        title="Approve",
        intro="You agree that the money moves as this proposal says, in the role that you hold over it.",
        submit="Approve",
    )


@get_or_post
def decision_decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no, with a reason."""
    decision = _writable(request, pk)
    return _step(
        request,
        decision,
        DeclineForm(request.POST if request.method == "POST" else None),
        lambda given: actions.decline(decision, comment=given["comment"], by=request.user),
        done="You have declined it.",
        title="Decline",
        intro="It ends the proposal. It stays readable, with your reason.",
        submit="Decline",
    )


@get_or_post
def decision_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a proposal back."""
    decision = _decision(request, pk)
    if decision.proposed_by_id != request.user.pk:
        pages.require_writable(request, decision)
    return _step(
        request,
        decision,
        WhyForm(request.POST if request.method == "POST" else None),
        lambda given: actions.withdraw(decision, why=given["why"], by=request.user),
        done="It is withdrawn.",
        title="Withdraw",
        intro="It ends the proposal. It stays readable, with your reason.",
        submit="Withdraw",
    )


@get_or_post
def decision_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether the money is to move, and move it: all of it or nothing."""
    decision = _writable(request, pk)
    form = forms.Form(request.POST if request.method == "POST" else None)
    moved: list[str] = []
    is_asked = request.method == "POST" and form.is_valid()
    if is_asked and pages.attempt(form, lambda: _apply(decision, request, moved)):
        messages.success(request, f"{decision} is applied: the new amounts are agreed from {decision.starts} on.")
        if StaleMark.objects.exists():
            messages.info(request, "Figures are being brought up to date.", extra_tags="until-fresh")
        return redirect(decision.get_absolute_url())
    lines = decision.lines.select_related("stream", "product").order_by("product__name", "stream__name", "pk")
    context = {
        "decision": decision,
        "form": form,
        "moved": moved,
        "lines": lines,
        "cancel": decision.get_absolute_url(),
    }
    is_refused = bool(moved) or (form.is_bound and bool(form.errors))
    return render(request, CONFIRM, context, status=HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK)


def _apply(decision: Decision, request: HttpRequest, moved: list[str]) -> Decision | None:
    """Apply it; what moved is told one by one, where another refusal is one sentence."""
    try:
        return actions.apply(decision, by=request.user)
    except GroundMoved as error:
        moved += error.differences
        return None


@get_or_post
def decision_revert(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose to take a decision back."""
    decision = _writable(request, pk)
    form = RevertForm(
        request.POST if request.method == "POST" else None, initial={"starts": max(today(), decision.starts)}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = pages.attempt(
            form, lambda: actions.revert(decision, why=given["why"], starts=given["starts"], by=request.user)
        )
        if made:
            messages.success(request, f"{made} is proposed. It is approved and applied like any other decision.")
            return redirect(made.get_absolute_url())
    return _show(
        request,
        form,
        FORM,
        title="Revert this decision",
        kicker=str(decision),
        intro="Every amount that it changed becomes what it was before. That is a decision of its own: it is proposed "
        "now, needs the same approvals, and is applied like any other.",
        submit="Propose to revert",
        cancel=decision.get_absolute_url(),
    )


# -- What the steps share --------------------------------------------------------------------------------------------


def _decision(request: HttpRequest, pk: int) -> Decision:
    rows = Decision.objects.visible_to(request.user).select_related("value_stream", "proposed_by")
    return get_object_or_404(rows, pk=pk)


def _writable(request: HttpRequest, pk: int) -> Decision:
    """Return a decision whose products the reader's roles all cover; 403 else."""
    decision = _decision(request, pk)
    pages.require_writable(request, decision)
    return decision


def _step(
    request: HttpRequest,
    decision: Decision,
    form: forms.Form,
    change: Callable[[dict[str, Any]], Decision],
    *,
    done: str,
    **context: Any,
) -> HttpResponse:
    """Show the form of a step, take the step, and go back to the decision."""
    if request.method == "POST" and form.is_valid() and pages.attempt(form, lambda: change(form.cleaned_data)):
        messages.success(request, done)
        return redirect(decision.get_absolute_url())
    return _show(request, form, FORM, kicker=str(decision), cancel=decision.get_absolute_url(), **context)


def _show(request: HttpRequest, form: forms.BaseForm, template: str, **context: Any) -> HttpResponse:
    is_refused = form.is_bound and bool(form.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if is_refused else HTTPStatus.OK
    return render(request, template, {"form": form, **context}, status=status)
