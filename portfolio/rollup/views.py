"""Pages about the roll-ups themselves: what ran, whether the sums hold, what waits, what is blocked."""

from django.contrib import messages
from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST, require_safe

from portfolio.common import access
from portfolio.common.models import StaleMark
from portfolio.common.pages import render_list, require_addable
from portfolio.rollup import exports, invariants, tasks
from portfolio.rollup.filters import RunFilter
from portfolio.rollup.freshness import freshness
from portfolio.rollup.models import BlockedMonth, Run
from portfolio.rollup.reading import latest_run

STALE_SHOWN = 24  # months that are listed one by one


@require_safe
def run_list(request: HttpRequest) -> HttpResponseBase:
    """Show the runs, latest first, above them how the figures stand right now."""
    stale = (
        StaleMark.objects.order_by()
        .values("month")
        .annotate(products=Count("product", distinct=True), since=Min("marked_at"), latest=Max("marked_at"))
    )
    return render_list(
        request,
        "rollup/run_list.html",
        RunFilter(request.GET, Run.objects.all()),
        export=exports.RUNS,
        outcomes=stored_outcomes(),
        stale=stale.order_by("-month")[:STALE_SHOWN],
        blocked=BlockedMonth.objects.prefetch_related("products"),
        freshness=freshness(),
        may_start=access.may_add(request.user, Run),
    )


def stored_outcomes() -> list[dict]:
    """Return how each law does on all that is stored; worked out once a run, since nothing else writes figures."""
    run = latest_run()
    if run is None:
        return []
    return list(cache.get_or_set(f"invariants:{run.pk}", invariants.check_all, 3_600).values())


@require_GET
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one run with its invariants."""
    return render(request, "rollup/run_detail.html", {"run": get_object_or_404(Run, pk=pk)})


@require_POST
def run_start(request: HttpRequest) -> HttpResponse:
    """Start a full roll-up; a leader or finance partner of the whole portfolio may."""
    require_addable(request, Run)
    cause = f"full roll-up, asked for by {request.user}"
    transaction.on_commit(lambda: tasks.roll_up.delay(cause), robust=True)
    messages.success(request, "A full roll-up is under way. It gives the same figures, worked out anew.")
    return redirect("rollup:run-list")
