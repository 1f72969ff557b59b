"""The invariants page: whether everything that is stored holds, what does not, what mends it, and how it was before."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from portfolio.common import access
from portfolio.common.pages import require_addable
from portfolio.rollup import tasks
from portfolio.rollup.models import InvariantReport

HISTORY = 20  # reports on a page


@require_GET
def report_list(request: HttpRequest) -> HttpResponse:
    """Show the newest report, what waits for a roll-up, and the reports before it."""
    return _render(request, InvariantReport.objects.order_by("-pk").first(), is_latest=True)


@require_GET
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one report."""
    return _render(request, get_object_or_404(InvariantReport, pk=pk), is_latest=False)


def _render(request: HttpRequest, report: InvariantReport | None, *, is_latest: bool) -> HttpResponse:
    history = InvariantReport.objects.defer("outcomes")
    page = Paginator(history, HISTORY).get_page(request.GET.get("page")) if is_latest else None
    outcomes = report.outcomes if report else []
    return render(
        request,
        "rollup/invariants.html",
        {
            "report": report,
            # What is wrong comes first, then what differs while figures are being worked out.
            "not_held": sorted((one for one in outcomes if not one["held"]), key=lambda one: one["held"] is None),
            "held": [one for one in outcomes if one["held"]],
            "is_latest": is_latest,
            "page": page,
            "may_start": access.may_add(request.user, InvariantReport),
        },
    )


@require_POST
def report_start(request: HttpRequest) -> HttpResponse:
    """Look now; a leader or finance partner of the whole portfolio may."""
    require_addable(request, InvariantReport)
    cause = f"asked for by {request.user}"
    transaction.on_commit(lambda: tasks.check_figures.delay(cause), robust=True)
    messages.success(request, "Everything that is stored is being looked at. What was found comes first below.")
    return redirect("rollup:report-list")
